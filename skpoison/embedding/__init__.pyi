from . import networks
from ._mlp import MLP
from ._net_embedding import NetEmbedding

__all__ = [
    "MLP",
    "NetEmbedding",
    "networks",
]

from ._l2_centroid import L2CentroidFilter
from ._random_eviction import RandomEvictionFilter

__all__ = [
    "L2CentroidFilter",
    "RandomEvictionFilter",
]

from ._cgan import ConditionalGAN
from ._hinge import HingeCritic
from ._wgan_gp import ConditionalWGANGP

__all__ = [
    "ConditionalGAN",
    "ConditionalWGANGP",
    "HingeCritic",
]

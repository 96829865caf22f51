from ._bullseye_polytope import BullseyePolytopeAttack
from ._label_flip import LabelFlipAttack
from ._regression_gradient import RegressionGradientAttack

__all__ = [
    "BullseyePolytopeAttack",
    "LabelFlipAttack",
    "RegressionGradientAttack",
]

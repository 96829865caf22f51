from ._bullseye_polytope import BullseyePolytopeAttack
from ._convex_polytope import ConvexPolytopeAttack
from ._label_flip import LabelFlipAttack
from ._regression_gradient import RegressionGradientAttack

__all__ = [
    "BullseyePolytopeAttack",
    "ConvexPolytopeAttack",
    "LabelFlipAttack",
    "RegressionGradientAttack",
]

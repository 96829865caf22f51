from ._bullseye_polytope import BullseyePolytopeAttack
from ._convex_polytope import ConvexPolytopeAttack
from ._feature_collision import FeatureCollisionAttack
from ._label_flip import LabelFlipAttack
from ._regression_gradient import RegressionGradientAttack
from ._statp import StatPAttack

__all__ = [
    "BullseyePolytopeAttack",
    "ConvexPolytopeAttack",
    "FeatureCollisionAttack",
    "LabelFlipAttack",
    "RegressionGradientAttack",
    "StatPAttack",
]

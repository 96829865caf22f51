from ._backdoor import BackdoorAttack
from ._clean_label import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
)
from ._feasible import InfluenceAttack, KKTAttack, MinMaxAttack
from ._gradient import GradientPoisoningAttack
from ._gradient_matching import GradientMatchingAttack
from ._label_flip import LabelFlipAttack
from ._neighbor_majority import NeighborMajorityAttack
from ._pgan import PGANAttack
from ._regression import RegressionGradientAttack, StatPAttack
from ._subpopulation import SubpopulationAttack

__all__ = [
    "BackdoorAttack",
    "BullseyePolytopeAttack",
    "ConvexPolytopeAttack",
    "FeatureCollisionAttack",
    "GradientMatchingAttack",
    "GradientPoisoningAttack",
    "InfluenceAttack",
    "KKTAttack",
    "LabelFlipAttack",
    "MinMaxAttack",
    "NeighborMajorityAttack",
    "PGANAttack",
    "RegressionGradientAttack",
    "StatPAttack",
    "SubpopulationAttack",
]

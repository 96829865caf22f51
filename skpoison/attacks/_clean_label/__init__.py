"""Clean-label attacks: images whose features surround a target's."""

from ._bullseye_polytope import BullseyePolytopeAttack
from ._convex_polytope import ConvexPolytopeAttack
from ._feature_collision import FeatureCollisionAttack

__all__ = ["BullseyePolytopeAttack", "ConvexPolytopeAttack", "FeatureCollisionAttack"]

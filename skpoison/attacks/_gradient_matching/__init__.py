"""Poisons whose gradient is that of the target with the wrong label."""

from ._attack import GradientMatchingAttack

__all__ = ["GradientMatchingAttack"]

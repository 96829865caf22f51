"""Attacks on regressions: gradient ascent, and the statistical attack."""

from ._gradient import RegressionGradientAttack
from ._statp import StatPAttack

__all__ = ["RegressionGradientAttack", "StatPAttack"]

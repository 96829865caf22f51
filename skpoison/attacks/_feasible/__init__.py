"""Attacks on linear models whose poison passes sanitizers that know clean data."""

from ._influence import InfluenceAttack
from ._kkt import KKTAttack
from ._min_max import MinMaxAttack

__all__ = ["InfluenceAttack", "KKTAttack", "MinMaxAttack"]

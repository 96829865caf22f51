"""Rows that their own removal would change a linear model most for."""

from ._filter import InfluenceFilter

__all__ = ["InfluenceFilter"]

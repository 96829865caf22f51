"""TRIM: a regression of the rows that it fits best."""

from ._regressor import TRIMRegressor

__all__ = ["TRIMRegressor"]

"""Rows by their Shapley value for a k-NN classifier."""

from ._filter import KNNShapleyFilter

__all__ = ["KNNShapleyFilter"]

"""Classes that fall into two clusters, of which the smaller is not like the class."""

from ._filter import ActivationClusteringFilter

__all__ = ["ActivationClusteringFilter"]

"""The annealed-trust filter, and the ridge path it walks."""

from ._filter import AnnealedTrustFilter

__all__ = ["AnnealedTrustFilter"]

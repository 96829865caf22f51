"""De-Pois: critics of the trusted rows judge all others."""

from ._filter import DePoisFilter

__all__ = ["DePoisFilter"]

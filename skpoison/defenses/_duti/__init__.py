"""DUTI: labels and targets that trusted rows would have corrected."""

from ._filter import DUTIFilter

__all__ = ["DUTIFilter"]

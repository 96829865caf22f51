"""SPECTRE: spectral signatures after robust whitening."""

from ._filter import SpectreFilter

__all__ = ["SpectreFilter"]

"""Sever: rows whose gradients pull the fit in one direction."""

from ._filter import SeverFilter

__all__ = ["SeverFilter"]

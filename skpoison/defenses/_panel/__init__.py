"""Several kinds of evidence, combined into one score."""

from ._filter import PanelFilter

__all__ = ["PanelFilter"]

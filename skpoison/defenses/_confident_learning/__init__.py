"""Confident learning: labels that out-of-fold probabilities contradict."""

from ._filter import ConfidentLearningFilter

__all__ = ["ConfidentLearningFilter"]

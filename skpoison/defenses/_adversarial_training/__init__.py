"""Adversarial training: a network that learns from perturbed rows."""

from ._classifier import AdversarialTrainingClassifier

__all__ = ["AdversarialTrainingClassifier"]

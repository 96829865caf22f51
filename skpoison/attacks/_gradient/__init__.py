"""Poison by the gradient through the steps that a network is fine-tuned by."""

from ._attack import GradientPoisoningAttack

__all__ = ["GradientPoisoningAttack"]

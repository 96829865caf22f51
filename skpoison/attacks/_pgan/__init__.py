"""Poison made by a generator that plays against a discriminator and a classifier."""

from ._attack import PGANAttack

__all__ = ["PGANAttack"]

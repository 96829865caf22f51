"""Backdoors: rows with a trigger, to which the victim learns to answer."""

from ._attack import BackdoorAttack

__all__ = ["BackdoorAttack"]

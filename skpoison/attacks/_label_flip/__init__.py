"""Label-flip attacks: which rows to relabel, one file a strategy."""

from ._attack import LabelFlipAttack

__all__ = ["LabelFlipAttack"]

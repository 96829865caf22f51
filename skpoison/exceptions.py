"""Warnings of the package, each with a name so that it can be turned into an error."""

__all__ = [
    "CollapsedGeneratorWarning",
    "DamagedCellWarning",
    "DegenerateFilterWarning",
    "EmptyShareWarning",
    "FewTrustedRowsWarning",
    "HiddenGroupsWarning",
    "PointMassWarning",
    "RemovedClassWarning",
    "ThinnedClassWarning",
    "UntrustedClassWarning",
]


class RemovedClassWarning(UserWarning):
    """A filter removed every row of a class: the defended model cannot predict it."""


class ThinnedClassWarning(UserWarning):
    """A filter removed half of a small class or more, and far less of the others."""


class DegenerateFilterWarning(UserWarning):
    """A filter's parameters leave its outcome to chance or to rounding noise."""


class EmptyShareWarning(UserWarning):
    """A share of the rows comes to less than one row: nothing is removed or flipped."""


class FewTrustedRowsWarning(UserWarning):
    """Too few trusted rows to tell a little poison from chance: nothing is removed."""


class UntrustedClassWarning(UserWarning):
    """No row of a class is trusted: its rows vouch for one another, and poison may."""


class PointMassWarning(UserWarning):
    """Most targets are one value: the rows with others are judged among themselves."""


class HiddenGroupsWarning(UserWarning):
    """An attack found no one-hot groups among columns of 0 and 1: it may break some."""


class CollapsedGeneratorWarning(UserWarning):
    """A generator makes nearly the same row every time: few distinct poison rows."""


class DamagedCellWarning(UserWarning):
    """A finished cell on disk does not hold what was written: it is measured again."""

"""Warnings of the package, each with a name so that it can be turned into an error."""

__all__ = ["DegenerateFilterWarning", "RemovedClassWarning"]


class RemovedClassWarning(UserWarning):
    """A filter removed every row of a class: the defended model cannot predict it."""


class DegenerateFilterWarning(UserWarning):
    """A filter's parameters leave its outcome to chance or to rounding noise."""

"""Numbers of rows from shares of them."""

import numpy as np

from ..exceptions import EmptyShareWarning
from .messages import warn

__all__ = ["count_poisons", "floor_share", "warn_of_empty_share"]


def floor_share(share, n):
    """floor(share x n), where .29 of 100 rows are 29 in spite of binary fractions."""
    return int(share * n + 1e-9 * n)


def count_poisons(rate, n_poisons, n_samples):
    """How many rows an attack adds, by one of the two parameters that say so.

    Parameters
    ----------
    rate : float or None
        As a share of the rows given.
    n_poisons : int or None
    n_samples : int
        Number of rows given.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        When neither or both are given, or the share comes to no row.
    """
    if (rate is None) == (n_poisons is None):
        raise ValueError(
            "Give either rate, the number of poison rows as a share of the rows "
            "given, or n_poisons."
        )
    if n_poisons is not None:
        return n_poisons
    n_poisons = round(rate * n_samples)
    if n_poisons == 0:
        raise ValueError(
            f"rate={rate} of {n_samples} rows is no poison row at all. "
            "Increase rate, or set n_poisons."
        )
    return n_poisons


def warn_of_empty_share(parameter, share, sizes, classes=None, *, done="removed"):
    """Warn where a share of the rows comes to less than one row.

    Parameters
    ----------
    parameter : str
        What the user has given, such as "rate=0.01".
    share : float
        0 is no mistake, and is not warned of.
    sizes : array-like of int
        The rows that it is a share of: all of them, or those of each class. Where
        there are none, none is missed.
    classes : ndarray or None, default=None
        The classes, where each loses its share.
    done : str, default="removed"
        What would be done to the rows.

    Warns
    -----
    EmptyShareWarning
    """
    sizes = np.asarray(sizes)
    empty = np.array([n > 0 and floor_share(share, n) == 0 for n in sizes], dtype=bool)
    if share > 0 and empty.any():
        largest = sizes[empty].max()
        of = "" if classes is None else f" of {classes[empty].tolist()}"
        warn(
            f"{parameter} comes to less than one row{of}: of {largest} rows or fewer "
            f"none is {done}. Raise it if that is too few.",
            EmptyShareWarning,
        )

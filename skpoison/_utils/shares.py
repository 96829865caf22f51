"""Numbers of rows from shares of them."""

import numpy as np

from ..exceptions import DegenerateFilterWarning, EmptyShareWarning
from .messages import warn

__all__ = [
    "count_poisons",
    "cut_of_share",
    "floor_share",
    "offset_of_lowest",
    "offset_of_share",
    "warn_of_empty_share",
]


def floor_share(share, n):
    """floor(share x n), where .29 of 100 rows are 29 in spite of binary fractions."""
    return int(share * n + 1e-9 * n)


def offset_of_share(scores, share, *, advice):
    """The score below which the lowest scores are, floor(contamination x n) of them.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Lower is more suspect.
    share : float in [0, 0.5]
        The parameter `contamination`.
    advice : str
        As in :func:`offset_of_lowest`.

    Returns
    -------
    float

    Warns
    -----
    EmptyShareWarning
        When the share is no row.
    DegenerateFilterWarning
        As in :func:`offset_of_lowest`.
    """
    warn_of_empty_share(f"contamination={share}", share, [len(scores)])
    return offset_of_lowest(scores, floor_share(share, len(scores)), advice=advice)


def offset_of_lowest(scores, n_gone, *, advice):
    """The score below which so many rows are, or fewer where rows tie at the cut.

    Rows with equal scores stay together, whatever their order.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Lower is more suspect.
    n_gone : int
        At most n.
    advice : str
        What to do where ties leave no row to remove.

    Returns
    -------
    float

    Warns
    -----
    DegenerateFilterWarning
        When more rows than shall go tie as the most suspect: none is removed.
    """
    if n_gone == len(scores):
        return float(np.nextafter(scores.max(), np.inf)) if n_gone else 0.0
    offset = np.partition(scores, n_gone)[n_gone]
    if n_gone > 0 and offset == scores.min():
        warn(
            f"{np.sum(scores == offset)} of {len(scores)} rows tie as the most "
            f"suspect: {n_gone} of them cannot be told from the others, and none is "
            f"removed. {advice}",
            DegenerateFilterWarning,
        )
    return float(offset)


def cut_of_share(scores, removable, share):
    """The score that so large a share of the removable ones exceeds.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Higher is more suspect.
    removable : ndarray of bool of shape (n,)
    share : float

    Returns
    -------
    float
        The highest score where the share is no row.
    """
    n_gone = floor_share(share, removable.sum())
    if n_gone == 0:
        return scores.max()
    return np.sort(scores[removable])[-n_gone - 1]


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

"""How many of the untrusted rows are poison, at least and by estimate."""

from typing import NamedTuple

import numpy as np

from ._clean_counts import chance_of, clean_counts


class PoisonCount(NamedTuple):
    """What the p-values of a set of rows say of it as a whole.

    Attributes
    ----------
    estimate : float
        Number of poisons.
    lower : int
        Lower bound of it.
    p_value : float
        Of the hypothesis that there is none.
    """

    estimate: float
    lower: int
    p_value: float


def count_poisons(p_values, n, alpha):
    """Estimate and bound the number of poisons.

    Parameters
    ----------
    p_values : ndarray of shape (m,)
    n : int
        Number of trusted rows that they were measured against.
    alpha : float
        1 - confidence of the bound.

    Returns
    -------
    PoisonCount
    """
    m = len(p_values)
    if m == 0:
        return PoisonCount(0.0, 0, 1.0)
    clean = clean_counts(m, n)
    below = rows_below(p_values, n, clean.ranks)
    p_value = clean.chance_anywhere(chance_of(below, m, clean.ranks, n).min())
    # Poison may have taken the place of clean rows wherever it liked. There were m of
    # them before, and no more are below a rank than were.
    lower = np.maximum(0, below - clean.most(clean.level_of_each(alpha)))
    # Above the median of the trusted rows an excess is the small difference of large
    # numbers: fit to bound the poison, not to estimate it.
    best = lower[clean.ranks <= max(1, n / 2)].argmax()
    estimate = excess(below[best], m, clean.ranks[best] / (n + 1))
    return PoisonCount(max(estimate, float(lower.max())), int(lower.max()), p_value)


def rows_below(p_values, n, r):
    """How many rows are below the r-th of n trusted rows.

    Parameters
    ----------
    p_values : ndarray of shape (m,)
    n : int
    r : ndarray of int of shape (n_ranks,)

    Returns
    -------
    ndarray of int of shape (n_ranks,)
    """
    ranks = np.sort(np.rint(p_values * (n + 1)))
    return np.searchsorted(ranks, r, side="right")


def excess(below, m, share):
    """Poisons among m rows of which so many are where a share of the clean rows is."""
    return max(0.0, float((below - m * share) / (1 - share)))

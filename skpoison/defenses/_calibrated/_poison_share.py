"""How many of the untrusted rows are poison, at least and by estimate."""

from typing import NamedTuple

import numpy as np
from scipy.stats import hypergeom

# Thresholds at which the set is looked at: each costs a share of the error.
N_THRESHOLDS = 12


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
        1 - confidence of the bound, at all thresholds together: each of them gets an
        equal part (Bonferroni).

    Returns
    -------
    PoisonCount
    """
    m = len(p_values)
    if m == 0:
        return PoisonCount(0.0, 0, 1.0)
    r = np.unique(np.geomspace(1, n, N_THRESHOLDS).round().astype(int))
    below = rows_below(p_values, n, r)
    p_value = min(1.0, len(r) * chance_of(below, m, r, n).min())
    lower = _fewest(below, m, r, n, alpha / len(r))
    # Above the median of the trusted rows an excess is the small difference of large
    # numbers: fit to bound the poison, not to estimate it.
    best = lower[r <= max(1, n / 2)].argmax()
    estimate = excess(below[best], m, r[best] / (n + 1))
    return PoisonCount(max(estimate, float(lower.max())), int(lower.max()), p_value)


def rows_below(p_values, n, r):
    """How many rows are below the r-th of n trusted rows.

    Parameters
    ----------
    p_values : ndarray of shape (m,)
    n : int
    r : ndarray of int of shape (n_thresholds,)

    Returns
    -------
    ndarray of int of shape (n_thresholds,)
    """
    ranks = np.sort(np.rint(p_values * (n + 1)))
    return np.searchsorted(ranks, r, side="right")


def chance_of(below, m, r, n):
    """Chance that so many of m clean rows are below the r-th of n trusted rows.

    Then at most r - 1 of the lowest below + r - 1 rows of all are trusted ones.
    """
    return hypergeom.cdf(r - 1, m + n, n, np.maximum(below, 0) + r - 1)


def excess(below, m, share):
    """Poisons among m rows of which so many are where a share of the clean rows is."""
    return max(0.0, float((below - m * share) / (1 - share)))


def _fewest(below, m, r, n, alpha):
    """At each threshold the fewest poisons with which the rest may well be clean."""
    low, high = np.zeros_like(below), below.copy()
    while (low < high).any():
        middle = (low + high) // 2
        enough = chance_of(below - middle, m - middle, r, n) > alpha
        high = np.where(enough, middle, high)
        low = np.where(enough | (low >= high), low, middle + 1)
    return high

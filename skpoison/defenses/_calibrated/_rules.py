"""How many of the most suspect rows to remove."""

import numpy as np
from scipy.stats import false_discovery_control
from sklearn.isotonic import isotonic_regression

from ._clean_counts import chance_of
from ._poison_share import count_poisons, excess, rows_below

# Level of the bound by which the estimate chooses its threshold.
_ALPHA_OF_ESTIMATE = 0.05


def q_values(p_values):
    """False discovery rates at which each row would just be removed.

    Parameters
    ----------
    p_values : ndarray of shape (m,)

    Returns
    -------
    ndarray of shape (m,)
        The adjusted p-values of Benjamini and Hochberg.
    """
    return false_discovery_control(p_values) if len(p_values) else p_values.copy()


def excess_rows(samples, alpha):
    """How many rows are in excess, if that is more than chance.

    Parameters
    ----------
    samples : list of Sample
    alpha : float
        Chance to remove anything from a clean set: one half for a look at all
        thresholds, one half for a look at the filter's own.

    Returns
    -------
    int
    """
    return sum(_excess_of(sample, alpha / len(samples)) for sample in samples)


def local_rows(samples):
    """How many rows are rather poison than clean.

    Parameters
    ----------
    samples : list of Sample

    Returns
    -------
    int
    """
    return sum(_local_of(sample) for sample in samples)


def local_false_discovery(p_values, share, n):
    """Chance of each row to be clean, by the density of the p-values around its own.

    Parameters
    ----------
    p_values : ndarray of shape (m,)
        Multiples of 1 / (n + 1), evenly spread for clean rows.
    share : float
        Estimated share of the poison.
    n : int
        Number of trusted rows that they were measured against.

    Returns
    -------
    ndarray of shape (m,)
        (1 - share) / density, at most 1, with the density that fits best among those
        that fall with the p-value (Grenander).
    """
    rank = np.rint(p_values * (n + 1)).astype(int) - 1
    counts = np.bincount(rank, minlength=n + 1)
    density = isotonic_regression(counts / counts.mean(), increasing=False)
    clean = 1 - share
    return (clean / np.maximum(density, clean) if clean else 0 * density)[rank]


def _excess_of(sample, alpha):
    m, n = len(sample.p_values), sample.n
    if m == 0:
        return 0
    found = 0.0
    own = np.array([min(sample.n_suspects + 1, n)])
    below = rows_below(sample.p_values, n, own)
    if chance_of(below, m, own, n)[0] <= alpha / 2:
        found = excess(below[0], m, own[0] / (n + 1))
    count = count_poisons(sample.p_values, n, alpha / 2)
    if count.lower > 0:
        found = max(found, count.estimate)
    return int(found)


def _local_of(sample):
    m, n = len(sample.p_values), sample.n
    if m == 0:
        return 0
    share = count_poisons(sample.p_values, n, _ALPHA_OF_ESTIMATE).estimate / m
    return int(np.sum(local_false_discovery(sample.p_values, share, n) < 0.5))

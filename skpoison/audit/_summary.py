"""Where the suspects are: by class and by group, and along the scores."""

import numpy as np

from ._report import GroupSummary, Histogram

_N_BINS = 50


def summarise_groups(names, members, trusted, suspect):
    """Count the rows of each group, those with the most suspects first.

    Parameters
    ----------
    names : ndarray of shape (n_groups,)
    members : ndarray of int of shape (n_rows,)
        Position of each row's group in `names`.
    trusted, suspect : ndarray of bool of shape (n_rows,)

    Returns
    -------
    list of GroupSummary
    """
    n = [
        np.bincount(members[rows], minlength=len(names))
        for rows in (slice(None), trusted, suspect)
    ]
    worst_first = np.lexsort((np.arange(len(names)), -n[2]))
    return [
        GroupSummary(names[g], *(int(count[g]) for count in n)) for g in worst_first
    ]


def histogram_of(scores, trusted, threshold, limits):
    """Count the scores in fifty bins.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
    trusted : ndarray of bool of shape (n_rows,)
    threshold : float
    limits : (float, float) or None
        Of the bins; None from the lowest to the highest score.

    Returns
    -------
    Histogram
    """
    edges = np.histogram_bin_edges(scores, _N_BINS, limits)
    return Histogram(
        edges,
        np.histogram(scores[~trusted], edges)[0],
        np.histogram(scores[trusted], edges)[0],
        float(threshold),
    )

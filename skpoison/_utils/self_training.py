"""Which rows a model may learn from next."""

import numpy as np

from .shares import floor_share

__all__ = ["most_agreeing"]


def most_agreeing(believed, scores, groups, share):
    """Per group the given share of the believed rows, highest scores first, ties in.

    Parameters
    ----------
    believed : ndarray of bool of shape (n_samples,)
    scores : ndarray of shape (n_samples,)
    groups : ndarray of int of shape (n_samples,)
        The classes of the rows; constant for a regression.
    share : float in (0, 1]

    Returns
    -------
    ndarray of bool of shape (n_samples,)
    """
    best = np.zeros(len(scores), dtype=bool)
    for group in np.unique(groups[believed]):
        rows = np.flatnonzero(believed & (groups == group))
        n_best = max(1, floor_share(share, len(rows)))
        cut = np.sort(scores[rows])[-n_best]
        best[rows] = scores[rows] >= cut
    return best

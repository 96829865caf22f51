"""The rows nearest to a suspect, and how firmly they speak against it."""

from typing import NamedTuple

import numpy as np
from sklearn.neighbors import NearestNeighbors


class NearestRows(NamedTuple):
    """The nearest rows of each row that is looked at.

    Attributes
    ----------
    positions : ndarray of int of shape (n_asked, n_neighbors)
        Nearest first; the row itself is not among them.
    distances : ndarray of shape (n_asked, n_neighbors)
    """

    positions: np.ndarray
    distances: np.ndarray


def nearest_rows(features, positions, asked, n_neighbors, n_jobs):
    """Find the nearest rows, other than the row itself.

    Parameters
    ----------
    features : array or sparse matrix of shape (n_rows, n_features)
    positions : ndarray of int of shape (n_rows,)
        Of the rows, in the data set.
    asked : ndarray of int of shape (n_asked,)
        Places among `positions` of the rows whose neighbours are looked for.
    n_neighbors : int
    n_jobs : int or None

    Returns
    -------
    NearestRows
    """
    n_found = min(n_neighbors + 1, len(positions))
    search = NearestNeighbors(n_neighbors=n_found, algorithm="brute", n_jobs=n_jobs)
    distances, found = search.fit(features).kneighbors(features[asked])
    itself = found == asked[:, None]
    # Among many equal rows the row itself need not be found: the last one goes.
    itself[~itself.any(axis=1), -1] = True
    shape = (len(asked), n_found - 1)
    others = positions[found[~itself]]
    return NearestRows(others.reshape(shape), distances[~itself].reshape(shape))


def rows_to_tip(labels, own):
    """How many more rows with a label, beside a row, would let that label win there.

    Each of them takes the place of the farthest voter, as in a vote of the nearest
    rows. A tie at the top is enough.

    Parameters
    ----------
    labels : ndarray of shape (n_neighbors,)
        Of the nearest rows, nearest first.
    own : scalar
        The label that is to win.

    Returns
    -------
    int
    """
    for n_added in range(len(labels)):
        voters = labels[: len(labels) - n_added]
        n_own = n_added + np.sum(voters == own)
        others = voters[voters != own]
        if len(others) == 0 or n_own >= np.unique(others, return_counts=True)[1].max():
            return n_added
    return len(labels)

"""Exact decisions between the few rows that rounding leaves in doubt."""

import numpy as np

_CHUNK_BYTES = 2**17


def squared_distances(X, rows, x):
    """Squared Euclidean distances in float64.

    Differences are squared and summed in one fixed order, so that equal rows tie
    wherever they stand; a BLAS product does not promise that.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    rows : ndarray of int of shape (n_rows,)
        Rows of X to measure.
    x : ndarray of shape (n_features,)

    Returns
    -------
    ndarray of float64 of shape (n_rows,)
    """
    x = x.astype(np.float64)
    distances = np.empty(len(rows))
    step = max(1, _CHUNK_BYTES // x.nbytes)
    for start in range(0, len(rows), step):
        chunk = slice(start, start + step)
        difference = X[rows[chunk]].astype(np.float64, copy=False)
        difference -= x
        np.einsum("ij,ij->i", difference, difference, out=distances[chunk])
    return distances


def beyond_the_vote(distances, weight, needed):
    """The rows that are farther than the one that completes the vote.

    Parameters
    ----------
    distances : ndarray of shape (n_rows,)
    weight : ndarray of shape (n_rows,)
        Votes of each row.
    needed : float
        Votes to gather, from the nearest row on; at most the sum of `weight`.

    Returns
    -------
    ndarray of bool of shape (n_rows,)
        False for every row at exactly the distance that completes the vote.
    """
    nearest_first = np.argsort(distances)
    last = np.searchsorted(np.cumsum(weight[nearest_first]), needed)
    return distances > distances[nearest_first[last]]

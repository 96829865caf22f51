"""Exact Shapley values of rows for k-NN classifiers, one judged row after the other."""

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import gen_batches

__all__ = ["mean_shapley_values"]

# A block of distances takes no more.
_BLOCK_BYTES = 2**24


def mean_shapley_values(X, y, judged, n_neighbors):
    """The mean Shapley value of each row over the judged rows, which hold no own vote.

    Parameters
    ----------
    X : ndarray of float64 of shape (n_samples, n_features)
        Around zero, lest the distances lose digits.
    y : ndarray of shape (n_samples,)
    judged : ndarray of int of shape (n_judged,)
        Rows whose correct vote is the gain that is shared out. A row that is judged
        itself has the mean over the others.
    n_neighbors : int
        Rows that vote.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    norms = np.einsum("ij,ij->i", X, X)
    rounding = (X.shape[1] + 4) * np.finfo(np.float64).eps
    places = np.arange(1, len(X))
    shares = np.minimum(n_neighbors, places) / (n_neighbors * places)
    sums = np.zeros(len(X))
    for block in gen_batches(len(judged), max(1, _BLOCK_BYTES // (8 * len(X)))):
        rows = judged[block]
        distances = euclidean_distances(
            X[rows],
            X,
            X_norm_squared=norms[rows, None],
            Y_norm_squared=norms[None],
            squared=True,
        )
        distances[np.arange(len(rows)), rows] = np.inf
        for row, distance in zip(rows, distances):
            nearest = np.argsort(distance)[:-1]
            # Beyond this, distances differ by more than rounding; others are a tie.
            doubt = 2 * rounding * (norms[row] + norms[nearest[1:]])
            is_next = np.diff(distance[nearest]) > doubt
            sums[nearest] += _shapley_values(y[nearest] == y[row], is_next, shares)
    n_votes = np.full(len(X), len(judged))
    n_votes[judged] -= 1
    return sums / n_votes


def _shapley_values(match, is_next, shares):
    """Values of the rows for one judged row, the nearest first.

    With s_i = s_{i+1} + (m_i - m_{i+1}) shares_i the recursion of Jia et al. A row that
    ties with others has its mean value over all orders of the tie: the recursion runs
    over the mean match of the tie, and a match differs from a miss by the mean share of
    all places of the tie but the last.

    Parameters
    ----------
    match : ndarray of bool of shape (n_rows,)
    is_next : ndarray of bool of shape (n_rows - 1,)
        Whether a row is farther than the one before it.
    shares : ndarray of shape (n_rows,)
        min(K, i) / (K i), for i from 1.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    if is_next.all():
        return _recursion(match.astype(np.float64), shares)
    firsts = np.concatenate([[0], np.flatnonzero(is_next) + 1])
    sizes = np.diff(firsts, append=len(match))
    mean_match = np.repeat(np.add.reduceat(match.astype(float), firsts) / sizes, sizes)
    lasts = firsts + sizes - 1
    all_but_last = np.add.reduceat(shares, firsts) - shares[lasts]
    difference = np.repeat(all_but_last / np.maximum(sizes - 1, 1), sizes)
    return _recursion(mean_match, shares) + (match - mean_match) * difference


def _recursion(match, shares):
    steps = -np.diff(match, append=0.0) * shares
    return np.cumsum(steps[::-1])[::-1]

"""Exact decisions between the voters that rounding leaves in doubt."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from .._utils.sparse_rows import squared_norms

_CHUNK_BYTES, _SPARSE_CHUNK_BYTES = 2**17, 2**20
_UNIT_ROUNDOFF = 2.0**-24
# So many doubtful voters per row are sifted in float32 before float64 decides.
_WORTH_SIFTING = 24


class AmbiguousPairs(NamedTuple):
    """Pairs of a judged row and a voter, one after the other for each row.

    Attributes
    ----------
    X, Y : ndarray of shape (n_samples, n_features), (n_reference, n_features)
        All rows to judge and all that vote; both may be of type csr_array.
    x_rows : ndarray of int of shape (n_judged,)
        The judged rows, in X.
    judged : ndarray of int of shape (n_pairs,)
        Position in `x_rows`, ascending; each has a pair.
    y_rows : ndarray of int of shape (n_pairs,)
        The reference rows, in Y.
    weight : ndarray of shape (n_pairs,)
        Votes that they cast.
    needed : ndarray of shape (n_judged,)
        Votes to gather from the nearest on; at most the sum of a row's `weight`.
    """

    X: np.ndarray
    Y: np.ndarray
    x_rows: np.ndarray
    judged: np.ndarray
    y_rows: np.ndarray
    weight: np.ndarray
    needed: np.ndarray


def beyond_the_vote(pairs):
    """The pairs that are farther apart than the one that completes the vote.

    Parameters
    ----------
    pairs : AmbiguousPairs

    Returns
    -------
    ndarray of bool of shape (n_pairs,)
        False for every pair at exactly the distance that completes the vote.
    """
    many = len(pairs.judged) > _WORTH_SIFTING * len(pairs.x_rows)
    if many and not issparse(pairs.X) and pairs.X.dtype == pairs.Y.dtype == np.float32:
        near, out = _sift(pairs)
        rest = ~(near | out)
        counted = np.bincount(pairs.judged, pairs.weight * near)
        out[rest] = _measure(
            pairs._replace(
                judged=pairs.judged[rest],
                y_rows=pairs.y_rows[rest],
                weight=pairs.weight[rest],
                needed=pairs.needed - counted,
            )
        )
        return out
    return _measure(pairs)


def _measure(pairs):
    if issparse(pairs.X):
        distances = _squared_distances_of_sparse(pairs)
    else:
        distances = squared_distances(*_rows(pairs))
    last = completing_distance(distances, *_vote(pairs))
    return distances > last[pairs.judged]


def _sift(pairs):
    """Which pairs are near enough, and which are not, as far as float32 can tell.

    A sum of d squared differences is off by (d + 3) 2^-24 of itself at most, and so is
    the one that completes the vote.
    """
    n_features = pairs.X.shape[1]
    # Overflow leaves everything in doubt.
    with np.errstate(over="ignore", invalid="ignore"):
        X, Y, x_rows, y_rows = _rows(pairs)
        distances = squared_distances(X, Y, x_rows, y_rows, np.float32)
        last = completing_distance(distances, *_vote(pairs))
        error = (n_features + 3) * _UNIT_ROUNDOFF * last + n_features * 2.0**-125
        lowest, highest = last - 3 * error, last + 3 * error
    return distances < lowest[pairs.judged], distances > highest[pairs.judged]


def squared_distances(X, Y, x_rows, y_rows, dtype=np.float64):
    """Squared differences summed in one order, so that equal rows tie anywhere.

    A BLAS product does not promise that.

    Parameters
    ----------
    X, Y : ndarray of shape (n_samples, n_features), (n_reference, n_features)
    x_rows, y_rows : ndarray of int of shape (n_pairs,)
    dtype : dtype
        To compute in.

    Returns
    -------
    ndarray of shape (n_pairs,)
    """
    distances = np.empty(len(x_rows), dtype=dtype)
    step = max(1, _CHUNK_BYTES // (X.shape[1] * np.dtype(dtype).itemsize))
    for start in range(0, len(x_rows), step):
        chunk = slice(start, start + step)
        difference = Y[y_rows[chunk]].astype(dtype, copy=False)
        difference -= X[x_rows[chunk]]
        np.einsum("ij,ij->i", difference, difference, out=distances[chunk])
    return distances


def _squared_distances_of_sparse(pairs):
    """Squared differences of what either row stores, summed in its order."""
    X, Y, x_rows, y_rows = _rows(pairs)
    distances = np.empty(len(x_rows))
    longest = np.diff(X.indptr).max() + np.diff(Y.indptr).max()
    step = int(max(1, _SPARSE_CHUNK_BYTES // (3 * 16 * max(1, longest))))
    for start in range(0, len(x_rows), step):
        chunk = slice(start, start + step)
        difference = Y[y_rows[chunk]].astype(np.float64) - X[x_rows[chunk]]
        distances[chunk] = squared_norms(difference)
    return distances


def _rows(pairs):
    return pairs.X, pairs.Y, pairs.x_rows[pairs.judged], pairs.y_rows


def _vote(pairs):
    return pairs.judged, pairs.weight, pairs.needed


def completing_distance(distances, judged, weight, needed):
    """Distance of the pair that completes the vote, per judged row.

    Parameters
    ----------
    distances : ndarray of shape (n_pairs,)
    judged, weight, needed
        As in `AmbiguousPairs`.

    Returns
    -------
    ndarray of shape (n_judged,)
    """
    starts = np.flatnonzero(np.diff(judged, prepend=-1))
    ends = np.append(starts[1:], len(distances)) - 1
    nearest_first = np.lexsort((distances, judged))
    weight = weight[nearest_first]
    votes = np.cumsum(weight)
    votes -= (votes[starts] - weight[starts])[judged]
    short = judged[votes < needed[judged]]
    position = starts + np.bincount(short, minlength=len(starts))
    return distances[nearest_first[np.minimum(position, ends)]]

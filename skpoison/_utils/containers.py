"""Rows of arrays, data frames, sparse matrices and lists."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing

__all__ = ["n_rows", "row_aligned", "row_index", "take_rows"]


def take_rows(rows, *arrays):
    """The given rows of every array, each in its own container (pandas, sparse, list).

    Parameters
    ----------
    rows : ndarray of bool or of int
        A mask over the rows, or their indices.
    *arrays : array-like or None
        None is passed through, so that an absent `y` stays absent.

    Returns
    -------
    list
    """
    rows = np.asarray(rows)
    if rows.dtype == bool:
        rows = np.flatnonzero(rows)
    return [a if a is None else _safe_indexing(_indexable(a), rows) for a in arrays]


def n_rows(X):
    """Number of rows of an array, data frame, sparse matrix or list."""
    if hasattr(X, "shape"):
        return X.shape[0]
    return len(X if hasattr(X, "__len__") else np.asarray(X))


def row_aligned(value, n_samples):
    """Whether a fit parameter holds one entry per row."""
    if hasattr(value, "shape"):
        return len(value.shape) > 0 and value.shape[0] == n_samples
    return isinstance(value, list | tuple) and len(value) == n_samples


def row_index(*arrays):
    """The labels of the rows, by the first data frame or series; None without one."""
    return next((a.index for a in arrays if hasattr(a, "iloc")), None)


def _indexable(rows):
    """The same rows in a container that can be indexed by row."""
    if issparse(rows) and rows.format not in ("csr", "csc"):
        return rows.tocsr()
    return rows if hasattr(rows, "__getitem__") else np.asarray(rows)

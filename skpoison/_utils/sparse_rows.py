"""Rows of sparse matrices, computed in float64 by what they store."""

import numpy as np
from scipy.sparse import csr_array

__all__ = ["canonical_rows", "squared_norms"]


def canonical_rows(X):
    """The rows with sorted indices, without duplicates and stored zeros.

    Parameters
    ----------
    X : sparse matrix in CSR format
        Not modified.

    Returns
    -------
    csr_array
        Equal rows of it store equal arrays.
    """
    rows = csr_array((X.data, X.indices, X.indptr), shape=X.shape)
    if not rows.has_canonical_format or (rows.data == 0).any():
        rows = rows.copy()
        rows.sum_duplicates()
        rows.eliminate_zeros()
    return rows


def squared_norms(X):
    """The squared norm of each row, the same for equal rows wherever they stand.

    Parameters
    ----------
    X : csr_array of shape (n_samples, n_features)

    Returns
    -------
    ndarray of float64 of shape (n_samples,)
    """
    squares = X.astype(np.float64)
    squares.data **= 2
    return squares @ np.ones(X.shape[1])

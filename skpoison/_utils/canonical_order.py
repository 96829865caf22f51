"""An order of the rows that follows from their contents alone."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

__all__ = ["canonical_order"]


def canonical_order(X, *columns):
    """Row indices, ordered by the contents of the rows.

    What is drawn from rows in this order (folds, landmarks) does not depend on the
    order in which the rows were given. It does not depend on an offset of X either,
    save for rounding.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix of shape (n_samples, ...)
        Numbers, missing ones among them, are sorted by a random projection, which tells
        rows apart unless they are equal. Rows of anything else (words, categories,
        dates) are sorted as they print.
    *columns : ndarray of shape (n_samples,) or None
        Sort equal rows of X, the first column first; None does not.

    Returns
    -------
    ndarray of int of shape (n_samples,)
    """
    columns = [column for column in columns if column is not None]
    return np.lexsort((*reversed(columns), *_keys(X)))


def _keys(X):
    """Sort keys of the rows, the last one first."""
    if not sparse.issparse(X):
        try:
            X = _as_numbers(X)
        except (TypeError, ValueError):
            return [_as_printed(X)]
    elif X.format != "csr" or not X.has_sorted_indices:
        X = X.tocsr().sorted_indices()
    if np.isfinite(X.data if sparse.issparse(X) else X).all():
        return [_projection(X)]
    return [_projection(_entrywise(_gap, X)), _projection(_entrywise(_without_gaps, X))]


def _as_numbers(X):
    X = check_array(
        X,
        dtype=(np.float64, np.float32),
        ensure_all_finite=False,
        allow_nd=True,
        ensure_min_samples=0,
        ensure_min_features=0,
    )
    return X.reshape(len(X), -1)


def _as_printed(X):
    rows = X if isinstance(X, list) else np.asarray(X, dtype=object).tolist()
    printed = np.array([repr(row) for row in rows], dtype=object)
    return np.unique(printed, return_inverse=True)[1]


def _projection(X):
    direction = np.random.default_rng(0).normal(size=X.shape[1])
    if sparse.issparse(X):
        return X @ direction
    # Row by row: BLAS would round equal rows differently at different places.
    return np.einsum("ij,j->i", X, direction)


def _entrywise(function, X):
    if not sparse.issparse(X):
        return function(X)
    return sparse.csr_array((function(X.data), X.indices, X.indptr), shape=X.shape)


def _gap(values):
    """Which values are missing or infinite, each kind a number of its own."""
    return np.isnan(values) + 2.0 * np.isposinf(values) + 3.0 * np.isneginf(values)


def _without_gaps(values):
    return np.where(np.isfinite(values), values, 0)

"""The rows that vote and the rows to judge, as the engines take them."""

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn import get_config
from sklearn.utils import check_array, check_consistent_length, check_X_y, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from .._utils.containers import check_rows
from .._utils.sparse_rows import canonical_rows
from .._utils.stored_rows import check_stored_rows, row_blocks, stored_rows
from .._utils.targets import target_column

_ROWS = {"dtype": (np.float64, np.float32), "order": "C", "accept_sparse": "csr"}
# Above it, squared distances overflow.
_LARGEST = 1e150


def check_voters(X, y):
    """The rows that vote, and their labels.

    Parameters
    ----------
    X : array-like, sparse matrix, numpy.memmap or dask.array.Array
        Of shape (n_samples, n_features).
    y : array-like of shape (n_samples,)

    Returns
    -------
    X : ndarray, csr_array or StoredRows
    y : ndarray

    Raises
    ------
    ValueError
    """
    check_rows(X)
    if (stored := stored_rows(X)) is not None:
        X = _rows_in_reach(check_stored_rows(stored))
        y = column_or_1d(target_column(y))
        check_consistent_length(X, y)
    else:
        X, y = check_X_y(X, target_column(y), **_ROWS)
    check_classification_targets(y)
    X = canonical_rows(X) if issparse(X) else X
    _check_magnitude(X, "X")
    return X, y


def check_queries(X_query, X):
    """The rows to judge, of the kind of the rows that vote."""
    if (stored := stored_rows(X_query)) is not None:
        queries = _rows_in_reach(check_stored_rows(stored, "X_query"))
    else:
        queries = check_array(X_query, input_name="X_query", **_ROWS)
    if queries.shape[1] != X.shape[1]:
        raise ValueError(
            f"X_query has {queries.shape[1]} features, but X has {X.shape[1]}."
        )
    _check_magnitude(queries, "X_query")
    if issparse(X):
        return canonical_rows(csr_array(queries[:]))
    return queries.toarray() if issparse(queries) else queries


def _rows_in_reach(rows):
    """The array behind a small memory map, which costs no more than others."""
    small = 4 * rows.shape[0] * rows.shape[1] <= get_config()["working_memory"] * 2**20
    return rows[:] if small and isinstance(rows.source, np.ndarray) else rows


def _check_magnitude(X, name):
    blocks = [X] if issparse(X) else (rows for _, rows in row_blocks(X))
    if any(max(float(rows.max()), -float(rows.min())) > _LARGEST for rows in blocks):
        raise ValueError(
            f"{name} holds values beyond {_LARGEST:.0e}, whose squared distances "
            "overflow. Scale the features."
        )

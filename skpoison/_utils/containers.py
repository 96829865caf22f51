"""Rows of arrays, data frames, sparse matrices and lists."""

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing, check_consistent_length

from .messages import plain

__all__ = [
    "check_column_names",
    "check_rows",
    "n_rows",
    "row_aligned",
    "row_index",
    "take_rows",
]


def check_rows(X):
    """Refuse what holds no rows that can be counted and picked, by the name of X.

    Parameters
    ----------
    X : object

    Raises
    ------
    TypeError
        For an iterator, a dict, a set, a single text, a scalar or None.
    """
    if hasattr(X, "shape") or hasattr(X, "__array__"):
        has_rows = getattr(X, "shape", (1,)) != ()
    else:
        has_rows = hasattr(X, "__len__") and hasattr(X, "__getitem__")
        has_rows = has_rows and not isinstance(X, Mapping | str | bytes)
    if has_rows:
        return
    advice = ""
    if isinstance(X, Mapping):
        advice = " A dict of columns becomes a data frame: pandas.DataFrame(X)."
    elif isinstance(X, Iterator):
        advice = " Pass list(X): rows are read more than once."
    raise TypeError(
        "X must hold rows, in an array, a data frame, a sparse matrix or a list; got "
        f"{type(X).__name__}.{advice}"
    )


def check_column_names(X):
    """Refuse a data frame with two columns of one name.

    Parameters
    ----------
    X : object

    Raises
    ------
    ValueError
    """
    names = getattr(X, "columns", None)
    if names is None or not hasattr(names, "duplicated") or names.is_unique:
        return
    repeated = plain(names[names.duplicated()].unique().tolist())
    raise ValueError(
        f"X has several columns named {', '.join(map(repr, repeated))}: give each "
        "column a name of its own."
    )


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

    Raises
    ------
    ValueError
        When the arrays are not equally long: rows and labels would not belong together.
    """
    rows = np.asarray(rows)
    if rows.dtype == bool:
        rows = np.flatnonzero(rows)
    indexable = [a if a is None else _indexable(a) for a in arrays]
    check_consistent_length(*indexable)
    return [a if a is None else _take(a, rows) for a in indexable]


def n_rows(X):
    """Number of rows of an array, data frame, sparse matrix or list."""
    check_rows(X)
    if hasattr(X, "shape"):
        return X.shape[0]
    return len(X if hasattr(X, "__len__") else np.asarray(X))


def row_aligned(value, n_samples):
    """Whether a fit parameter holds one entry per row."""
    if hasattr(value, "__array__") and not hasattr(value, "shape"):
        value = np.asarray(value)
    if hasattr(value, "shape"):
        return len(value.shape) > 0 and value.shape[0] == n_samples
    return isinstance(value, list | tuple) and len(value) == n_samples


def row_index(*arrays):
    """The labels of the rows, by the first data frame or series; None without one."""
    return next((a.index for a in arrays if hasattr(a, "iloc")), None)


def _take(array, rows):
    # The arrays behind pandas' columns: some, those of Arrow, take no index but this.
    if hasattr(array, "isna") and not hasattr(array, "iloc"):
        return array.take(rows)
    return _safe_indexing(array, rows)


def _indexable(rows):
    """The same rows in a container that can be indexed by row."""
    if issparse(rows) and rows.format not in ("csr", "csc"):
        return rows.tocsr()
    return rows if hasattr(rows, "__getitem__") else np.asarray(rows)

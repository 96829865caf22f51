"""Which rows: trusted masks, kept rows, and stand-ins for the dropped ones."""

import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import column_or_1d

from ..exceptions import RemovedClassWarning

__all__ = [
    "check_what_is_left",
    "floor_share",
    "is_continuous",
    "n_rows",
    "row_aligned",
    "stand_in_rows",
    "take_rows",
    "trusted_mask",
]


def floor_share(share, n):
    """floor(share x n), where .29 of 100 rows are 29 in spite of binary fractions."""
    return int(share * n + 1e-9 * n)


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
    return X.shape[0] if hasattr(X, "shape") else len(np.asarray(X))


def _indexable(rows):
    """The same rows in a container that can be indexed by row."""
    if issparse(rows) and rows.format not in ("csr", "csc"):
        return rows.tocsr()
    return rows if hasattr(rows, "__getitem__") else np.asarray(rows)


def row_aligned(value, n_samples):
    """Whether a fit parameter holds one entry per row."""
    if hasattr(value, "shape"):
        return len(value.shape) > 0 and value.shape[0] == n_samples
    return isinstance(value, list | tuple) and len(value) == n_samples


def check_what_is_left(y, kept, name):
    """Refuse to leave nothing to learn from; warn when a whole class is gone.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.
    kept : ndarray of bool or of int
        The kept rows.
    name : str
        Of the filter, for the messages.

    Raises
    ------
    ValueError
        When no row or one class alone is left.

    Warns
    -----
    RemovedClassWarning
        When every row of some class is removed.
    """
    y = np.asarray(y)
    left = np.unique(y[kept])
    if len(left) == 0:
        raise ValueError(f"{name} would remove all {len(y)} rows.")
    if len(left) == 1:
        raise ValueError(
            f"{name} would leave rows of one class alone, {left[0]!r}: nothing could "
            "be learned from them."
        )
    gone = np.setdiff1d(y, left)
    if len(gone):
        warnings.warn(
            f"{name} removed every row of {gone.tolist()}: a model trained on the rest "
            "cannot predict these classes.",
            RemovedClassWarning,
            stacklevel=3,
        )


def trusted_mask(trusted, n_samples):
    """A boolean mask of the trusted rows, from a mask or from indices.

    Parameters
    ----------
    trusted : array-like of bool of shape (n_samples,), or array-like of int
    n_samples : int

    Returns
    -------
    ndarray of bool of shape (n_samples,)

    Raises
    ------
    ValueError
        When a mask has another length, indices repeat or are out of range (a 0/1
        column is no mask: pass it as booleans), or no row is trusted.
    """
    trusted = column_or_1d(trusted)
    if trusted.dtype == bool:
        if len(trusted) != n_samples:
            raise ValueError(
                f"trusted is a mask of {len(trusted)} rows, but X has {n_samples} rows."
            )
        mask = trusted.copy()
    elif np.issubdtype(trusted.dtype, np.integer):
        if len(trusted) and not 0 <= trusted.min() <= trusted.max() < n_samples:
            raise ValueError(
                f"trusted holds indices from {trusted.min()} to {trusted.max()}, but "
                f"the rows of X are numbered from 0 to {n_samples - 1}."
            )
        if len(np.unique(trusted)) < len(trusted):
            raise ValueError(
                "trusted holds repeated indices. If it is a 0/1 mask, pass it as "
                "booleans: trusted.astype(bool)."
            )
        mask = np.zeros(n_samples, dtype=bool)
        mask[trusted] = True
    elif len(trusted) == 0:
        mask = np.zeros(n_samples, dtype=bool)
    else:
        raise ValueError(
            "trusted must be a boolean mask over the rows of X or an array of row "
            f"indices; got dtype {trusted.dtype}."
        )
    if not mask.any():
        raise ValueError(
            "trusted marks no row. Mark the rows that are known to be clean, or leave "
            "the parameter out where the defense does not need it."
        )
    return mask


def is_continuous(y):
    """Whether y holds the target values of a regression, rather than labels.

    Floats are target values when one has a fraction, or when they are too many to be
    labels: over 20 different ones, on more than a tenth of the rows.
    """
    y = np.asarray(y)
    # Not type_of_target, which warns of NaN before validation can refuse it.
    if y.dtype.kind != "f":
        return False
    return not np.array_equal(y, np.floor(y)) or (
        len(np.unique(y)) > max(20, len(y) / 10)
    )


def stand_in_rows(y, inlier_mask):
    """For every row itself or, where it is a suspect, a kept row of the same label.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    inlier_mask : ndarray of bool of shape (n_samples,)

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Row indices; the stand-ins of a class are evenly spaced over its kept rows.

    Raises
    ------
    ValueError
        When no row of a suspect's label is kept.
    """
    rows = np.arange(len(y))
    for label in np.unique(y[~inlier_mask]):
        suspects = np.flatnonzero((y == label) & ~inlier_mask)
        kept = np.flatnonzero((y == label) & inlier_mask)
        if len(kept) == 0:
            raise ValueError(
                f"Every row of class {label!r} was removed, so no kept row can stand "
                "in for them. A plain scikit-learn Pipeline cannot drop rows; use "
                "skpoison.pipeline.Pipeline, which does."
            )
        spacing = len(kept) / len(suspects)
        rows[suspects] = kept[((np.arange(len(suspects)) + 0.5) * spacing).astype(int)]
    return rows

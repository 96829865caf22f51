"""Trusted rows as a mask."""

import numpy as np

from ..exceptions import UntrustedClassWarning
from .messages import warn
from .targets import is_missing

__all__ = ["trusted_mask", "warn_of_untrusted_classes"]

_OF_LABELS = (
    "Labels of the rows of a data frame become positions by "
    "np.flatnonzero(X.index.isin(labels))."
)


def trusted_mask(trusted, n_samples, index=None):
    """A boolean mask of the trusted rows, from a mask or from indices.

    Parameters
    ----------
    trusted : array-like of bool of shape (n_samples,), or array-like of int
        A mask in a series goes row by row, with the index of X or one that has nothing
        to do with it.
    n_samples : int
    index : pandas.Index of shape (n_samples,) or None, default=None
        The labels of the rows, where X or y has some.

    Returns
    -------
    ndarray of bool of shape (n_samples,)

    Raises
    ------
    ValueError
        When a mask has another length or missing values, indices repeat or are out of
        range (a 0/1 column is no mask: pass it as booleans), no row is trusted, or a
        pandas object may speak of the labels of rows rather than of their positions.
    """
    values = _values(trusted)
    if values.dtype == bool:
        if len(values) != n_samples:
            raise ValueError(
                f"trusted is a mask of {len(values)} rows, but X has {n_samples} rows."
            )
        _check_index_of_mask(trusted, index)
        mask = values.copy()
    elif values.dtype.kind in "iu":
        _check_that_positions_are_no_labels(trusted, index)
        mask = _mask_of_positions(values, n_samples)
    elif len(values) == 0:
        mask = np.zeros(n_samples, dtype=bool)
    else:
        raise ValueError(
            "trusted must be a boolean mask over the rows of X or an array of row "
            f"indices; got dtype {values.dtype}. {_OF_LABELS}"
        )
    if not mask.any():
        raise ValueError(
            "trusted marks no row. Mark the rows that are known to be clean, or leave "
            "the parameter out where the defense does not need it."
        )
    return mask


def warn_of_untrusted_classes(classes, y, trusted):
    """Warn of classes whose rows vouch for one another.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    y : ndarray of int of shape (n_samples,)
        Positions in `classes`.
    trusted : ndarray of bool of shape (n_samples,)

    Warns
    -----
    UntrustedClassWarning
        When no row of some class is trusted.
    """
    untrusted = np.setdiff1d(np.arange(len(classes)), y[trusted])
    if len(untrusted):
        warn(
            f"No trusted row is of {classes[untrusted].tolist()}: whether rows of such "
            "a class belong is judged by the untrusted rows alone.",
            UntrustedClassWarning,
        )


def _values(trusted):
    """The entries of `trusted`, as booleans or integers where they are."""
    values = np.asarray(trusted)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values.ravel()
    if values.ndim != 1:
        raise ValueError(
            "trusted must be a boolean mask over the rows of X or an array of row "
            f"indices; got {type(trusted).__name__} of shape {values.shape}."
        )
    n_missing = sum(is_missing(v) for v in values) if values.dtype.kind in "fO" else 0
    if n_missing:
        raise ValueError(
            f"trusted has {n_missing} missing values. A row is known to be clean or it "
            "is not: write False where nothing is known, as in trusted.fillna(False)."
        )
    for kind, dtype in ((bool | np.bool_, bool), (int | np.integer, int)):
        if values.dtype == object and all(isinstance(v, kind) for v in values):
            values = values.astype(dtype)
    return values


def _mask_of_positions(positions, n_samples):
    if len(positions) and not 0 <= positions.min() <= positions.max() < n_samples:
        raise ValueError(
            f"trusted holds indices from {positions.min()} to {positions.max()}, but "
            f"the rows of X are numbered from 0 to {n_samples - 1}. {_OF_LABELS}"
        )
    if len(np.unique(positions)) < len(positions):
        raise ValueError(
            "trusted holds repeated indices. If it is a 0/1 mask, pass it as "
            "booleans: trusted.astype(bool)."
        )
    mask = np.zeros(n_samples, dtype=bool)
    mask[positions] = True
    return mask


def _check_that_positions_are_no_labels(trusted, index):
    """Refuse integers that pandas may mean as labels, unless labels are positions."""
    is_index, is_series = hasattr(trusted, "get_indexer"), hasattr(trusted, "iloc")
    if index is None:
        may_be_labels = is_index
    else:
        may_be_labels = (is_index or is_series) and not _counts_rows(index)
    if may_be_labels:
        raise ValueError(
            f"trusted is a pandas {type(trusted).__name__} of integers, which may be "
            f"labels of rows or their positions. {_OF_LABELS} Positions pass as an "
            "array: trusted.to_numpy()."
        )


def _check_index_of_mask(trusted, index):
    """Refuse a mask whose index names the rows of X in another way than X does."""
    own = getattr(trusted, "index", None) if hasattr(trusted, "iloc") else None
    if own is None or index is None or own.equals(index):
        return
    shared = own.isin(index)
    if shared.any() and not (_counts_rows(own) and not shared.all()):
        raise ValueError(
            "trusted is a mask with an index of its own, which holds labels of X at "
            "other rows. Pass trusted.reindex(X.index) to go by the labels, or "
            "trusted.to_numpy() to go row by row."
        )


def _counts_rows(index):
    """Whether the labels are the positions of the rows."""
    return index.dtype.kind in "iu" and np.array_equal(index, np.arange(len(index)))

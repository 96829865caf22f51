"""Trusted rows as a mask."""

import numpy as np
from sklearn.utils.validation import column_or_1d

from ..exceptions import UntrustedClassWarning
from .messages import warn

__all__ = ["trusted_mask", "warn_of_untrusted_classes"]


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

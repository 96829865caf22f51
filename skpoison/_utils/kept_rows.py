"""What a filter leaves, and what stands in for the rest."""

import numpy as np

from ..exceptions import RemovedClassWarning
from .messages import plain, warn

__all__ = ["check_what_is_left", "stand_in_rows"]


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
            f"{name} would leave rows of one class alone, {plain(left[0])!r}: nothing "
            "could be learned from them."
        )
    gone = np.setdiff1d(y, left)
    if len(gone):
        warn(
            f"{name} removed every row of {gone.tolist()}: a model trained on the rest "
            "cannot predict these classes.",
            RemovedClassWarning,
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
                f"Every row of class {plain(label)!r} was removed, so no kept row can "
                "stand in for them. A plain scikit-learn Pipeline cannot drop rows; "
                "use skpoison.pipeline.Pipeline, which does."
            )
        spacing = len(kept) / len(suspects)
        rows[suspects] = kept[((np.arange(len(suspects)) + 0.5) * spacing).astype(int)]
    return rows

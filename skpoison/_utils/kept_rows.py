"""What a filter leaves, and what stands in for the rest."""

import numpy as np
from scipy.sparse import issparse
from scipy.stats import hypergeom
from sklearn.utils import check_consistent_length

from ..exceptions import RemovedClassWarning, ThinnedClassWarning
from .containers import n_rows
from .labels import distinct_labels
from .messages import plain, warn
from .targets import check_none_missing

__all__ = ["check_what_is_left", "stand_in_rows"]

# A class below this share of the average size is thinned when it loses this share of
# its rows, this many times that of the others, and more than chance takes in all but
# this share of cases.
_SMALL, _SHARE, _TIMES, _CHANCE = 0.8, 0.5, 2.0, 1e-3


def check_what_is_left(y, kept, name, advice=""):
    """Refuse to leave nothing to learn from; warn when much of a class is gone.

    Poison makes the class larger that it claims to be of. A small class that loses half
    of its rows, and far more than the others do, is rather the victim of votes, or of a
    model, with too few rows of it: it is warned of.

    Parameters
    ----------
    y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_outputs)
        Labels. The columns of several outputs are looked at one by one.
    kept : ndarray of bool or of int
        The kept rows.
    name : str
        Of the filter, for the messages.
    advice : str, default=""
        Which parameters of the filter help, for the warnings.

    Raises
    ------
    ValueError
        When y has another length than the verdict, when no row is left, or a single
        class where there is one output.

    Warns
    -----
    RemovedClassWarning
        When every row of some class is removed.
    ThinnedClassWarning
        When a small class loses half of its rows or more.
    """
    n_samples = n_rows(y)
    if np.asarray(kept).dtype == bool:
        check_consistent_length(y, kept)
    mask = np.zeros(n_samples, dtype=bool)
    mask[kept] = True
    if not mask.any():
        raise ValueError(f"{name} would remove all {n_samples} rows.")
    columns = _label_columns(y)
    for place, column in columns.items():
        check_none_missing(column)
        classes, codes = distinct_labels(column)
        n = np.bincount(codes)
        n_left = np.bincount(codes[mask], minlength=len(classes))
        if len(columns) == 1 and np.sum(n_left > 0) == 1:
            raise ValueError(
                f"{name} would leave rows of one class alone, "
                f"{plain(classes[n_left.argmax()])!r}: nothing could be learned from "
                f"them. {advice}".rstrip()
            )
        _warn_of_removed(classes, n, n_left, name, place, advice)
        _warn_of_thinned(classes, n, n_left, name, place, advice)


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


def _label_columns(y):
    """The labels of each output, by the words that say which one it is."""
    if getattr(y, "ndim", 1) < 2:
        return {"": np.asarray(y)}
    if y.shape[1] == 1:
        return {"": np.ravel(y)}
    names = getattr(y, "columns", range(y.shape[1]))
    if issparse(y):
        y = y.toarray()
    elif hasattr(y, "iloc"):
        y = y.to_numpy()
    return {f" in output {plain(name)!r}": y[:, j] for j, name in enumerate(names)}


def _warn_of_removed(classes, n, n_left, name, place, advice):
    gone = n_left == 0
    if gone.any():
        warn(
            f"{name} removed every row of {classes[gone].tolist()}{place} "
            f"({n[gone].sum()} rows): a model trained on the rest cannot predict these "
            f"classes. {advice}".rstrip(),
            RemovedClassWarning,
        )


def _warn_of_thinned(classes, n, n_left, name, place, advice):
    n_gone = n - n_left
    total, total_gone = n.sum(), n_gone.sum()
    share = n_gone / n
    share_of_others = (total_gone - n_gone) / np.maximum(total - n, 1)
    thinned = (
        (n < _SMALL * total / len(n))
        & (share >= _SHARE)
        & (share < 1)
        & (share >= _TIMES * share_of_others)
        & (hypergeom.sf(n_gone - 1, total, total_gone, n) < _CHANCE)
    )
    for c in np.flatnonzero(thinned):
        warn(
            f"{name} removed {n_gone[c]} of the {n[c]} rows of class "
            f"{plain(classes[c])!r}{place}, {share[c]:.0%} of them, but "
            f"{share_of_others[c]:.0%} of the other rows. {advice}".rstrip(),
            ThinnedClassWarning,
        )

"""Screening of regression rows by the residuals of fits that leave them out."""

from functools import partial

import numpy as np
from scipy.linalg import eigh

__all__ = ["leave_one_out_residuals", "root_mean_square", "screen", "smallest"]

# Sets of rows repeat after some ten rounds; this ends a search that wanders on.
_MAX_ROUNDS = 30
# A weaker penalty would leave nothing but rounding of the residuals of rows that have a
# feature to themselves, and hide them.
_LEAST_PENALTY = 1e-8


def screen(
    X, y, *, threshold, max_contamination, degrees_of_freedom, always, varied, floor
):
    """Residuals of all rows by a ridge of the rows within their own spread.

    The core comes first: the rows that fit best, all but a share of
    `max_contamination`. Then all rows are kept whose residual is at most `threshold`
    times the root mean square of those of the kept rows, until they stay the same.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    threshold, max_contamination, degrees_of_freedom : float
        As in TRIMRegressor.
    always : ndarray of bool of shape (n_samples,)
        Rows that are kept whatever their residuals.
    varied : ndarray of bool of shape (n_samples,)
        The rows whose residuals have a spread. The others are of the core, and do not
        count in its size nor in the root mean square.
    floor : float
        Least spread, for data without noise.

    Returns
    -------
    residuals : ndarray of shape (n_samples,)
        By the fit of `kept`.
    kept : ndarray of bool of shape (n_samples,)
    n_iter : int
        Number of fits.
    """
    residuals_by = partial(
        leave_one_out_residuals, X, y, degrees_of_freedom=degrees_of_freedom
    )
    n_core = int(np.ceil((1 - max_contamination) * varied.sum())) + (~varied).sum()
    kept, n_iter = _core(residuals_by, n_core, always | ~varied)
    seen: set[bytes] = set()
    while kept.tobytes() not in seen and len(seen) < _MAX_ROUNDS:
        seen.add(kept.tobytes())
        residuals = residuals_by(kept)
        cut = threshold * max(root_mean_square(residuals[kept & varied]), floor)
        kept = always | (np.abs(residuals) <= cut)
        if (kept | ~varied).sum() < n_core:
            kept = smallest(residuals, n_core, always | ~varied)
    return residuals_by(kept), kept, n_iter + len(seen) + 1


def _core(residuals_by, n_kept, always):
    """The rows that a ridge of themselves fits best.

    From all rows on, those with the smallest residuals are fitted anew until they
    repeat; of the sets on the way the one with the least squared residuals wins.
    """
    kept = np.ones(len(always), dtype=bool)
    seen: set[bytes] = set()
    best, least = kept, np.inf
    while kept.tobytes() not in seen and len(seen) < _MAX_ROUNDS:
        seen.add(kept.tobytes())
        residuals = residuals_by(kept)
        kept = smallest(residuals, n_kept, always)
        loss = np.sum(residuals[kept] ** 2)
        if loss < least:
            best, least = kept, loss
    return best, len(seen)


def leave_one_out_residuals(X, y, kept, *, degrees_of_freedom):
    """Residuals by a ridge of the kept rows; for each of these by one without it.

    The ridge has an intercept, and the penalty at which its effective degrees of
    freedom are the given share of the number of kept rows.
    """
    centred = X[kept]
    x_mean, y_mean = centred.mean(axis=0), y[kept].mean()
    centred -= x_mean
    # Of the two Gram matrices the smaller one.
    wide = centred.shape[1] > len(centred)
    gram = centred @ centred.T if wide else centred.T @ centred
    _check_range(gram)
    variances, basis = eigh(gram)
    variances = np.maximum(variances, 0.0)
    penalty = _penalty(variances, degrees_of_freedom * len(centred))
    if wide:
        scores = basis * np.sqrt(variances)
        shrinkage = 1 / (variances + penalty)
        dual = basis @ (shrinkage * (basis.T @ (y[kept] - y_mean)))
        weights = centred.T @ dual
    else:
        scores = centred @ basis
        shrinkage = 1 / (variances + penalty)
        weights = basis @ (shrinkage * (scores.T @ (y[kept] - y_mean)))
    residuals = y - y_mean - (X - x_mean) @ weights
    leverage = scores**2 @ shrinkage + 1 / len(centred)
    residuals[kept] /= np.maximum(1 - leverage, _LEAST_PENALTY / 10)
    _check_range(residuals)
    return residuals


def smallest(residuals, n_kept, always):
    """The rows with the smallest residuals; rows that tie for the last place share it.

    Rows of `always` come first, and count.
    """
    size = np.where(always, -1.0, np.abs(residuals))
    n_kept = max(n_kept, always.sum())
    return size <= np.partition(size, n_kept - 1)[n_kept - 1]


def root_mean_square(values):
    return np.sqrt(np.mean(values**2))


def _check_range(values):
    if not np.isfinite(values).all():
        raise ValueError(
            "X or y holds values so large that their squares overflow: scale them, by "
            "StandardScaler, say."
        )


def _penalty(variances, degrees_of_freedom):
    """The penalty with sum(variances / (variances + penalty)) degrees of freedom.

    The least one where even that leaves fewer.
    """
    largest = variances.max()
    # Features whose squares vanish are as good as constant.
    if _LEAST_PENALTY * largest < np.finfo(np.float64).tiny:
        return 1.0
    # In units of the largest, so that no product on the way leaves the range.
    variances = variances / largest
    low, high = _LEAST_PENALTY, 1e6
    while high > 1.001 * low:
        middle = np.sqrt(low * high)
        if np.sum(variances / (variances + middle)) > degrees_of_freedom:
            low = middle
        else:
            high = middle
    return high * largest

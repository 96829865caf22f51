"""Scores of trusted rows that the filter did not know to be trusted."""

from typing import NamedTuple

import numpy as np
import sklearn.pipeline
from joblib import Parallel, delayed
from sklearn import config_context
from sklearn.base import clone

from ..._utils.folds import stratified_folds
from ..._utils.verdicts import score_new_rows, score_training_rows
from ...base import PoisonFilter


class HeldOutScores(NamedTuple):
    """What the fits say of the rows that each of them did not learn to trust.

    Attributes
    ----------
    filters : list of n_fits filters
    margins : ndarray of shape (n_fits, n_samples)
        Scores above the threshold of the filter; negative for its suspects.
    folds : ndarray of int of shape (n_samples,)
        The fit that held a trusted row out, and so scored it like an untrusted one; -1
        for untrusted rows, and for trusted rows that no fit held out.
    """

    filters: list
    margins: np.ndarray
    folds: np.ndarray


def held_out_scores(filter, X, y, groups, trusted, order, cv, rng, n_jobs):
    """Fit the filter such that each trusted row is scored like an untrusted one.

    Parameters
    ----------
    filter : filter or outlier detector
    X, y : as the filter takes them
    groups : ndarray of int of shape (n_samples,)
        The classes of the rows; constant for a regression.
    trusted : ndarray of bool of shape (n_samples,)
    order : ndarray of int of shape (n_samples,)
        In which the rows are dealt to the folds.
    cv : int
    rng : RandomState
    n_jobs : int or None

    Returns
    -------
    HeldOutScores

    Raises
    ------
    TypeError
        For a pipeline that ends in a defense.
    ValueError
        When no trusted row can be held out, and for scores that are not finite.
    """
    folds = np.full(len(trusted), -1)
    if not needs_trusted(filter):
        folds[trusted] = 0
        teachers = [None]
    else:
        dealt = order[trusted[order]]
        folds[dealt] = stratified_folds(groups[dealt], cv, rng)
        if not (folds >= 0).any():
            raise ValueError(
                "CalibratedFilter holds trusted rows out, and every class has one "
                "alone. Trust at least two rows of a class, better twenty."
            )
        folds[folds >= 0] = np.unique(folds[folds >= 0], return_inverse=True)[1]
        teachers = [trusted & (folds != k) for k in range(folds.max() + 1)]
    fits = Parallel(n_jobs)(
        delayed(_fit_and_score)(clone(filter), X, y, teacher) for teacher in teachers
    )
    filters, margins = zip(*fits)
    return HeldOutScores(list(filters), np.array(margins), folds)


def needs_trusted(filter):
    """Whether a filter learns from trusted rows, and has to be fitted without some."""
    return getattr(filter, "_needs_trusted", False)


def score_by(filter, X, y):
    """Margins of new rows by a fitted filter or detector."""
    if isinstance(filter, PoisonFilter):
        return _rounded(filter.decision_function(X, y))
    return _rounded(score_new_rows(filter, X, len(y)))


def _fit_and_score(filter, X, y, trusted):
    if isinstance(filter, PoisonFilter):
        # The wrapper passes the verdict; the filter's parameters were never looked at.
        with config_context(skip_parameter_validation=False):
            filter._fit_for_scores(X, y, trusted)
        return filter, _rounded(filter.sample_scores_ - filter.offset_)
    if isinstance(filter, sklearn.pipeline.Pipeline) and isinstance(
        filter.steps[-1][1], PoisonFilter
    ):
        raise TypeError(
            "CalibratedFilter takes a filter, not a pipeline that ends in one: put the "
            "steps before it into a pipeline around the CalibratedFilter."
        )
    margins = score_training_rows(filter, X, len(y))
    if not np.isfinite(margins).all():
        raise ValueError(
            f"{type(filter).__name__} gives {np.sum(~np.isfinite(margins))} of "
            f"{len(margins)} rows a score that is not finite, the first of them row "
            f"{np.argmin(np.isfinite(margins))}. Scale the features."
        )
    return filter, _rounded(margins)


def _rounded(margins):
    """Margins without the last digits: noise shall not rank rows that are equal."""
    return margins.astype(np.float32)

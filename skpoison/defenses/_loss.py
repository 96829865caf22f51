"""Rows on which models that did not learn them have a large loss."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone, is_regressor
from sklearn.utils import check_random_state, get_tags

from .._utils.canonical_order import canonical_order
from .._utils.containers import take_rows
from .._utils.folds import folds_to_hold_out
from .._utils.margins import classification_margins
from .._utils.parameters import HasMethods, Interval
from .._utils.shares import offset_of_share
from .._utils.typing import Estimator, RandomState
from ..base import PoisonFilter

# No label is less probable than that.
_LEAST = np.finfo(np.float64).eps


class LossFilter(PoisonFilter):
    """Remove the rows of the largest loss in cross-validation.

    Small-loss selection [1]_ with out-of-fold losses, so that no model judges a row
    that it has learned: the rows are dealt to folds, and each is judged by a model of
    the others. The loss is the cross-entropy for classifiers with `predict_proba`, the
    logistic loss of the margin for other classifiers, and the absolute error for
    regressors. floor(contamination x n_samples) rows go; rows that tie at the cut are
    kept. The only row of its class is judged by models that have seen it.

    What breaks it: poison that models can learn from other poison, such as a trigger
    with one wrong label or a whole region that is relabelled (on four tables an F1 of 0
    and of .30, where that of random flips is .64; of the 6.8 points of accuracy that
    relabelled regions cost it saves .8: doc/results/matrix.md), and the flips that do
    its model the most harm (of Fourclass: .868 against .841 without a defense:
    doc/results/fourclass.md); hard clean rows, which have large losses too.

    Parameters
    ----------
    estimator : classifier or regressor
        X is left to it: missing values, words, column names and sparse rows are welcome
        where it takes them.
    contamination : float in (0, 0.5], default=0.1
        Share of the rows to remove, not counting trusted ones.
    cv : int, default=5
        Number of folds.
    n_jobs : int or None, default=None
        Number of fits at a time.
    random_state : int, RandomState instance or None, default=None
        Deals the folds. An estimator that draws random numbers needs its own.

    Attributes
    ----------
    estimators_ : list of `cv` estimators
        The models, each of which did not see one fold.
    sample_scores_ : ndarray of shape (n_samples,)
        Minus the loss; lower is more suspect. New rows get the mean over all models.
    offset_ : float
        Rows with a lower score are suspects.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels; absent for regression targets.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Raises
    ------
    ValueError
        While fitting, when every class has one row alone.

    Warns
    -----
    DegenerateFilterWarning
        While fitting, when more rows than shall go tie as those of the largest loss:
        none of them is removed.
    EmptyShareWarning
        While fitting, when the share of rows to remove is no row.

    See Also
    --------
    TrustedDisagreementFilter : Asks a model of the trusted rows.

    References
    ----------
    .. [1] Y. Shen and S. Sanghavi, "Learning with Bad Training Data via Iterative
       Trimmed Loss Minimization", ICML 2019; of labels judged out of fold C. Brodley
       and M. Friedl, "Identifying Mislabeled Training Data", JAIR 11, 1999.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skpoison.defenses import LossFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[0, 60, 140]] = [1, 2, 0]
    >>> filter = LossFilter(SVC(), contamination=0.05, random_state=0).fit(X, y)
    >>> filter.inlier_mask_[[0, 60, 140]]
    array([False, False, False])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
    _validates_X = False

    def __init__(
        self,
        estimator: Estimator,
        *,
        contamination: float = 0.1,
        cv: int = 5,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.contamination = contamination
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _is_regression(self, y):
        return is_regressor(self.estimator)

    def _score_training_rows(self, X, y, trusted):
        order = canonical_order(X, y, trusted)
        scores = np.empty(len(y))
        scores[order] = self._score_out_of_fold(*take_rows(order, X, y))
        return scores, self._threshold(scores if trusted is None else scores[~trusted])

    def _score_out_of_fold(self, X, y):
        rng = check_random_state(self.random_state)
        groups = np.zeros(len(y), dtype=int) if self._is_regression(y) else y
        folds = folds_to_hold_out(groups, self.cv, rng, type(self).__name__)
        fits = Parallel(self.n_jobs)(
            delayed(_fit_and_score)(
                clone(self.estimator), X, self._targets(y), folds == fold
            )
            for fold in range(folds.max() + 1)
        )
        self.estimators_ = [estimator for estimator, _ in fits]
        scores = np.empty(len(y))
        for fold, (_, held_out) in enumerate(fits):
            scores[folds == fold] = held_out
        alone = folds == -1
        if alone.any():
            scores[alone] = self._score_new_rows(*take_rows(alone, X, y))
        return scores

    def _score_new_rows(self, X, y):
        targets = self._targets(y)
        return np.mean([_scores(e, X, targets) for e in self.estimators_], axis=0)

    def _targets(self, y):
        return y if self._is_regression(y) else self.classes_[y]

    def _threshold(self, scores):
        return offset_of_share(
            scores,
            self.contamination,
            advice="Use an estimator with finer probabilities.",
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _fit_and_score(estimator, X, y, held_out):
    estimator.fit(*take_rows(~held_out, X, y))
    return estimator, _scores(estimator, *take_rows(held_out, X, y))


def _scores(estimator, X, y):
    """Minus the loss of each row."""
    if is_regressor(estimator):
        return -np.abs(y - np.ravel(estimator.predict(X)))
    if not hasattr(estimator, "predict_proba"):
        return -np.logaddexp(0, -classification_margins(estimator, X, y))
    classes = np.asarray(estimator.classes_)
    column = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    probability = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    own = probability[np.arange(len(column)), column]
    return np.log(np.maximum(np.where(classes[column] == y, own, 0.0), _LEAST))

"""Rows that a model of the trusted rows disagrees with."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.utils import check_random_state, get_tags

from .._utils.canonical_order import canonical_order
from .._utils.containers import take_rows
from .._utils.folds import stratified_folds
from .._utils.margins import classification_margins
from .._utils.parameters import HasMethods, Interval
from .._utils.self_training import most_agreeing
from .._utils.typing import Estimator, RandomState
from ..base import PoisonFilter

# Two-sided .05 of a normal, for residuals around the fit to trusted rows alone; the
# usual bar of robust statistics (Iglewicz and Hoaglin, 1993) once rows are believed one
# by one.
_Z_TRUSTED, _Z_BELIEVED = 1.96, 3.5


class TrustedDisagreementFilter(PoisonFilter):
    """Remove the rows whose label a model trained on the trusted rows does not predict.

    The plain baseline that every defense with trusted rows must beat. A classifier
    flags an untrusted row when it supports another class more than the given one; a
    regressor when the residual is out of proportion to the out-of-fold residuals of
    the trusted rows.

    With `n_rounds` > 0 the model trains itself further. After round r of R it is
    trained on the trusted rows and, of the rows that it agrees with, on the share r/R
    (of each class) that it agrees with most.

    Rows that a model was trained on, the trusted ones among them, are scored by models
    that were trained without them. A trusted row with a score below `offset_` is
    kept, and worth a second look.

    What breaks it: wrong trusted rows (2 % of them, next to the poison, hide a third of
    it: doc/results/adaptive.md), few trusted rows (the model's own errors are
    flagged), poison that agrees with the model of the trusted rows, such as clean-label
    poison, and trusted rows from another distribution than the rest. Of a class
    without trusted rows every row is removed. Self-training (`n_rounds` > 0) gains
    when trusted rows are few, and takes wrong labels in where a whole region of a class
    is relabelled beyond the reach of the trusted rows.

    Parameters
    ----------
    estimator : classifier or regressor
        Any estimator with `fit` and `predict`. X is left to it: missing values, words,
        column names and sparse rows are welcome where it takes them. A classifier's
        `decision_function`, or else `predict_proba`, grades the scores; with neither
        they are +1 and -1.
    n_rounds : int, default=0
        Rounds of self-training; 5 is a good number.
    cv : int, default=3
        Number of folds of the out-of-fold scores.
    random_state : int, RandomState instance or None, default=None
        Deals the folds. An estimator that draws random numbers needs its own.

    Attributes
    ----------
    estimator_ : estimator
        The model of the last round.
    residual_scale_ : float
        Regression only: the larger of the root mean square of the trusted rows'
        out-of-fold residuals, each clipped at 3.5 times their normal-consistent median
        size, and the normal-consistent median residual of the rows trained on.
    sample_scores_ : ndarray of shape (n_samples,)
        Classification: support for the given label minus the largest support for
        another. Regression: minus the absolute residual, in units of
        `residual_scale_`. Lower is more suspect.
    offset_ : float
        0 for classification. For regression -1.96, and -3.5 with self-training.
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

    See Also
    --------
    AnnealedTrustFilter : Learns from the untrusted rows by degrees.

    References
    ----------
    .. [1] D. Yarowsky, "Unsupervised Word Sense Disambiguation Rivaling Supervised
       Methods", 1995 (self-training).
    .. [2] J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning
       Attacks", 2021 (the setting with a small trusted set).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skpoison.defenses import TrustedDisagreementFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[0, 70, 140]] = [1, 2, 0]
    >>> trusted = np.arange(5, 150, 7)
    >>> verdict = TrustedDisagreementFilter(SVC()).fit_predict(X, y, trusted=trusted)
    >>> verdict[[0, 70, 140]]
    array([-1, -1, -1])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "n_rounds": [Interval(Integral, 0, None, closed="left")],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }
    _validates_X = False
    _needs_trusted = True
    _advice_on_small_classes = "Trust more rows of the small classes."

    def __init__(
        self,
        estimator: Estimator,
        *,
        n_rounds: int = 0,
        cv: int = 3,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.n_rounds = n_rounds
        self.cv = cv
        self.random_state = random_state

    def _is_regression(self, y):
        return is_regressor(self.estimator)

    def _score_training_rows(self, X, y, trusted):
        order = canonical_order(X, y, trusted)
        scores = np.empty(len(y))
        scores[order] = self._train_and_score(*take_rows(order, X, y, trusted))
        return scores, self._offset()

    def _score_new_rows(self, X, y):
        disagreement = self._compare(self.estimator_, X, y)
        if is_regressor(self.estimator):
            return -np.abs(disagreement) / self.residual_scale_
        return disagreement

    def _offset(self):
        if not is_regressor(self.estimator):
            return 0.0
        return -_Z_BELIEVED if self.n_rounds else -_Z_TRUSTED

    def _train_and_score(self, X, y, trusted):
        rng = check_random_state(self.random_state)
        groups = np.zeros(len(y), int) if is_regressor(self.estimator) else y
        learned = trusted
        scores = self._score_round(X, y, groups, trusted, learned, rng)
        for r in range(1, self.n_rounds + 1):
            believed = ~trusted & (scores >= self._offset())
            best = most_agreeing(believed, scores, groups, r / self.n_rounds)
            learned = trusted | best
            scores = self._score_round(X, y, groups, trusted, learned, rng)
        return scores

    def _score_round(self, X, y, groups, trusted, learned, rng):
        self.estimator_ = self._train(X, y, learned)
        values = self._compare(self.estimator_, X, y)
        folds = np.full(len(y), -1)
        folds[learned] = stratified_folds(groups[learned], self.cv, rng)
        for fold in range(folds.max() + 1):
            held_out = folds == fold
            model = self._train(X, y, learned & ~held_out)
            values[held_out] = self._compare(model, *take_rows(held_out, X, y))
        if not is_regressor(self.estimator):
            return values
        self.residual_scale_ = _residual_scale(values, y, trusted, learned)
        return -np.abs(values) / self.residual_scale_

    def _train(self, X, y, rows):
        return clone(self.estimator).fit(*take_rows(rows, X, self._targets(y)))

    def _compare(self, model, X, y):
        """Margins of the labels of a classification, residuals of a regression."""
        if is_regressor(self.estimator):
            return y - np.ravel(model.predict(X))
        return classification_margins(model, X, self._targets(y))

    def _targets(self, y):
        return y if is_regressor(self.estimator) else self.classes_[y]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _residual_scale(residuals, y, trusted, learned):
    """Spread of the residuals that clean rows may have."""
    if trusted.sum() < 2:
        raise ValueError(
            "TrustedDisagreementFilter needs at least two trusted rows to learn how "
            "large a clean residual is."
        )
    bound = _Z_BELIEVED * _median_size(residuals[trusted])
    clipped = np.clip(residuals[trusted], -bound, bound)
    scale = max(np.sqrt(np.mean(clipped**2)), _median_size(residuals[learned]))
    # A model that fits the trusted rows exactly leaves rounding errors, no spread.
    floor = np.sqrt(np.finfo(np.float64).eps) * np.ptp(y[trusted])
    if max(scale, floor) == 0:
        raise ValueError(
            "TrustedDisagreementFilter cannot learn how large a clean residual is: y "
            "is the same for all trusted rows, and the estimator predicts it exactly."
        )
    return max(scale, floor)


def _median_size(residuals):
    """The median absolute residual, scaled to the deviation of a normal."""
    return 1.4826 * np.median(np.abs(residuals))

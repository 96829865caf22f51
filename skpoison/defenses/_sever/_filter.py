"""Sever: rows whose gradients pull the fit in one direction."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import check_random_state, get_tags

from ..._utils.containers import take_rows
from ..._utils.messages import warn
from ..._utils.parameters import HasMethods, Interval
from ..._utils.shares import floor_share, warn_of_empty_share
from ..._utils.typing import Estimator, RandomState
from ...base import PoisonFilter
from ...exceptions import DegenerateFilterWarning
from ._gradients import last_layer_gradients, squared_projections

# Projections this close to the cut count as ties, which are kept: the iteration that
# finds the direction is no more accurate than that.
_TIE = 1e-6
_EXACT = 1e-10


class SeverFilter(PoisonFilter):
    r"""Remove the rows whose gradients are outliers in their main direction.

    Each round fits the estimator on the kept rows and takes the gradient of every
    row's loss with respect to the weights and intercepts of the last layer. With v the
    top right singular vector of the centred gradients, row i is scored by

    .. math:: \tau_i = \bigl((g_i - \bar g)^\top v\bigr)^2,

    and the rows with the largest scores go: of all rows in a regression, of each class
    on its own in a classification. The estimator is then fitted anew. After r rounds
    floor((1 - (1 - contamination / 2)^r) x s) of s rows are gone, clean ones among
    them; four rounds remove not quite 2 x contamination. Rows that tie at the cut are
    kept, and where the cut is zero nothing goes.

    The loss is the squared error for regressors and ridge classifiers, the
    cross-entropy for classifiers with `predict_proba`, the squared hinge for those with
    ``loss="squared_hinge"`` and the hinge for the rest. A pipeline is served through
    the gradients at its last step. Dense inputs of the last layer are centred at their
    median; their scale matters, so scale the features, or put the scaler into the
    estimator.

    What breaks it: poison whose gradients are no larger than those of clean rows, such
    as targeted clean-label poison, regression poison near the data (the statistical
    attack, of which it finds 36 to 60 %: doc/results/gradient_defenses.md) and
    :class:`~skpoison.attacks.KKTAttack` (5 % of it on breast cancer, for an error of
    .080, .083 without a defense, and none on MNIST: doc/results/feasible_attacks.md);
    more poison than `contamination` says, in any one class. The gradient of the hinge
    is no larger for a row far on the wrong side: prefer the squared hinge or the
    cross-entropy.

    Parameters
    ----------
    estimator : estimator
        A linear regressor or classifier, or a pipeline that ends in one. X is left to
        it: only the inputs of the last step need to be numbers.
    contamination : float in (0, 0.5], default=0.1
        Share of the rows that is poison, not counting trusted ones; in a classification
        the largest share that it may have of any one class.
    n_rounds : int, default=4
        How many times rows are removed; fewer once all kept rows are fitted exactly.
    random_state : int, RandomState instance or None, default=None
        Start of the search for the singular vector, which affects rounding alone.
        Pass an int for reproducible output.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on the kept rows.
    sample_scores_ : ndarray of shape (n_samples,)
        With u the score relative to the cut of the last round a row was in, and r the
        rounds still to come after it: -u, in [-1, 0], for kept rows, and
        -(2 - 1 / u) - r, below -1, for removed ones. A row removed in an earlier round
        has a lower score than one removed later. A trusted row, which is never
        removed, is given no less than -1.
    offset_ : float
        -1.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels; absent for regressions.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Warns
    -----
    DegenerateFilterWarning
        When the estimator fits every row exactly: there are no gradients to judge by,
        and no row is removed.

    Notes
    -----
    Memory is that of the data: the gradients of a classifier of K classes, K times as
    wide as the data, are never formed.

    Two things differ from the authors' experiments. Their last model was fitted before
    the last removal; here `estimator_` is fitted on exactly the kept rows. And their
    share for a class of s of n rows grows with n over the size of the smallest class,
    which removes most of a set of many classes.

    References
    ----------
    .. [1] I. Diakonikolas, G. Kamath, D. Kane, J. Li, J. Steinhardt, A. Stewart,
       "Sever: A Robust Meta-Algorithm for Stochastic Optimization", ICML 2019,
       algorithms 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skpoison.defenses import SeverFilter
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(100, 1))
    >>> y = 3 * X.ravel() + 0.1 * rng.normal(size=100)
    >>> y[:5] = 9
    >>> sever = SeverFilter(Ridge(alpha=1e-3), contamination=0.1, random_state=0)
    >>> sever.fit_predict(X, y)[:7]
    array([-1, -1, -1, -1, -1,  1,  1])
    >>> sever.estimator_.coef_.round(1)
    array([2.9])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }
    _validates_X = False

    def __init__(
        self,
        estimator: Estimator,
        *,
        contamination: float = 0.1,
        n_rounds: int = 4,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.contamination = contamination
        self.n_rounds = n_rounds
        self.random_state = random_state

    def _is_regression(self, y):
        return is_regressor(self.estimator)

    def _score_training_rows(self, X, y, trusted):
        if not (is_regressor(self.estimator) or is_classifier(self.estimator)):
            raise TypeError(
                "SeverFilter needs a regressor or a classifier as estimator; "
                f"{type(self.estimator).__name__} is neither."
            )
        regression = self._is_regression(y)
        targets = y if regression else self.classes_[y]
        groups = [np.arange(len(y))]
        if not regression:
            groups = [np.flatnonzero(y == c) for c in range(len(self.classes_))]
        removable = np.ones(len(y), dtype=bool) if trusted is None else ~trusted
        warn_of_empty_share(
            f"contamination={self.contamination} in {self.n_rounds} rounds",
            self._share_gone(self.n_rounds),
            [np.sum(removable[group]) for group in groups],
            None if regression else self.classes_,
        )
        random_state = check_random_state(self.random_state)
        kept = np.ones(len(y), dtype=bool)
        scores = np.zeros(len(y))
        for n_done in range(self.n_rounds):
            self.estimator_ = self._fit_on(kept, X, targets)
            slopes, inputs = last_layer_gradients(self.estimator_, X, y)
            if _fits_exactly(slopes[kept], np.ptp(y) if regression else 1.0):
                if n_done == 0:
                    self._warn_of_exact_fit()
                return scores, -1.0
            gone = self._share_gone(n_done + 1)
            outlyingness = np.zeros(len(y))
            for group in groups:
                rows = group[kept[group]]
                projections = squared_projections(
                    slopes[rows], inputs[rows], random_state
                )
                n_gone = floor_share(gone, np.sum(removable[group]))
                n_drop = n_gone - (len(group) - len(rows))
                outlyingness[rows] = _relative_to_cut(
                    projections, removable[rows], n_drop
                )
            scores[kept] = np.maximum(-outlyingness[kept], -1.0)
            dropped = removable & (outlyingness > 1.0)
            n_left = self.n_rounds - n_done - 1
            scores[dropped] = -(2.0 - 1.0 / outlyingness[dropped]) - n_left
            kept &= ~dropped
        self.estimator_ = self._fit_on(kept, X, targets)
        return scores, -1.0

    def _fit_on(self, kept, X, targets):
        return clone(self.estimator).fit(*take_rows(kept, X, targets))

    def _share_gone(self, n_rounds):
        return 1 - (1 - self.contamination / 2) ** n_rounds

    def _warn_of_exact_fit(self):
        warn(
            f"{type(self.estimator).__name__} fits every row exactly: there are no "
            "gradients to judge rows by, and none was removed. Regularise the "
            "estimator.",
            DegenerateFilterWarning,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _fits_exactly(slopes, scale):
    return np.abs(slopes).max() <= _EXACT * scale


def _relative_to_cut(projections, removable, n_drop):
    """The projections over the cut that the n_drop largest removable ones exceed.

    Where nothing is to be dropped, or the cut is zero, no value exceeds 1.
    """
    candidates = np.sort(projections[removable])[::-1]
    n_drop = min(n_drop, len(candidates) - 1)
    cut = candidates[n_drop] * (1 + _TIE) if n_drop > 0 else 0.0
    if cut > 0:
        return projections / cut
    top = projections.max()
    return projections / top if top > 0 else projections

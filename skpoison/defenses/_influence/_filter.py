"""Rows that a linear model would change most without."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.utils import get_tags

from ..._utils.canonical_order import canonical_order
from ..._utils.containers import take_rows
from ..._utils.parameters import HasMethods, Interval
from ..._utils.shares import offset_of_share
from ..._utils.typing import Estimator
from ...base import PoisonFilter
from ._last_layer import LastLayer


class InfluenceFilter(PoisonFilter):
    r"""Remove the rows of the largest influence on the loss of themselves.

    The influence of a row on itself [1]_ is

    .. math:: g_i^\top H^{-1} g_i,

    with :math:`g_i` the gradient of its loss with respect to the weights of a linear
    last layer and H the Hessian of the penalised loss of all rows: to first order, what
    its loss would grow by if the model were trained without it. A wrong label that no
    other row supports has a large one. For a ridge regression it is the squared
    residual times the leverage, with the loss taken as half the square.

    floor(contamination x n_samples) rows go; rows that tie at the cut are kept.

    What breaks it: poison that comes in groups, whose rows support one another, copies
    above all (none of that of :class:`~skpoison.attacks.InfluenceAttack` and
    :class:`~skpoison.attacks.KKTAttack` was found on four tables, and of relabelled
    regions an F1 of .22, where that of random flips is .45: doc/results/matrix.md); and
    clean rows that are rare, such as those of a small class.

    Parameters
    ----------
    estimator : LogisticRegression, Ridge or Pipeline
        The last layer, alone or at the end of a pipeline: of a fixed embedding for
        instance. X is left to the pipeline. Penalties other than the square, weights of
        classes and several alphas are not accounted for.
    contamination : float in (0, 0.5], default=0.1
        Share of the rows to remove, not counting trusted ones.

    Attributes
    ----------
    estimator_ : estimator
        The model of all rows.
    sample_scores_ : ndarray of shape (n_samples,)
        Minus the self-influence; lower is more suspect. Of new rows, that which they
        would have if they were added.
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
    TypeError
        While fitting, when the estimator ends in anything else.

    Warns
    -----
    EmptyShareWarning
        While fitting, when the share of rows to remove is no row.

    See Also
    --------
    SeverFilter : The direction in which gradients agree, for groups of poison.
    LossFilter : The loss alone, out of fold.

    Notes
    -----
    H has as many columns as there are weights; its factorisation takes their number
    cubed.

    References
    ----------
    .. [1] P. W. Koh and P. Liang, "Understanding Black-box Predictions via Influence
       Functions", ICML 2017, section 5.4.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skpoison.defenses import InfluenceFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[0, 60, 140]] = [1, 2, 0]
    >>> model = LogisticRegression(max_iter=1000)
    >>> filter = InfluenceFilter(model, contamination=0.05).fit(X, y)
    >>> filter.inlier_mask_[[0, 60, 140]]
    array([False, False, False])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
    }
    _validates_X = False

    def __init__(self, estimator: Estimator, *, contamination: float = 0.1) -> None:
        self.estimator = estimator
        self.contamination = contamination

    def _is_regression(self, y):
        return is_regressor(self.estimator)

    def _score_training_rows(self, X, y, trusted):
        order = canonical_order(X, y)
        X, y = take_rows(order, X, y)
        targets = y if self._is_regression(y) else self.classes_[y]
        self.estimator_ = clone(self.estimator).fit(X, targets)
        self._last_layer = LastLayer(self.estimator_, X)
        scores = np.empty(len(y))
        scores[order] = self._score_new_rows(X, y)
        offset = offset_of_share(
            scores if trusted is None else scores[~trusted],
            self.contamination,
            advice="Regularise the estimator.",
        )
        return scores, offset

    def _score_new_rows(self, X, y):
        return -self._last_layer.self_influences(X, y)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        tags.input_tags.sparse = False
        return tags

"""Poison that is worst for the learner at every step of its training."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from ..._utils.parameters import Interval
from ._attack import FeasibleAttack
from ._decoys import decoys

__all__ = ["MinMaxAttack"]

_LEARNING_RATE = 0.03
_BURN_IN = 0.25
_N_BISECTIONS = 15


class MinMaxAttack(FeasibleAttack):
    r"""Poison that the learner fits worst, inside a sphere and a slab (min-max).

    A learner descends from the clean machine along the gradient of the clean rows and
    of one more point in place of all the poison: of the feasible points, the one with
    the largest hinge loss at the learner's present parameters. To raise the error and
    not the loss alone, only points count whose loss at a decoy :math:`\theta^*`, a
    machine that errs (see :class:`KKTAttack`), is at most `decoy_loss`. After a
    burn-in, the points met on the way are the poison. Each decoy is tried, and the
    poison that raises the validation error most is kept.

    The attacker knows the training set and the model. The feasible set is the sphere
    and the slab of :class:`~skpoison.defenses.SphereSlabFilter`, fitted on the clean
    rows at the same quantile, which keeps all of the poison.

    Parameters
    ----------
    rate : float, default=0.03
        Number of poison rows as a share of the rows given.
    quantile : float in (0, 1), default=0.9
        Share of the clean rows of a class within the sphere, and within the slab.
    alpha : float, default=0.01
        Regularisation of the attacked machine, which minimises the mean hinge loss plus
        half of alpha times its squared norm, intercept included; of
        :class:`~sklearn.svm.LinearSVC`, C is 1 / (alpha n_samples).
    decoy_loss : float, default=0.25
        Largest hinge loss of the poison at the decoy.
    max_iter : int, default=400
        Steps of the learner for each decoy; the first quarter is the burn-in.

    Attributes
    ----------
    clean_error_, error_ : float
        Share of the validation rows that the machine gets wrong, without the poison and
        with it.
    classes_ : ndarray of shape (2,)
        The labels.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison: the last ones.
    X_poison_ : array-like of shape (n_poisons, n_features)
        The poison rows.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels.
    n_features_in_ : int
        Number of features seen during `fit_poison`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    KKTAttack : Two points that make the decoy optimal.

    References
    ----------
    .. [1] J. Steinhardt, P. W. Koh, P. Liang, "Certified Defenses for Data Poisoning
       Attacks", NeurIPS 2017.
    .. [2] P. W. Koh, J. Steinhardt, P. Liang, "Stronger Data Poisoning Attacks Break
       Data Sanitization Defenses", Machine Learning 111, 2022, section 4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skpoison.attacks import MinMaxAttack
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> attack = MinMaxAttack(rate=0.1, max_iter=100)
    >>> poisoned = attack.fit_poison(X, y)
    >>> bool(attack.error_ > attack.clean_error_)
    True
    """

    _parameter_constraints: dict = {
        **FeasibleAttack._parameter_constraints,
        "decoy_loss": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        *,
        rate: float = 0.03,
        quantile: float = 0.9,
        alpha: float = 0.01,
        decoy_loss: float = 0.25,
        max_iter: int = 400,
    ) -> None:
        self.rate = rate
        self.quantile = quantile
        self.alpha = alpha
        self.decoy_loss = decoy_loss
        self.max_iter = max_iter

    def _proposals(self, svm, feasible, n_poisons):
        start = svm.fit()
        for decoy in decoys(svm):
            met = self._descend(svm, feasible, n_poisons, start, decoy.theta)
            points, signs = (np.array(column) for column in zip(*met))
            chosen = np.linspace(_BURN_IN * len(points), len(points) - 1, n_poisons)
            chosen = chosen.round().astype(int)
            yield points[chosen], signs[chosen], np.ones(n_poisons, dtype=int)

    def _descend(self, svm, feasible, n_poisons, theta, decoy):
        """The points that are worst at each step, and their signs."""
        n_rows = len(svm.rows) + n_poisons
        squares = np.full(len(theta), 1e-8)
        for _ in range(self.max_iter):
            point, sign = self._worst(feasible, theta, decoy)
            yield point, sign
            gradient = svm.gradient(theta)
            row = np.append(point, 1.0)
            if sign * (row @ theta) < 1:
                gradient = gradient - n_poisons * sign * row
            gradient = gradient / n_rows + svm.alpha * theta
            squares = squares + gradient**2
            theta = theta - _LEARNING_RATE * gradient / np.sqrt(squares)

    def _worst(self, feasible, theta, decoy):
        """The feasible point, of small loss at the decoy, of largest loss at theta."""
        found = []
        for c, sign in ((0, -1.0), (1, 1.0)):
            point = self._worst_of_class(feasible, c, sign, theta, decoy)
            found.append((sign * (theta[:-1] @ point + theta[-1]), point, sign))
        _, point, sign = min(found, key=lambda margin_first: margin_first[0])
        return point, sign

    def _worst_of_class(self, feasible, c, sign, theta, decoy):
        def point_at(multiplier):
            """The worst point where loss at the decoy has a price."""
            direction = theta - multiplier * decoy
            return feasible.worst_of_class(c, direction[:-1], direction[-1])[1]

        def allowed(point):
            margin = sign * (decoy[:-1] @ point + decoy[-1])
            return margin >= 1 - self.decoy_loss

        low, high = 0.0, np.linalg.norm(theta) / np.linalg.norm(decoy)
        point = point_at(low)
        if allowed(point):
            return feasible.pulled_in(c, point)
        while not allowed(point := point_at(high)) and high < 1e6:
            high *= 4
        for _ in range(_N_BISECTIONS):
            middle = (low + high) / 2
            candidate = point_at(middle)
            if allowed(candidate):
                high, point = middle, candidate
            else:
                low = middle
        return feasible.pulled_in(c, point)

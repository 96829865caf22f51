"""Poison that makes a decoy the best model of the training set."""

from __future__ import annotations

import numpy as np

from ._attack import FeasibleAttack
from ._decoys import decoys

__all__ = ["KKTAttack"]

_SPLITS = (0.0, 0.25, 0.5, 0.75, 1.0)
_N_STEPS = 200


class KKTAttack(FeasibleAttack):
    r"""Poison whose pull makes a bad model optimal, inside a sphere and a slab (KKT).

    The attacker first looks for decoy parameters :math:`\theta^*`, which err on the
    validation rows and still fit the training rows: those of machines trained on the
    training set and flipped copies of its hardest rows. With g the gradient of the
    regularised training loss at a decoy, one point of each class and the numbers
    :math:`n_+, n_-` of their copies are then chosen to cancel it,

    .. math:: \min_{x_+, x_-} \; \|g - n_+ \tilde x_+ + n_- \tilde x_-\|^2

    where both points are in the feasible set and have a margin of at most 1 at the
    decoy, and :math:`\tilde x` is x followed by 1. Were the minimum 0, the decoy would
    be the machine that the victim trains. Each decoy is tried with five shares of both
    classes, and the poison that raises the validation error most is kept.

    The attacker knows the training set and the model. The feasible set is the sphere
    and the slab of :class:`~skpoison.defenses.SphereSlabFilter`, fitted on the clean
    rows at the same quantile, which keeps all of the poison. It holds many copies of
    two points: neighbours confirm one another, until a vote asks more of them than
    there are copies.

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
    MinMaxAttack : Many different points.
    InfluenceAttack : Follows the gradient of the validation loss.

    References
    ----------
    .. [1] P. W. Koh, J. Steinhardt, P. Liang, "Stronger Data Poisoning Attacks Break
       Data Sanitization Defenses", Machine Learning 111, 2022, section 4.2.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skpoison.attacks import KKTAttack
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> attack = KKTAttack(rate=0.1)
    >>> poisoned = attack.fit_poison(X, y)
    >>> poisoned.is_poison.sum()
    np.int64(57)
    >>> bool(attack.error_ > 2 * attack.clean_error_)
    True
    """

    def __init__(
        self, *, rate: float = 0.03, quantile: float = 0.9, alpha: float = 0.01
    ) -> None:
        self.rate = rate
        self.quantile = quantile
        self.alpha = alpha

    def _proposals(self, svm, feasible, n_poisons):
        n_rows = len(svm.rows) + n_poisons
        for decoy in decoys(svm):
            theta = decoy.theta
            gradient = svm.gradient(theta) + svm.alpha * n_rows * theta
            for split in _SPLITS:
                n_positive = round(split * n_poisons)
                copies = np.array([n_poisons - n_positive, n_positive])
                points = cancelling_points(gradient, theta, feasible, copies)
                kept = copies > 0
                yield points[kept], np.array([-1.0, 1.0])[kept], copies[kept]


def cancelling_points(gradient, theta, feasible, copies):
    """A point of each class whose copies pull against a gradient.

    Parameters
    ----------
    gradient, theta : ndarray of shape (n_features + 1,)
        The gradient of the training loss, and where it is taken.
    feasible : FeasibleSet
    copies : ndarray of int of shape (2,)

    Returns
    -------
    ndarray of shape (2, n_features)
        The first of the class with the sign -1.
    """
    pull = np.array([-1.0, 1.0]) * copies
    points = feasible.centroids.copy()
    look_ahead, momentum = points, 1.0
    for _ in range(_N_STEPS):
        left = gradient[:-1] - pull @ look_ahead
        moved = look_ahead + np.outer(pull, left) / (pull @ pull)
        nearest = np.array(
            [
                feasible.project(c, moved[c], sign * theta[:-1], 1 - sign * theta[-1])
                for c, sign in ((0, -1.0), (1, 1.0))
            ]
        )
        # Accelerated projected gradient descent (FISTA).
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        look_ahead = nearest + (momentum - 1) / following * (nearest - points)
        converged = np.abs(nearest - points).max() <= 1e-6 * np.abs(points).max()
        points, momentum = nearest, following
        if converged:
            break
    return points

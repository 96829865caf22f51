"""Poison that follows the gradient of the validation loss."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg
from sklearn.utils import check_random_state

from ..._utils.parameters import Interval
from ..._utils.typing import RandomState
from ._attack import FeasibleAttack
from ._linear_svm import smooth_hinge, with_one

__all__ = ["InfluenceAttack"]

_MOST_CG_STEPS = 50


class InfluenceAttack(FeasibleAttack):
    r"""Poison that climbs the validation loss, inside a sphere and a slab.

    One point of each class is copied, the point of the rarer class more often. Both
    start at a training row of the other class, and move along the gradient of the
    validation loss of the machine that is trained on them, by its influence function

    .. math:: \frac{\partial L_{val}}{\partial x} \propto
              - \nabla_\theta L_{val}^\top H^{-1}
              \nabla_x \nabla_\theta \ell(\theta; x, y)

    with H the Hessian of the smoothed training loss. Each step is followed by a
    projection into the feasible set and by training anew; the points that raise the
    validation error most are kept.

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
    step : float, default=0.1
        Length of a step, as a share of the radius of the sphere.
    max_iter : int, default=30
        Steps, each with a machine of its own.
    random_state : int, RandomState instance or None, default=None
        Draws the rows to start at. Pass an int for reproducible output.

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
    KKTAttack : Stronger, as a rule, where the machine is one without kernel.

    References
    ----------
    .. [1] P. W. Koh, J. Steinhardt, P. Liang, "Stronger Data Poisoning Attacks Break
       Data Sanitization Defenses", Machine Learning 111, 2022, section 4.1.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skpoison.attacks import InfluenceAttack
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> attack = InfluenceAttack(rate=0.1, random_state=0)
    >>> poisoned = attack.fit_poison(X, y)
    >>> bool(attack.error_ > attack.clean_error_)
    True
    """

    _parameter_constraints: dict = {
        **FeasibleAttack._parameter_constraints,
        "step": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        rate: float = 0.03,
        quantile: float = 0.9,
        alpha: float = 0.01,
        step: float = 0.1,
        max_iter: int = 30,
        random_state: RandomState = None,
    ) -> None:
        self.rate = rate
        self.quantile = quantile
        self.alpha = alpha
        self.step = step
        self.max_iter = max_iter
        self.random_state = random_state

    def _proposals(self, svm, feasible, n_poisons):
        random_state = check_random_state(self.random_state)
        signs = np.array([-1.0, 1.0])
        # The class of the other sign has as many rows as this one gets copies.
        n_positive = round(n_poisons * np.mean(svm.signs < 0))
        copies = np.array([n_poisons - n_positive, n_positive])
        points = np.array(
            [
                feasible.project(c, svm.rows[random_state.choice(others), :-1])
                for c in (0, 1)
                for others in [np.flatnonzero(svm.signs != signs[c])]
            ]
        )
        yield points, signs, copies
        for _ in range(self.max_iter):
            theta = svm.fit(points, signs, copies)
            gradients = influence_gradients(svm, theta, points, signs, copies)
            points = np.array(
                [
                    feasible.project(c, points[c] + step * unit(gradients[c]))
                    for c, step in enumerate(self.step * np.array(feasible.radii))
                ]
            )
            yield points, signs, copies


def influence_gradients(svm, theta, points, signs, copies):
    """Gradients of the smoothed validation loss in the points, up to a factor.

    Parameters
    ----------
    svm : LinearSVM
    theta : ndarray of shape (n_features + 1,)
        The machine trained on the rows and the copies of the points.
    points : ndarray of shape (n_points, n_features)
    signs, copies : ndarray of shape (n_points,)

    Returns
    -------
    ndarray of shape (n_points, n_features)
    """
    poison = with_one(points)
    rows = np.vstack([svm.rows, poison])
    labels, weight = np.append(svm.signs, signs), np.ones(len(rows))
    weight[len(svm.rows) :] = copies
    _, curvature = smooth_hinge(labels * (rows @ theta))
    curvature *= weight / weight.sum()
    hessian = LinearOperator(
        (len(theta), len(theta)),
        matvec=lambda v: rows.T @ (curvature * (rows @ v)) + svm.alpha * v,
        dtype=np.float64,
    )
    slope, _ = smooth_hinge(svm.signs_val * (svm.rows_val @ theta))
    of_loss = (slope * svm.signs_val) @ svm.rows_val / len(svm.rows_val)
    v, _ = cg(hessian, of_loss, rtol=1e-4, maxiter=_MOST_CG_STEPS)
    slope, curvature = smooth_hinge(signs * (poison @ theta))
    gradients = np.outer(curvature * (poison @ v), theta) + np.outer(slope * signs, v)
    return -gradients[:, :-1]


def unit(vector):
    return vector / max(np.linalg.norm(vector), 1e-300)

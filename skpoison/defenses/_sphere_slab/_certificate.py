"""How much harm can rows inside spheres and slabs do to a linear model?"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

__all__ = ["Certificate", "certify"]


class Certificate(NamedTuple):
    """An upper bound on a learner's loss under attack, and an attack that nears it.

    Attributes
    ----------
    bound : float
        No attack inside the feasible set raises the learner's smallest loss above it.
    attack_loss : float
        The learner's smallest loss under the attack below is at least this.
    X_attack : ndarray of shape (n_attack, n_features)
        Rows of the attack.
    y_attack : ndarray of shape (n_attack,)
        Their labels.
    """

    bound: float
    attack_loss: float
    X_attack: np.ndarray
    y_attack: np.ndarray


def certify(feasible, X, signs, n_attack, rho, max_iter, random_state):
    """Upper bound, lower bound by an attack, and the attack: see SphereSlabFilter."""
    n, rate = len(X), n_attack / len(X)
    rows = signs[:, None] * np.column_stack([X, np.ones(n)])
    sum_of_gradients = np.zeros(rows.shape[1])
    theta = np.zeros(rows.shape[1])
    # The step size of dual averaging for gradients of this length, times three.
    length = (1 + rate) * np.mean(np.linalg.norm(rows, axis=1))
    damping = length * np.sqrt(max_iter) / (3 * rho)
    bound = np.inf
    points, labels = np.empty((max_iter, X.shape[1])), np.empty(max_iter)
    for i in range(max_iter):
        margins = rows @ theta
        margin, points[i], labels[i] = feasible.worst_point(theta[:-1], theta[-1])
        loss = np.mean(np.maximum(0, 1 - margins)) + rate * max(0, 1 - margin)
        bound = min(bound, loss)
        sum_of_gradients += (margins < 1) @ rows / n
        if margin < 1:
            sum_of_gradients += rate * labels[i] * np.append(points[i], 1.0)
        damping = max(damping, np.linalg.norm(sum_of_gradients) / rho)
        theta = sum_of_gradients / damping
    drawn = random_state.choice(max_iter, n_attack, replace=n_attack > max_iter)
    X_attack, labels = points[drawn], labels[drawn]
    attack = labels[:, None] * np.column_stack([X_attack, np.ones(n_attack)])
    attack_loss = smallest_hinge_loss(np.vstack([rows, attack]), rho) * (1 + rate)
    return float(bound), float(attack_loss), X_attack, labels


def smallest_hinge_loss(rows, rho):
    """Lower bound on the mean hinge loss of any theta with a norm of at most rho.

    The dual: the largest sum of a_i - rho |sum of a_i rows_i|, 0 <= a_i <= 1 / n, any
    feasible point of which is a lower bound.
    """
    n = len(rows)

    def negative_dual(a):
        pull = a @ rows
        size = np.linalg.norm(pull)
        direction = pull / size if size > 0 else pull
        return rho * size - a.sum(), rho * (rows @ direction) - 1.0

    start = np.full(n, 1.0 / n)
    best = minimize(
        negative_dual, start, jac=True, method="L-BFGS-B", bounds=[(0, 1 / n)] * n
    )
    return max(0.0, -best.fun)

"""Gradient ascent of poison rows on the harm they do to a ridge regression."""

from typing import NamedTuple

import numpy as np

__all__ = ["ParameterShift", "Poison", "PredictionError", "projected_gradient_ascent"]

# Lengths of the first step of a row and of the one that ends the ascent, relative to
# the bounds, and what becomes of the length after a success and a failure.
_FIRST_STEP, _LEAST_STEP = 0.5, 1e-6
_GROWTH, _SHRINKAGE = 1.2, 0.5


class Poison(NamedTuple):
    """Rows that the attacker writes.

    Attributes
    ----------
    X : ndarray of shape (n_poisons, n_features)
    y : ndarray of shape (n_poisons,)
    """

    X: np.ndarray
    y: np.ndarray


class PredictionError:
    """Harm as the mean squared error on some rows."""

    def __init__(self, rows, y):
        self.rows, self.y = rows, y

    def __call__(self, theta):
        return np.mean((self.rows @ theta - self.y) ** 2)

    def gradient(self, theta):
        return 2 / len(self.y) * (self.rows.T @ (self.rows @ theta - self.y))


class ParameterShift:
    """Harm as the squared distance to the parameters without poison."""

    def __init__(self, theta):
        self.theta = theta

    def __call__(self, theta):
        return np.sum((theta - self.theta) ** 2)

    def gradient(self, theta):
        return 2 * (theta - self.theta)


def projected_gradient_ascent(
    response, harm, poison, feasible, bounds, optimize_y, max_iter
):
    """Move all poison rows uphill together.

    Every row moves by the same length along its own gradient, back into the feasible
    set, and the step is kept where the harm grows.

    Parameters
    ----------
    response : RidgeResponse
    harm : callable
        Maps the parameters to what the attacker maximises; has a `gradient`.
    poison : Poison
        Where to start.
    feasible : FeasibleRows
    bounds : tuple of two floats
        Of the targets.
    optimize_y : bool
        Whether the targets move too.
    max_iter : int
        Largest number of steps.

    Returns
    -------
    Poison
    """
    step = _FIRST_STEP * (bounds[1] - bounds[0])
    least = _LEAST_STEP * (bounds[1] - bounds[0])
    fitted = response.fit(*poison)
    reached = harm(fitted.theta)
    for _ in range(max_iter):
        by_X, by_y = response.pull_back(fitted, harm.gradient(fitted.theta))
        by_y = by_y * optimize_y
        length = np.hypot(np.linalg.norm(by_X, axis=1), by_y)
        unit = 1 / np.where(length > 0, length, 1)
        while step > least:
            moved = Poison(
                feasible.project(poison.X + (step * unit)[:, None] * by_X),
                np.clip(poison.y + step * unit * by_y, *bounds),
            )
            fitted = response.fit(*moved)
            value = harm(fitted.theta)
            if value > reached:
                break
            step *= _SHRINKAGE
        else:
            break
        poison, reached, step = moved, value, step * _GROWTH
    return poison

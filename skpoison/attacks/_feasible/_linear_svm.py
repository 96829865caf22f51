"""The linear support vector machine under attack."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit
from sklearn.svm import LinearSVC

__all__ = ["LinearSVM", "smooth_hinge", "with_one"]

_TEMPERATURE = 0.1


class LinearSVM(NamedTuple):
    """Training and validation rows of a machine without weights of its own.

    Weights and intercept are one vector theta, and every row ends with a one. The
    machine minimises the mean hinge loss plus half of alpha |theta|^2.

    Attributes
    ----------
    rows : ndarray of shape (n_samples, n_features + 1)
    signs : ndarray of shape (n_samples,)
        Labels -1 and 1.
    rows_val, signs_val : ndarray
        The rows whose error the attacker raises.
    alpha : float
    """

    rows: np.ndarray
    signs: np.ndarray
    rows_val: np.ndarray
    signs_val: np.ndarray
    alpha: float

    def fit(self, points=None, signs=None, copies=None):
        """Theta after training on the rows and copies of some more points."""
        rows, labels, weight = self.rows, self.signs, np.ones(len(self.rows))
        if points is not None:
            rows = np.vstack([rows, with_one(points)])
            labels = np.append(labels, signs)
            weight = np.append(weight, copies)
        machine = LinearSVC(
            loss="hinge",
            C=1 / (self.alpha * weight.sum()),
            fit_intercept=False,
            max_iter=100_000,
            random_state=0,
        )
        return machine.fit(rows, labels, weight).coef_[0]

    def error(self, theta):
        """Share of the validation rows on the wrong side, and their mean hinge loss."""
        margins = self.signs_val * (self.rows_val @ theta)
        return np.mean(margins <= 0), np.mean(np.maximum(0, 1 - margins))

    def gradient(self, theta):
        """That of the summed smooth loss of the training rows."""
        slope, _ = smooth_hinge(self.signs * (self.rows @ theta))
        return (slope * self.signs) @ self.rows


def smooth_hinge(margins):
    """First and second derivative of t log(1 + exp((1 - margin) / t)).

    The rows on the margin itself, of which the hinge loss has no gradient, are half
    inside.
    """
    inside = expit((1 - margins) / _TEMPERATURE)
    return -inside, inside * (1 - inside) / _TEMPERATURE


def with_one(points):
    """Points with a last entry for the intercept."""
    return np.column_stack([points, np.ones(len(points))])

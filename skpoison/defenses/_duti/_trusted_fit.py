"""The smallest changes of target values with which a ridge agrees with trusted rows."""

import numpy as np
from sklearn.linear_model import lasso_path

__all__ = ["N_STEPS", "TrustedFit", "n_bytes_of_trusted_fit"]

N_STEPS = 100


def n_bytes_of_trusted_fit(n_samples):
    """What `TrustedFit` and its path hold at most, five matrices of the rows."""
    return 5 * 8 * n_samples**2


class TrustedFit:
    """The squared errors of DUTI in a regression: |design @ change - target|^2 / n.

    With S the matrix that turns targets into the ridge's predictions, the rows are
    those of the trusted errors, S y - y, and of all errors. Trusted values stay.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_directions)
        With orthogonal columns.
    y : ndarray of shape (n_samples,)
    trusted : ndarray of bool of shape (n_samples,)
    alpha : float
    trusted_weight : float

    Attributes
    ----------
    design : ndarray of shape (n_trusted + n_samples, n_samples - n_trusted)
    target : ndarray of shape (n_trusted + n_samples,)
    """

    def __init__(self, features, y, trusted, alpha, trusted_weight):
        n = len(y)
        y = y - y[trusted].mean()
        shrinkage = 1 / (np.sum(features**2, axis=0) + n * alpha)
        smoother = (features * shrinkage) @ features.T
        weight = np.sqrt(trusted_weight * n / trusted.sum())
        of_trusted = smoother[trusted]
        errors = smoother.copy()
        errors[np.diag_indices(n)] -= 1
        self.design = np.vstack([weight * of_trusted, errors])[:, ~trusted]
        self.target = -np.concatenate(
            [weight * (of_trusted @ y - y[trusted]), errors @ y]
        )

    def path(self, steps=range):
        """Follow the changes while the penalty of their absolute values falls.

        Parameters
        ----------
        steps : callable, default=range
            Not used: a path of so few rows is followed at once.

        Returns
        -------
        step : ndarray of int of shape (n_untrusted,)
            At which the change of a row leaves zero; N_STEPS for never.
        place : ndarray of shape (n_untrusted,)
            Place of the row within its step, the most suspect first: 1 minus its
            absolute change there as a part of the largest one.
        """
        _, changes, _ = lasso_path(
            self.design, self.target, alphas=N_STEPS, precompute=True, max_iter=10_000
        )
        sizes = np.abs(changes)
        moved = sizes > 0
        step = np.where(moved.any(axis=1), moved.argmax(axis=1), N_STEPS)
        at_step = np.minimum(step, N_STEPS - 1)
        largest = np.maximum(sizes.max(axis=0), np.finfo(float).tiny)
        return step, 1 - (sizes / largest)[np.arange(len(step)), at_step]

    def changes(self, rows):
        """The best changes of some untrusted rows alone, without a penalty."""
        return np.linalg.lstsq(self.design[:, rows], self.target)[0]

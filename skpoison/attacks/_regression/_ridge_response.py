"""How the parameters of a ridge regression answer to added rows."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

__all__ = ["RidgeResponse"]


class FittedRidge(NamedTuple):
    """A ridge regression on the clean rows and the added ones.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
        The coefficients, then the intercept where there is one.
    hessian : tuple
        Cholesky factor of half the Hessian of the training loss.
    rows : ndarray of shape (n_added, n_parameters)
        The added rows, with a one for the intercept.
    residual : ndarray of shape (n_added,)
        Prediction minus target of the added rows.
    """

    theta: np.ndarray
    hessian: tuple
    rows: np.ndarray
    residual: np.ndarray


class RidgeResponse:
    """Ridge regression on clean rows, and on them together with added ones.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    penalty : float
        Weight of the squared coefficients against the sum of squared errors. The
        intercept is free.
    fit_intercept : bool
    """

    def __init__(self, X, y, penalty, fit_intercept):
        self.fit_intercept = fit_intercept
        rows = self.design(X)
        self._hessian = rows.T @ rows
        self._hessian[np.diag_indices(X.shape[1])] += penalty
        self._moment = rows.T @ y

    def design(self, X):
        """The rows, with a one for the intercept where there is one."""
        return np.column_stack([X, np.ones(len(X))]) if self.fit_intercept else X

    def fit(self, X, y):
        """The regression on the clean rows and these.

        Parameters
        ----------
        X : ndarray of shape (n_added, n_features)
        y : ndarray of shape (n_added,)

        Returns
        -------
        FittedRidge
        """
        rows = self.design(X)
        hessian = cho_factor(self._hessian + rows.T @ rows, check_finite=False)
        theta = cho_solve(hessian, self._moment + rows.T @ y, check_finite=False)
        return FittedRidge(theta, hessian, rows, rows @ theta - y)

    def pull_back(self, fitted, gradient):
        """The gradient by the added rows and targets, from that by the parameters.

        At the optimum the training loss is flat in theta. Moving an added row (x, y) by
        (dx, dy) therefore moves theta by
        -hessian^-1 [residual dx + x (theta . dx - dy)].

        Parameters
        ----------
        fitted : FittedRidge
        gradient : ndarray of shape (n_parameters,)

        Returns
        -------
        by_X : ndarray of shape (n_added, n_features)
        by_y : ndarray of shape (n_added,)
        """
        v = cho_solve(fitted.hessian, gradient, check_finite=False)
        by_y = fitted.rows @ v
        by_rows = -np.outer(fitted.residual, v) - np.outer(by_y, fitted.theta)
        return by_rows[:, :-1] if self.fit_intercept else by_rows, by_y

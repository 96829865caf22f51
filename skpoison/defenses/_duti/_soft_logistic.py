"""Multinomial logistic regression on soft labels, and its response to their change."""

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg
from scipy.special import log_softmax

__all__ = ["SoftLogisticRegression"]

_MAX_NEWTON_STEPS = 50
_DECREMENT = 1e-8


class SoftLogisticRegression:
    """Minimises -sum_ik Q_ik log P_ik + penalty / 2 |theta|^2 over theta.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_features)
        With orthogonal columns, for which the preconditioner is made.
    penalty : float
        Above 0.
    """

    def __init__(self, features, penalty):
        self.features, self.penalty = features, penalty
        # Probabilities near 1 / 2 give the largest curvature, 1 / 4 of the columns'.
        self._damping = penalty + np.sum(features**2, axis=0)[:, None] / 4

    def fit(self, Q, theta):
        """Coefficients and log-probabilities for the soft labels Q, from a start."""
        loss, log_P = self._loss(Q, theta)
        for _ in range(_MAX_NEWTON_STEPS):
            P = np.exp(log_P)
            gradient = self.pull(P - Q) + self.penalty * theta
            step = self.solve(P, -gradient, tol=1e-2)
            decrement = -np.sum(gradient * step)
            length = 1.0
            while True:
                new_loss, log_P = self._loss(Q, theta + length * step)
                if new_loss <= loss - 1e-4 * length * decrement or length < 1e-6:
                    break
                length /= 2
            theta, loss = theta + length * step, new_loss
            if decrement <= _DECREMENT * max(1.0, loss):
                break
        return theta, log_P

    def solve(self, P, target, *, tol, start=None):
        """The inverse Hessian at the probabilities P, applied to target."""
        shape = target.shape
        curvature = self._curvature(P)

        def hessian(v):
            v = v.reshape(shape)
            return (curvature(v) + self.penalty * v).ravel()

        def precondition(v):
            return (v.reshape(shape) / self._damping).ravel()

        n = target.size
        solution, _ = cg(
            LinearOperator((n, n), matvec=hessian, dtype=float),
            target.ravel(),
            x0=None if start is None else start.ravel(),
            rtol=tol,
            maxiter=500,
            M=LinearOperator((n, n), matvec=precondition, dtype=float),
        )
        return solution.reshape(shape)

    def _log_probabilities(self, theta):
        return log_softmax(self.outputs(theta), axis=1)

    def outputs(self, theta):
        """The features times the coefficients."""
        return self.features @ theta

    def pull(self, residuals):
        """The transposed features times residuals."""
        return self.features.T @ residuals

    def _curvature(self, P):
        """The Hessian of the loss at the probabilities P, as a function."""

        def curvature(v):
            outputs = P * (self.features @ v)
            outputs -= P * outputs.sum(axis=1, keepdims=True)
            return self.features.T @ outputs

        return curvature

    def _loss(self, Q, theta):
        log_P = self._log_probabilities(theta)
        return self.penalty / 2 * np.sum(theta**2) - np.sum(Q * log_P), log_P

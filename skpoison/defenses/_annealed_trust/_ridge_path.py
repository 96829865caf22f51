"""Ridge regressions that differ in how much they listen to some of the rows."""

import numpy as np
from scipy.linalg import eigh

__all__ = ["RidgePath"]


class RidgePath:
    """Ridge regressions with the row weights b = fixed + u varying, for any u.

    With Phi the features and B = diag(b), the coefficients are A^-1 Phi' B Y with
    A = Phi' B Phi + alpha I. One generalised eigendecomposition serves all u: where
    V' (Phi' B_fixed Phi + alpha I) V = I and V' Phi' B_varying Phi V = diag(d),
    A^-1 = V diag(1 / (1 + u d)) V'.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_features)
    targets : ndarray of shape (n_samples, n_targets)
    fixed, varying : ndarray of shape (n_samples,)
        Weights, at least 0.
    alpha : float
        Strength of the penalty, above 0.
    """

    def __init__(self, features, targets, fixed, varying, alpha):
        self.targets = targets
        self.fixed, self.varying = fixed, varying
        penalty = alpha * np.eye(features.shape[1])
        self._curvature, self._basis = eigh(
            _weighted_gram(features, varying), _weighted_gram(features, fixed) + penalty
        )
        self._rotated = features @ self._basis
        self._fixed_moment = self._rotated.T @ (fixed[:, None] * targets)
        self._varying_moment = self._rotated.T @ (varying[:, None] * targets)

    def coefficients(self, u):
        """Coefficients of the features, shape (n_features, n_targets)."""
        return self._basis @ self._rotated_coefficients(u)

    def leave_one_out(self, u):
        """Predictions for the rows, each by the fit to all rows but itself.

        Returns
        -------
        ndarray of shape (n_samples, n_targets)
        """
        weights = self.fixed + u * self.varying
        leverage = (weights * (self._rotated**2 @ self._shrinkage(u)))[:, None]
        predicted = self._rotated @ self._rotated_coefficients(u)
        return (predicted - leverage * self.targets) / (1 - leverage)

    def _rotated_coefficients(self, u):
        moment = self._fixed_moment + u * self._varying_moment
        return self._shrinkage(u)[:, None] * moment

    def _shrinkage(self, u):
        return 1 / (1 + u * self._curvature)


def _weighted_gram(features, weights):
    rows = np.flatnonzero(weights)
    weighted = features[rows]
    weighted *= np.sqrt(weights[rows])[:, None]
    return weighted.T @ weighted

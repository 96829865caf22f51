"""The learner of `_soft_logistic` for many rows: less to multiply for each step."""

from functools import cache, reduce

import numpy as np

from ._soft_logistic import SoftLogisticRegression

__all__ = ["LargeSoftLogisticRegression", "directions_that_count"]

# Directions that the penalty leaves less than about a tenth of their share.
_LEAST_SHARE = 0.1


def directions_that_count(features, penalty):
    """The orthogonal columns in which the penalty lets the learner learn something."""
    squares = np.einsum("ij,ij->j", features, features)
    return np.asfortranarray(features[:, squares > _LEAST_SHARE * penalty])


class LargeSoftLogisticRegression(SoftLogisticRegression):
    """`SoftLogisticRegression` in n_classes - 1 contrasts of the classes.

    Outputs and residuals sum to zero over the classes: the sum need not be computed,
    and two classes take products with one vector. The Hessian, which only has to
    bring a step near, is applied in 32 bits.
    """

    def __init__(self, features, penalty):
        super().__init__(features, penalty)
        self._features32 = features.astype(np.float32)

    def outputs(self, theta):
        """The features times the coefficients."""
        contrasts = _contrasts(theta.shape[1])
        return (self.features @ (theta @ contrasts)) @ contrasts.T

    def pull(self, residuals):
        """The transposed features times residuals that sum to zero in each row."""
        contrasts = _contrasts(residuals.shape[1])
        return (self.features.T @ (residuals @ contrasts)) @ contrasts.T

    def _log_probabilities(self, theta):
        # Column by column: NumPy is slow to reduce many rows of few numbers.
        outputs = self.outputs(theta)
        outputs -= reduce(np.maximum, outputs.T)[:, None]
        return outputs - np.log(reduce(np.add, np.exp(outputs).T))[:, None]

    def _curvature(self, P):
        P = P.astype(np.float32)
        contrasts = _contrasts(P.shape[1]).astype(np.float32)
        of_P = P @ contrasts

        def curvature(v):
            v = v.astype(np.float32) @ contrasts
            outputs = P * ((self._features32 @ v) @ contrasts.T)
            residuals = outputs @ contrasts - of_P * reduce(np.add, outputs.T)[:, None]
            return (self._features32.T @ residuals) @ contrasts.T

        return curvature


@cache
def _contrasts(n_classes):
    """An orthonormal basis of the vectors that sum to zero over the classes."""
    return np.linalg.qr(np.eye(n_classes) - 1 / n_classes)[0][:, :-1]

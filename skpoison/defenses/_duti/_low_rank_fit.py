"""The lasso of `_trusted_fit` for many rows, in the space of the features."""

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..._utils.messages import warn
from ._trusted_fit import N_STEPS

__all__ = ["LowRankFit"]

_SMALLEST_PENALTY = 1e-3
_MAX_NEWTON_STEPS = 100
_TOLERANCE = 1e-10


class LowRankFit:
    r"""The squared errors of `TrustedFit`, without a matrix of n_samples columns.

    With d the changes of the untrusted rows, :math:`\Phi` their features and c the
    slopes at no change, the errors are, up to a constant,

    .. math:: \tfrac12 d^T (I + \Phi M \Phi^T) d - c^T d

    with a small matrix M. Under a penalty :math:`\lambda` of the absolute changes the
    best ones are :math:`d = \text{soft}(c - \Phi M z, \lambda)` where
    :math:`z = \Phi^T d`: piecewise linear equations in n_directions unknowns, which
    Newton's method solves exactly in a few steps.

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
    slopes : ndarray of shape (n_untrusted,)
        What the errors gain from a change of each row, to first order.
    """

    def __init__(self, features, y, trusted, alpha, trusted_weight):
        n = len(y)
        y = y - y[trusted].mean()
        squares = np.einsum("ij,ij->j", features, features)
        shrinkage = 1 / (squares + n * alpha)
        weight = trusted_weight * n / trusted.sum()
        of_trusted, self._features = features[trusted], features[~trusted]
        errors = features @ (shrinkage * (features.T @ y)) - y
        pull = features.T @ errors + weight * (of_trusted.T @ errors[trusted])
        form = weight * np.outer(shrinkage, shrinkage) * (of_trusted.T @ of_trusted)
        form[np.diag_indices_from(form)] += shrinkage * (shrinkage * squares - 2)
        self._formed = self._features @ form
        self.slopes = errors[~trusted] - self._features @ (shrinkage * pull)

    def path(self, steps=range):
        """As of a `TrustedFit`.

        Parameters
        ----------
        steps : callable, default=range
            Makes an iterator over the given number of steps, which may end early.
        """
        n = len(self.slopes)
        step, size = np.full(n, N_STEPS), np.zeros(n)
        largest = np.full(N_STEPS + 1, np.finfo(float).tiny)
        newton = _Newton(self._features, self._formed, self.slopes)
        top = np.abs(self.slopes).max()
        penalties = top * np.geomspace(1, _SMALLEST_PENALTY, N_STEPS)
        for s in steps(N_STEPS):
            sizes = np.abs(newton.changes(penalties[s]))
            largest[s] = max(largest[s], sizes.max())
            entering = (sizes > 0) & (step == N_STEPS)
            step[entering], size[entering] = s, sizes[entering]
        return step, 1 - size / largest[step]

    def changes(self, rows):
        """The best changes of some untrusted rows alone, without a penalty."""
        features, formed = self._features[rows], self._formed[rows]
        system = np.eye(features.shape[1]) + features.T @ formed
        solution = np.linalg.solve(system, features.T @ self.slopes[rows])
        return self.slopes[rows] - formed @ solution


class _Newton:
    """Solves z = Phi' soft(c - Phi M z, penalty) for one penalty after the other.

    Parameters
    ----------
    features : ndarray of shape (n_untrusted, n_directions)
        Phi.
    formed : ndarray of shape (n_untrusted, n_directions)
        Phi M.
    slopes : ndarray of shape (n_untrusted,)
        c.
    """

    def __init__(self, features, formed, slopes):
        self._features, self._formed = features, formed
        self._z = np.zeros(features.shape[1])
        self._reached = slopes
        self._scale = np.linalg.norm(features.T @ slopes)
        # I + Phi_A' Phi_A M, for the rows A whose changes are not zero.
        self._system = np.eye(features.shape[1])
        self._active = np.zeros(len(slopes), dtype=bool)

    def changes(self, penalty):
        """The best changes, sought from the last ones on."""
        z, reached = self._z, self._reached
        excess = self._excess(z, reached, penalty)
        for _ in range(_MAX_NEWTON_STEPS):
            error = np.linalg.norm(excess)
            if error <= _TOLERANCE * max(self._scale, np.linalg.norm(z)):
                break
            self._activate(np.abs(reached) > penalty)
            move = np.linalg.solve(self._system, -excess)
            turn, length = self._formed @ move, 1.0
            while True:
                new_z, new_reached = z + length * move, reached - length * turn
                excess = self._excess(new_z, new_reached, penalty)
                # Where the pieces do not change, the error falls by the length.
                if np.linalg.norm(excess) <= (1 - length / 2) * error or length < 1e-9:
                    break
                length /= 2
            z, reached = new_z, new_reached
        else:
            warn(
                "The path of the changes was not followed exactly: use a larger alpha.",
                ConvergenceWarning,
            )
        self._z, self._reached = z, reached
        return _soft(reached, penalty)

    def _excess(self, z, reached, penalty):
        return z - self._features.T @ _soft(reached, penalty)

    def _activate(self, active):
        for rows, sign in ((active & ~self._active, 1), (self._active & ~active, -1)):
            self._system += sign * (self._features[rows].T @ self._formed[rows])
        self._active = active


def _soft(values, penalty):
    return np.sign(values) * np.maximum(np.abs(values) - penalty, 0)

"""The smallest changes of labels with which a learner agrees with trusted rows."""

import numpy as np

from ..._utils.simplex import project_onto_simplex

__all__ = ["TrustedAgreement", "label_path"]

_LEAST_PENALTY = 2.0**-10
_MAX_MOVES = 15
_STILL = 1e-4


class TrustedAgreement:
    """The objective of DUTI, times n, as a function of soft labels.

    Parameters
    ----------
    learner : SoftLogisticRegression
    y : ndarray of int of shape (n_samples,)
    n_classes : int
    trusted : ndarray of bool of shape (n_samples,)
    trusted_weight : float
    """

    def __init__(self, learner, y, n_classes, trusted, trusted_weight):
        self.learner, self.trusted = learner, trusted
        self.given = np.eye(n_classes)[y]
        self._weight = trusted_weight * len(y) / trusted.sum()
        self._theta = np.zeros((learner.features.shape[1], n_classes))
        self._response = None

    def __call__(self, Q, penalty):
        """The objective and its gradient with respect to Q.

        The learner's coefficients follow the labels, by the implicit function theorem:
        d theta / dQ_ik = H^-1 phi_i e_k', H the Hessian of the learner's loss.
        """
        self._theta, log_P = self.learner.fit(Q, self._theta)
        P, trusted = np.exp(log_P), self.trusted
        value = (
            -self._weight * np.sum(self.given[trusted] * log_P[trusted])
            - np.sum(Q * log_P)
            + penalty * np.sum(1 - Q[self.given > 0])
        )
        pull = P - Q
        pull[trusted] += self._weight * (P - self.given)[trusted]
        self._response = self.learner.solve(
            P, self.learner.pull(pull), tol=1e-6, start=self._response
        )
        gradient = self.learner.outputs(self._response) - log_P
        return value, gradient - penalty * self.given


def label_path(objective, steps=range):
    """Follow the soft labels while the penalty of their change falls to zero.

    The penalty is a power of two that halves from step to step; from where no label
    moves it passes 1 and becomes negligible, and the last step does without it.

    Parameters
    ----------
    objective : TrustedAgreement
    steps : callable, default=range
        Makes an iterator over the given number of steps, which may end early.

    Returns
    -------
    step : ndarray of int of shape (n_samples,)
        From which on a row has lost more than half of its label; the number of steps
        for never.
    place : ndarray of shape (n_samples,)
        Place of the row among those of its step, above 0 and below 1, the most suspect
        first: by the share of its label that it has lost at that step (or in the end),
        and among rows that have lost it all by how much the objective gains from that.
    n_paid : int
        Steps up to that with penalty 1, the last where a change must still pay.
    Q : ndarray of shape (n_samples, n_classes)
        Soft labels in the end.
    """
    given = objective.given
    penalties, n_paid = _penalties(objective)
    never = len(penalties)
    Q, length = given, 1.0
    step = np.full(len(Q), never)
    lost, gain = np.zeros(len(Q)), np.zeros(len(Q))
    for s in steps(never):
        Q, length, gradient = _descend(objective, Q, penalties[s], length)
        lost_now = 1 - Q[given > 0]
        changed = lost_now > 0.5
        entering = changed & (step == never)
        step[entering] = s
        step[~changed] = never
        fresh = entering | ~changed
        lost[fresh] = lost_now[fresh]
        gain[fresh] = _gain(gradient, given)[fresh]
    order = np.lexsort((-gain, -lost, step))
    place = np.empty(len(Q))
    for s in np.unique(step):
        rows = order[step[order] == s]
        place[rows] = np.arange(1, len(rows) + 1) / (len(rows) + 1)
    return step, place, n_paid, Q


def _gain(gradient, given):
    """What the objective gains from the change of a label, to first order."""
    other = np.where(given > 0, np.inf, gradient).min(axis=1)
    return gradient[given > 0] - other


def _penalties(objective):
    _, gradient = objective(objective.given, 0.0)
    gain = _gain(gradient, objective.given)[~objective.trusted].max()
    n_paid = 1 + int(np.ceil(np.log2(max(gain, 1.0))))
    halving = 2.0 ** np.arange(n_paid - 1, np.log2(_LEAST_PENALTY) - 1, -1)
    return [*halving, 0.0], n_paid


def _descend(objective, Q, penalty, length):
    """Projected gradient with the step lengths of Barzilai and Borwein."""
    value, gradient = objective(Q, penalty)
    for _ in range(_MAX_MOVES):
        while True:
            new = project_onto_simplex(Q - length * gradient)
            new[objective.trusted] = Q[objective.trusted]
            move = new - Q
            if np.abs(move).max() < _STILL:
                return Q, length, gradient
            new_value, new_gradient = objective(new, penalty)
            model = np.sum(gradient * move) + np.sum(move**2) / (2 * length)
            if new_value <= value + model + 1e-9 * abs(value):
                break
            length /= 2
        curvature = np.sum(move * (new_gradient - gradient))
        if curvature > 0:
            length = np.clip(np.sum(move**2) / curvature, 1e-3, 1e6)
        else:
            length = min(2 * length, 1e6)
        Q, value, gradient = new, new_value, new_gradient
    return Q, length, gradient

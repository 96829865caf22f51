"""How the critics come to learn from rows that nobody vouches for."""

import numpy as np

from ..._utils.self_training import most_agreeing

__all__ = ["Admission"]


class Admission:
    """The rows that the critics learn from: the trusted ones, and others by degrees.

    Parameters
    ----------
    plan : CrossFitPlan

    Attributes
    ----------
    admitted : ndarray of bool of shape (n_samples,)
        The untrusted rows that the critics learn from at present.
    learned : ndarray of bool of shape (n_critics, n_samples)
        Which critic has learned from which row, at any time.
    """

    def __init__(self, plan):
        self.plan = plan
        self.admitted = np.zeros_like(plan.trusted)
        self.learned = np.zeros_like(plan.may_learn)

    def next_weights(self):
        """How often each critic is to be shown each row from now on.

        The admitted rows together are shown as often as the trusted ones together.

        Returns
        -------
        ndarray of shape (n_critics, n_samples)
        """
        weights = np.zeros(self.plan.may_learn.shape)
        for part in (self.plan.trusted, self.admitted):
            shown = self.plan.may_learn & part
            weights += shown / np.maximum(shown.sum(axis=1, keepdims=True), 1)
            self.learned |= shown
        return weights

    def admit(self, scores, threshold, share):
        """Choose anew from the untrusted rows: per group the best share of the good.

        Parameters
        ----------
        scores : ndarray of shape (n_samples,)
        threshold : float
            Good is a score of at least this.
        share : float in (0, 1]
        """
        good = self.plan.candidates() & (scores >= threshold)
        self.admitted = most_agreeing(good, scores, self.plan.groups, share)

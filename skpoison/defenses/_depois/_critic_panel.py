"""Critics that learn side by side, by degrees from rows nobody vouches for."""

import numpy as np

from ..._utils.self_training import most_agreeing
from ...generative._critics import Critics

__all__ = ["CriticPanel"]


class CriticPanel:
    """Critics trained side by side, each on the rows that it may see.

    Parameters
    ----------
    settings : HingeCritic or ConditionalWGANGP
        Its parameters are those of every critic.
    encoder : Encoder
    lessons : Lessons
    random : torch.Generator

    Attributes
    ----------
    critics : Critics
    seen : ndarray of bool of shape (n_critics, n_samples)
        Which critic has learned from which row.
    """

    def __init__(self, settings, encoder, lessons, random):
        self.lessons = lessons
        self.training = settings._start_training(
            encoder, lessons.X, lessons.y, n_nets=len(lessons.may_see), random=random
        )
        self.critics = Critics(encoder, self.training.critics)
        self.seen = np.zeros_like(lessons.may_see)

    def learn(self, mimic, n_iter, n_rounds, z, context, estimator):
        """Train, and score the rows of the lessons.

        After round r the untrusted rows with scores of z or more, the best r / n_rounds
        of each group, are admitted: the critics learn from them as often as from the
        trusted rows, until the next round chooses anew.

        Parameters
        ----------
        mimic : Mimic
            Judges by these critics; its scale is taken anew in every round.
        n_iter, n_rounds : int
        z : float
        context : sklearn.callback.CallbackContext
        estimator : estimator
            The one whose callbacks are told.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        lessons, measure = self.lessons, self.lessons.measure
        admitted = np.zeros_like(lessons.trusted)
        stages = np.array_split(range(n_iter), n_rounds + 1)
        for r, iterations in enumerate(stages, start=1):
            weights = self._show(lessons.trusted, admitted)
            self.training.run(weights, iterations, context, estimator)
            mimic.calibrate(
                lessons.X[measure], lessons.y[measure], self.seen[:, measure]
            )
            scores = mimic.scores(lessons.X, lessons.y, self.seen)
            if r <= n_rounds:
                believed = lessons.candidates() & (scores >= z)
                admitted = most_agreeing(believed, scores, lessons.groups, r / n_rounds)
        return scores

    def _show(self, *parts):
        """Weights of the rows for each critic: each part as often as any other."""
        shown = [self.lessons.may_see & part for part in parts]
        self.seen |= np.any(shown, axis=0)
        return sum(
            rows / np.maximum(rows.sum(axis=1, keepdims=True), 1) for rows in shown
        )

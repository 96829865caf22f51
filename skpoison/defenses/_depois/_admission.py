"""Critics that learn side by side, by degrees from rows nobody vouches for."""

import numpy as np

from ..._utils.self_training import most_agreeing
from ...generative._critic_ensemble import CriticEnsemble

__all__ = ["CriticRounds"]


class CriticRounds:
    """Critics trained side by side, each on the rows that it may see.

    Parameters
    ----------
    settings : HingeCritic or ConditionalWGANGP
        Its parameters are those of every critic.
    encoder : Encoder
    plan : CrossFitPlan
    random : torch.Generator

    Attributes
    ----------
    critics : CriticEnsemble
    seen : ndarray of bool of shape (n_critics, n_samples)
        Which critic has learned from which row.
    """

    def __init__(self, settings, encoder, plan, random):
        self.plan = plan
        self.training = settings._start_training(
            encoder, plan.X, plan.y, n_nets=len(plan.may_learn), random=random
        )
        self.critics = CriticEnsemble(encoder, self.training.critics)
        self.seen = np.zeros_like(plan.may_learn)

    def learn(self, scorer, n_iter, n_rounds, z, context, estimator):
        """Train, and score all rows.

        After round r the untrusted rows with scores of z or more, the best r / n_rounds
        of each group, are admitted: the critics learn from them as often as from the
        trusted rows, until the next round chooses anew.

        Parameters
        ----------
        scorer : CriticScorer
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
        plan, measure = self.plan, self.plan.measure
        admitted = np.zeros_like(plan.trusted)
        stages = np.array_split(range(n_iter), n_rounds + 1)
        for r, iterations in enumerate(stages, start=1):
            weights = self._show(plan.trusted, admitted)
            self.training.run(weights, iterations, context, estimator)
            scorer.calibrate(plan.X[measure], plan.y[measure], self.seen[:, measure])
            scores = scorer.scores(plan.X, plan.y, self.seen)
            if r <= n_rounds:
                believed = plan.candidates() & (scores >= z)
                admitted = most_agreeing(believed, scores, plan.groups, r / n_rounds)
        return scores

    def _show(self, *parts):
        """Weights of the rows for each critic: each part as often as any other."""
        shown = [self.plan.may_learn & part for part in parts]
        self.seen |= np.any(shown, axis=0)
        return sum(
            rows / np.maximum(rows.sum(axis=1, keepdims=True), 1) for rows in shown
        )

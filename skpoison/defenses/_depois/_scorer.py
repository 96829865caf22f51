"""What the critics say of a row, measured by what they say of clean ones."""

import numpy as np

from ..._utils.margins import own_minus_best_other
from ._calibrator import ScoreCalibrator

__all__ = ["CriticScorer"]


class CriticScorer:
    """Scores labelled rows by the critics that have not learned from them.

    Together with its calibrator this is the mimic model of De-Pois.

    Parameters
    ----------
    critic : HingeCritic or ConditionalWGANGP
        Fitted to labels or to target values.
    per_class : bool or None
        Whether scores are compared with those of clean rows of the same class. None:
        where no negative has a wrong label, as D is fixed only up to an offset then.

    Notes
    -----
    What the critics have learned from decides what a score is. With wrong labels among
    their negatives those of clean rows take part in setting the scale; with nothing
    else, they know of a row only which label fits, and its score is that of its label
    above that of the best other one.
    """

    def __init__(self, critic, per_class):
        self.critic = critic
        self.knows_wrong_labels = "mismatch" in critic.negatives
        self.contrast = set(critic.negatives) == {"mismatch"}
        self.per_class = not self.knows_wrong_labels if per_class is None else per_class

    def calibrate(self, plan, learned):
        """Take the scale from the rows of a plan that are there for it.

        Parameters
        ----------
        plan : CrossFitPlan
        learned : ndarray of bool of shape (n_critics, n_samples)
            Which critic has learned from which row; where all have, all score it.
        """
        rows = plan.calibrates
        X, y, learned = plan.X[rows], plan.y[rows], learned[:, rows]
        wrong = None
        if self._regression:
            scores = self._target_scores(X, y, learned)
            if self.knows_wrong_labels:
                wrong_y = _targets_of_others(y)
                wrong = self._target_scores(X, wrong_y, learned), self._groups(wrong_y)
        else:
            support = self._support(X, learned)
            scores = support[np.arange(len(y)), y]
            if self.knows_wrong_labels:
                rows, labels = np.nonzero(y[:, None] != np.arange(support.shape[1]))
                wrong = support[rows, labels], self._groups(labels)
        self.calibrator = ScoreCalibrator(self._n_groups).fit(
            scores, self._groups(y), wrong
        )

    def scores(self, X, y, learned=None):
        """Deviation of each row's score from those of clean rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)
        y : ndarray of shape (n_samples,)
            Positions of labels, or target values.
        learned : ndarray of bool of shape (n_critics, n_samples) or None, default=None
            None for rows that no critic has learned from.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        if self._regression:
            scores = self._target_scores(X, y, learned)
        else:
            scores = self._support(X, learned)[np.arange(len(y)), y]
        return self.calibrator.transform(scores, self._groups(y))

    @property
    def _regression(self):
        return not hasattr(self.critic, "classes_")

    @property
    def _n_groups(self):
        by_class = self.per_class and not self._regression
        return len(self.critic.classes_) if by_class else 1

    def _groups(self, y):
        return np.zeros(len(y), dtype=int) if self._n_groups == 1 else y

    def _target_scores(self, X, y, learned):
        scores = self.critic.critic_scores(X, y)
        return _mean_of_impartial(scores[..., None], learned)[:, 0]

    def _support(self, X, learned):
        """Score of each row with every label, of shape (n_samples, n_classes)."""
        support = _mean_of_impartial(self.critic.label_scores(X), learned)
        if not self.contrast:
            return support
        labels = range(support.shape[1])
        return np.stack(
            [own_minus_best_other(support, np.full(len(X), c)) for c in labels], axis=1
        )


def _mean_of_impartial(scores, learned):
    """Mean of scores (n_critics, n_samples, ...) by the critics new to each row."""
    if learned is None:
        return scores.mean(axis=0)
    counts = ~learned | learned.all(axis=0)
    return np.einsum("fn,fnk->nk", counts / counts.sum(axis=0), scores)


def _targets_of_others(y):
    """For each row the target half the ranks away."""
    order = np.argsort(y, kind="stable")
    others = np.empty_like(y)
    others[order] = y[np.roll(order, len(y) // 2)]
    return others

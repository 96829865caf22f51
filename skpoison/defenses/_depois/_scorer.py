"""The mimic model of De-Pois: critics, and the scale of their scores."""

import numpy as np

from ..._utils.margins import own_minus_best_other
from ._calibrator import ScoreCalibrator

__all__ = ["CriticScorer"]


class CriticScorer:
    """Judges labelled rows by critics that have not seen them.

    Parameters
    ----------
    critics : CriticEnsemble
    negatives : sequence of {"mismatch", "generator"}
        What the critics have learned from. With wrong labels among them those of clean
        rows take part in setting the scale; with nothing else, the critics know of a
        row only which label fits, and its score is that of its label above that of the
        best other one.
    per_class : bool or None
        Whether scores are compared with those of clean rows of the same class. None:
        where no negative has a wrong label, as D is fixed only up to an offset then.
    """

    def __init__(self, critics, negatives, per_class):
        self.critics = critics
        self.knows_wrong_labels = "mismatch" in negatives
        self.contrast = set(negatives) == {"mismatch"}
        self.per_class = not self.knows_wrong_labels if per_class is None else per_class

    def calibrate(self, X, y, seen):
        """Take the scale from clean rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
        y : ndarray of shape (n_samples,)
            Positions of labels, or target values.
        seen : ndarray of bool of shape (n_critics, n_samples)
            Which critic has learned from which row; where all have, all judge.
        """
        wrong = None
        if self._regression:
            scores = self._target_scores(X, y, seen)
            if self.knows_wrong_labels:
                wrong_y = _targets_of_others(y)
                wrong = self._target_scores(X, wrong_y, seen), self._groups(wrong_y)
        else:
            support = self._support(X, seen)
            scores = support[np.arange(len(y)), y]
            if self.knows_wrong_labels:
                rows, labels = np.nonzero(y[:, None] != np.arange(support.shape[1]))
                wrong = support[rows, labels], self._groups(labels)
        n_groups = self.critics.encoder.n_conditions if self.per_class else 1
        self.standardizer = ScoreCalibrator(scores, self._groups(y), n_groups, wrong)

    def scores(self, X, y, seen=None):
        """Deviation of each row's score from those of clean rows.

        Parameters
        ----------
        X, y : as in `calibrate`
        seen : ndarray of bool of shape (n_critics, n_samples) or None, default=None
            None for rows that no critic has learned from.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        if self._regression:
            scores = self._target_scores(X, y, seen)
        else:
            scores = self._support(X, seen)[np.arange(len(y)), y]
        return self.standardizer(scores, self._groups(y))

    @property
    def _regression(self):
        return self.critics.encoder.n_classes is None

    def _groups(self, y):
        if self._regression or not self.per_class:
            return np.zeros(len(y), dtype=int)
        return y

    def _target_scores(self, X, y, seen):
        return _mean_of_unseen(self.critics.scores(X, y)[..., None], seen)[:, 0]

    def _support(self, X, seen):
        """Score of each row with every label, of shape (n_samples, n_classes)."""
        support = _mean_of_unseen(self.critics.label_scores(X), seen)
        if not self.contrast:
            return support
        labels = range(support.shape[1])
        return np.stack(
            [own_minus_best_other(support, np.full(len(X), c)) for c in labels], axis=1
        )


def _mean_of_unseen(scores, seen):
    """Mean of scores (n_critics, n_samples, ...) by the critics new to each row."""
    if seen is None:
        return scores.mean(axis=0)
    judges = ~seen | seen.all(axis=0)
    return np.einsum("fn,fnk->nk", judges / judges.sum(axis=0), scores)


def _targets_of_others(y):
    """For each row the target half the ranks away."""
    order = np.argsort(y, kind="stable")
    others = np.empty_like(y)
    others[order] = y[np.roll(order, len(y) // 2)]
    return others

"""Scores of all rows, by a filter that learned from a sample of them."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from .._utils.containers import take_rows
from .._utils.verdicts import score_new_rows, score_training_rows
from ..base import PoisonFilter
from ..defenses import CalibratedFilter
from ._features import features_of

# Rows that are encoded and scored at a time, outside the sample.
_BATCH = 20_000


@dataclass(frozen=True)
class Scores:
    """What the filter says of each row.

    Attributes
    ----------
    filter : fitted filter
    scores : ndarray of shape (n_rows,)
        Lower is more suspect.
    q_values : ndarray of shape (n_rows,)
        NaN without trusted rows.
    threshold : float
    suspect : ndarray of bool of shape (n_rows,)
        Untrusted rows below it.
    """

    filter: object
    scores: np.ndarray
    q_values: np.ndarray
    threshold: float
    suspect: np.ndarray

    def worst_first(self):
        """Positions of the suspects, those with the lowest scores first."""
        suspects = np.flatnonzero(self.suspect)
        return suspects[np.argsort(self.scores[suspects], kind="stable")]


def score_rows(filter, encoder, sampled, rows, sample, listed=None):
    """Fit a filter to the sample, and score all rows.

    Parameters
    ----------
    filter : filter or outlier detector
    encoder : fitted transformer
    sampled : array, data frame or sparse matrix of shape (n_sampled, ...)
        The rows of the sample.
    rows : Rows
    sample : ndarray of int of shape (n_sampled,)
    listed : float or None, default=None
        Share of the rows that are suspects, those that tie with the last one too; None
        for those below the threshold of the filter.

    Returns
    -------
    Scores

    Raises
    ------
    ValueError
        When the sample leaves rows out, and the filter cannot judge them.
    """
    n = len(rows.targets)
    filter = clone(filter)
    if len(sample) < n and not _judges_new_rows(filter):
        raise ValueError(
            f"{type(filter).__name__} judges the rows that it was fitted on alone, and "
            f"the sample holds {len(sample)} of {n} rows. Pass max_samples={n}, or a "
            "filter that judges new rows."
        )
    scores, q_values = np.empty(n), np.full(n, np.nan)
    scores[sample], threshold = _fit(
        filter, features_of(encoder, sampled), rows, sample
    )
    others = np.setdiff1d(np.arange(n), sample)
    for start in range(0, len(others), _BATCH):
        batch = others[start : start + _BATCH]
        there = features_of(encoder, *take_rows(batch, rows.X))
        scores[batch] = _score_new(filter, there, rows.y[batch])
    if isinstance(filter, CalibratedFilter):
        known = sample[~rows.trusted[sample]]
        q_values = _q_values_by_score(
            scores[known], filter.q_values_[~rows.trusted[sample]], scores
        )
        q_values[rows.trusted] = 1.0
    if listed is not None:
        last = np.partition(scores, int(listed * n))[int(listed * n)]
        threshold = float(np.nextafter(last, np.inf))
    suspect = (scores < threshold) & ~rows.trusted
    return Scores(filter, scores, q_values, threshold, suspect)


def _fit(filter, features, rows, sample):
    if not isinstance(filter, PoisonFilter):
        return score_training_rows(filter, features, len(sample)), 0.0
    trusted = rows.trusted[sample]
    filter.fit(features, rows.y[sample], trusted=trusted if trusted.any() else None)
    return filter.sample_scores_, filter.offset_


def _judges_new_rows(filter):
    asked = "score_samples" if isinstance(filter, PoisonFilter) else "decision_function"
    return hasattr(filter, asked)


def _score_new(filter, features, y):
    if isinstance(filter, PoisonFilter):
        return filter.score_samples(features, y)
    return score_new_rows(filter, features, len(y))


def _q_values_by_score(known_scores, known_q_values, scores):
    """q-values of rows by those of the sampled rows that score as high or higher."""
    order = np.argsort(known_scores, kind="stable")
    place = np.searchsorted(known_scores[order], scores)
    return np.append(known_q_values[order], 1.0)[place]

"""Scores of rows known to be clean, as a scale for all others."""

import numpy as np

from ..._utils.messages import warn
from ...exceptions import DegenerateFilterWarning

__all__ = ["ScoreCalibrator"]

# The deviations that De-Pois takes for its threshold, and its `z` by default.
_MIDWAY = 1.96


class ScoreCalibrator:
    """Turns scores into deviations from those of clean rows.

    Parameters
    ----------
    n_groups : int, default=1
        The groups of rows, each with a location of its own; 1 pools all rows.

    Attributes
    ----------
    location_ : ndarray of shape (n_groups,)
        Mean score of each group. The means are drawn together as far as the rows of a
        group are too few to tell them apart (one-way random effects). A group without
        rows is placed where the others are.
    spread_ : float
        The unit. With wrong labels at hand -1.96 units are where a score is as many
        standard deviations from the right labels' as from the wrong ones'; else it is
        the standard deviation within the groups.
    """

    def __init__(self, n_groups=1):
        self.n_groups = n_groups

    def fit(self, scores, groups=None, wrong=None):
        """Take the scale from clean rows.

        Parameters
        ----------
        scores : ndarray of shape (n_samples,)
            Of clean rows, by models that have not seen them.
        groups : ndarray of int of shape (n_samples,) or None, default=None
            Their groups; None for a single one.
        wrong : tuple of (ndarray, ndarray) or None, default=None
            Scores and groups of the same rows with wrong labels.

        Returns
        -------
        self : object

        Warns
        -----
        DegenerateFilterWarning
            When wrong labels score no lower than right ones.
        """
        self.location_ = self._group_means(scores, _or_one_group(groups, scores))
        deviations = self._deviations(scores, groups)
        spread = np.sqrt(np.mean(deviations**2))
        if wrong is not None:
            spread = _unit(spread, self._deviations(*wrong))
        # Rounding alone must not make a suspect where all scores are equal.
        floor = 1e-5 * max(1.0, np.abs(scores).max())
        self.spread_ = max(spread, floor)
        return self

    def transform(self, scores, groups=None):
        """Deviations of scores, in units of `spread_`."""
        return self._deviations(scores, groups) / self.spread_

    def _deviations(self, scores, groups):
        return scores - self.location_[_or_one_group(groups, scores)]

    def _group_means(self, scores, groups):
        """Means of the groups, shrunk towards the mean of all by what is chance."""
        n = np.bincount(groups, minlength=self.n_groups)
        pooled = scores.mean()
        sums = np.bincount(groups, weights=scores - pooled, minlength=self.n_groups)
        offsets = sums / np.maximum(n, 1)
        seen = n > 0
        if seen.sum() < 2 or len(scores) <= seen.sum():
            return np.full(self.n_groups, pooled)
        within = np.sum((scores - pooled - offsets[groups]) ** 2) / (
            len(scores) - seen.sum()
        )
        between = np.sum(n * offsets**2) / (seen.sum() - 1)
        # The moment estimator of the variance of the groups' true means.
        n_typical = (len(scores) - np.sum(n**2) / len(scores)) / (seen.sum() - 1)
        variance = max(0.0, between - within) / n_typical
        chance = within / np.maximum(n, 1)
        total = variance + chance
        share = np.divide(variance, total, out=np.zeros(self.n_groups), where=total > 0)
        return pooled + share * offsets


def _or_one_group(groups, scores):
    return np.zeros(len(scores), dtype=int) if groups is None else groups


def _unit(spread, wrong_deviations):
    gap = -wrong_deviations.mean()
    if gap <= 0:
        warn(
            "The critic does not tell wrong labels of held-out trusted rows from right "
            "ones: what it removes is left to chance. Give it more trusted rows, or "
            "other features.",
            DegenerateFilterWarning,
        )
        return spread
    wrong_spread = wrong_deviations.std()
    if spread + wrong_spread == 0:
        return gap / 2 / _MIDWAY
    return gap * spread / (spread + wrong_spread) / _MIDWAY

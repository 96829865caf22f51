"""Trusted rows as the yardstick of the others: how many look at least as bad."""

from typing import NamedTuple

import numpy as np


class Sample(NamedTuple):
    """Untrusted rows that were measured by one yardstick.

    Attributes
    ----------
    p_values : ndarray of shape (m,)
    n : int
        Number of trusted rows of the yardstick: the p-values are multiples of
        1 / (n + 1).
    n_suspects : int
        How many of these the filter's own threshold takes for suspects.
    """

    p_values: np.ndarray
    n: int
    n_suspects: int


class Yardsticks:
    """A yardstick for all rows, or one for each class.

    Rows of a class of which no trusted row was held out have none: nobody knows what
    clean rows of it look like, and their p-value is 1.

    Parameters
    ----------
    held_out : HeldOutScores
    classes : ndarray of int of shape (n_samples,)
    trusted : ndarray of bool of shape (n_samples,)
    groups : {None, "class"}
    """

    def __init__(self, held_out, classes, trusted, groups):
        measured = np.unique(classes[held_out.folds >= 0])
        self._groups = [[c] for c in measured] if groups == "class" else [measured]
        self._yardsticks = [
            _Yardstick(held_out.margins[:, rows], held_out.folds[rows], trusted[rows])
            for rows in self._rows_of_groups(classes)
        ]

    def measure(self, margins, classes, folds=None):
        """p-values of rows, and the same with ties broken.

        Parameters
        ----------
        margins : ndarray of shape (n_fits, n_rows)
        classes : ndarray of int of shape (n_rows,)
        folds : ndarray of int of shape (n_rows,) or None, default=None
            The fits that held trusted rows out; None where no row is trusted.

        Returns
        -------
        p_values, scores : ndarray of shape (n_rows,)
            Of a held-out row its rank among those of its fit, as a share.
        """
        p_values, scores = np.ones((2, len(classes)))
        for rows, yardstick in zip(self._rows_of_groups(classes), self._yardsticks):
            p_values[rows], scores[rows] = yardstick.measure(margins[:, rows])
            if folds is not None:
                own = rows[folds[rows] >= 0]
                p_values[own] = yardstick.rank_held_out(margins[:, own], folds[own])
                scores[own] = p_values[own]
        return p_values, scores

    def samples(self, p_values, classes, untrusted):
        """The untrusted rows, by yardstick."""
        return [
            Sample(p_values[rows[untrusted[rows]]], yardstick.n, yardstick.n_suspects)
            for rows, yardstick in zip(self._rows_of_groups(classes), self._yardsticks)
        ]

    def _rows_of_groups(self, classes):
        return [np.flatnonzero(np.isin(classes, group)) for group in self._groups]


class _Yardstick:
    """The margins of held-out rows by fit, and the mean margins of untrusted rows."""

    def __init__(self, margins, folds, trusted):
        self._margins = [np.sort(fit[folds == k]) for k, fit in enumerate(margins)]
        self._others = np.sort(margins[:, ~trusted].mean(axis=0))
        self.n = sum(map(len, self._margins))
        self.n_suspects = sum(int(np.sum(own < 0)) for own in self._margins)

    def measure(self, margins):
        """Cross-conformal p-values; the same, with ties broken by the mean margin."""
        below = sum(
            np.searchsorted(own, fit, side="right")
            for own, fit in zip(self._margins, margins)
        )
        rank = np.searchsorted(self._others, margins.mean(axis=0))
        tie_break = (1 + rank) / (2 + len(self._others))
        return (1 + below) / (self.n + 1), (below + tie_break) / (self.n + 1)

    def rank_held_out(self, margins, folds):
        """The share of the held-out rows of the same fit that look at least as bad."""
        ranks = np.ones(len(folds))
        for k, own in enumerate(self._margins):
            rows = folds == k
            ranks[rows] = np.searchsorted(own, margins[k, rows], side="right")
            ranks[rows] /= max(len(own), 1)
        return ranks

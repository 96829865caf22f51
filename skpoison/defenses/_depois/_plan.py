"""Which critic of De-Pois may learn from which row."""

from dataclasses import dataclass

import numpy as np

from ..._utils.folds import stratified_folds

__all__ = ["CrossFitPlan"]


@dataclass
class CrossFitPlan:
    """Rows to learn from, and for each critic those that it is kept from.

    Attributes
    ----------
    X : ndarray of shape (n_samples, ...)
    y : ndarray of shape (n_samples,)
        Positions of labels, or target values.
    groups : ndarray of int of shape (n_samples,)
        The classes of the rows; constant for a regression.
    trusted : ndarray of bool of shape (n_samples,)
        True for trusted and for synthetic rows.
    may_learn : ndarray of bool of shape (n_critics, n_samples)
        Which critic may learn from which row.
    calibrates : ndarray of bool of shape (n_samples,)
        The trusted rows whose scores set the scale of all others.
    """

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    trusted: np.ndarray
    may_learn: np.ndarray
    calibrates: np.ndarray

    @classmethod
    def for_one_critic(cls, X, y, groups, trusted):
        """One critic may learn from every row."""
        may_learn = np.ones((1, len(y)), dtype=bool)
        return cls(X, y, groups, trusted, may_learn, trusted)

    @classmethod
    def by_folds(cls, X, y, groups, trusted, n_critics, rng):
        """Each critic is kept from a fold of its own, dealt by group.

        The only trusted row of a group, and the only other one, is kept from none.
        """
        folds = np.empty(len(y), dtype=int)
        for part in (trusted, ~trusted):
            folds[part] = stratified_folds(groups[part], n_critics, rng)
        may_learn = folds != np.arange(n_critics)[:, None]
        return cls(X, y, groups, trusted, may_learn, trusted & (folds >= 0))

    @property
    def n_critics(self):
        return len(self.may_learn)

    def candidates(self):
        """The untrusted rows that could be admitted: some critic is kept from them."""
        return ~self.trusted & ~self.may_learn.all(axis=0)

    def with_synthetic(self, X, rows, critic, calibrates):
        """The same with synthetic rows below, which count as trusted.

        Parameters
        ----------
        X : ndarray of shape (n_added, ...)
        rows : ndarray of int of shape (n_added,)
            The rows whose labels they have.
        critic : int
            The only one that may learn from them.
        calibrates : bool
            Whether their scores count for the scale.
        """
        added = np.ones(len(rows), dtype=bool)
        may_learn = np.zeros((self.n_critics, len(rows)), dtype=bool)
        may_learn[critic] = True
        return CrossFitPlan(
            np.concatenate([self.X, X]),
            np.concatenate([self.y, self.y[rows]]),
            np.concatenate([self.groups, self.groups[rows]]),
            np.concatenate([self.trusted, added]),
            np.hstack([self.may_learn, may_learn]),
            np.concatenate([self.calibrates, added & calibrates]),
        )

"""Poisoned fine-tuning sets, many against one victim, and what defenses leave of them.

The sets share their clean rows: all of it is one pool of rows, and a set is a mask.
"""

import warnings
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from ...exceptions import (
    DegenerateFilterWarning,
    RemovedClassWarning,
    ThinnedClassWarning,
)
from ...metrics import defense_success_rate, filter_report


@dataclass(frozen=True)
class PoisonSets:
    """Poisoned training sets, one for each target.

    Attributes
    ----------
    X, y : ndarray
        The pool: clean rows, their copies, and the poisons of all sets.
    is_poison : ndarray of bool of shape (n_pool,)
    members : ndarray of bool of shape (n_sets, n_pool)
        The rows of each set, without copies.
    original : ndarray of int of shape (n_pool,)
        The row that a copy is one of, else the row itself.
    X_target : ndarray
        The target of each set.
    right : ndarray of bool of shape (n_sets,)
        Whether the victim of the clean rows reads the target rightly.
    n_misread : int
        Targets that it does not, among those that were tried.
    """

    X: np.ndarray
    y: np.ndarray
    is_poison: np.ndarray
    members: np.ndarray
    original: np.ndarray
    X_target: np.ndarray
    right: np.ndarray
    n_misread: int

    def after(self, n_known):
        """Without the first sets."""
        right = self.right[n_known:]
        return replace(
            self,
            members=self.members[n_known:],
            X_target=self.X_target[n_known:],
            right=right,
            n_misread=int(np.sum(~right)) if n_known else self.n_misread,
        )


def keep_rows(sets, features, make_filter):
    """Masks of the rows that a filter keeps of each set.

    Parameters
    ----------
    sets : PoisonSets
    features : ndarray of shape (n_pool, n_features)
    make_filter : callable
        Returns a filter for the given mask of the poisons, which the bounds need.

    Returns
    -------
    ndarray of bool of shape (n_sets, n_pool)
    """
    kept = np.zeros_like(sets.members)
    for mask, rows in zip(kept, map(np.flatnonzero, sets.members)):
        with warnings.catch_warnings():
            for told_by_tables in (
                DegenerateFilterWarning,
                RemovedClassWarning,
                ThinnedClassWarning,
            ):
                warnings.simplefilter("ignore", told_by_tables)
            filter = make_filter(sets.is_poison[rows]).fit(features[rows], sets.y[rows])
        mask[rows[filter.inlier_mask_]] = True
    return kept


def keep_calibrated(sets, features, filters, n_known):
    """As `keep_rows`, with the filter and the threshold that suit some known sets best.

    The threshold is half of the highest score of any poison of these sets, and the
    filter the one that then removes the fewest of their clean rows.

    Parameters
    ----------
    sets : PoisonSets
    features : ndarray of shape (n_pool, n_features)
    filters : list of PoisonFilter
    n_known : int
        The first sets, of which the defender knows the poisons.

    Returns
    -------
    ndarray of bool of shape (n_sets, n_pool)
    """
    verdicts = []
    for filter in filters:
        scores = np.full(sets.members.shape, np.inf)
        for own, rows in zip(scores, map(np.flatnonzero, sets.members)):
            own[rows] = filter.fit(features[rows], sets.y[rows]).sample_scores_
        poison_scores = scores[:n_known, sets.is_poison]
        offset = poison_scores[np.isfinite(poison_scores)].max() / 2
        n_lost = np.sum(scores[:n_known, ~sets.is_poison] < offset)
        verdicts.append((n_lost, sets.members & (scores >= offset)))
    _, kept = min(verdicts, key=itemgetter(0))
    return kept


def outcome(sets, victim, features, keep_masks, test):
    """Predictions for the targets, and test accuracies, after training on these masks.

    Parameters
    ----------
    sets : PoisonSets
    victim : Victim
    features : ndarray of shape (n_pool, n_features)
    keep_masks : ndarray of bool of shape (n_masks, n_sets, n_pool)
    test : (ndarray, ndarray)
        Features and labels.

    Returns
    -------
    predictions, accuracies : ndarray of shape (n_masks, n_sets)
    """
    n_masks, n_sets = keep_masks.shape[:2]
    probes = victim.train(features, sets.y, keep_masks.reshape(-1, len(sets.y)))
    X_test, y_test = test
    predicted = probes.predict(victim.features(sets.X_target))
    predicted = predicted.reshape(n_masks, n_sets, n_sets)
    accuracy = np.mean(probes.predict(X_test) == y_test, axis=1)
    predictions = np.diagonal(predicted, axis1=1, axis2=2)
    return predictions, accuracy.reshape(n_masks, n_sets)


def report(sets, kept, predictions, undefended, poison_class):
    """What a table shows of one defense.

    Targets that the clean victim misreads count among the poisons alone.
    """
    own = sets.members
    rows = filter_report(np.broadcast_to(sets.is_poison, own.shape)[own], kept[own])
    succeeded = (undefended == poison_class) & sets.right
    return {
        "n_sets": len(own),
        "n_misread": sets.n_misread,
        "n_poisons_in_all": rows["n_poisons"],
        "poisons_removed": rows["n_poisons_removed"],
        "clean_removed": rows["clean_removed"],
        "n_right": int(sets.right.sum()),
        "succeeded": int(succeeded.sum()),
        "fooled": int(np.sum((predictions == poison_class) & sets.right)),
        "success_rate": defense_success_rate(
            predictions, poison_class, succeeded=succeeded
        ),
        "mcc": rows["mcc"],
    }

"""Poisoned fine-tuning sets, many against one victim, and what defenses leave of them.

The sets share their clean rows: all of it is one pool of rows, and a set is a mask.
"""

import warnings
from typing import NamedTuple

import numpy as np

from skpoison.attacks import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
)
from skpoison.datasets import fetch_cifar10, fetch_cifar10_poisons
from skpoison.exceptions import DegenerateFilterWarning, RemovedClassWarning
from skpoison.metrics import defense_success_rate, filter_report

from ._images import Setup, as_input

# The authors' own poisons, which were not made against the victims here.
AUTHORS = "convex polytope, the authors' poisons"
POLYTOPE = {
    "digits": {"eps": 0.3, "lr": 0.02, "bases": "reachable"},
    "mnist": {"eps": 0.3, "lr": 0.02},
    "cifar10": {"eps": 0.1, "lr": 0.01},
}
ATTACKS = {
    "convex polytope": ConvexPolytopeAttack,
    "Bullseye polytope": BullseyePolytopeAttack,
    "feature collision": FeatureCollisionAttack,
}


class PoisonSets(NamedTuple):
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
        return self._replace(
            members=self.members[n_known:],
            X_target=self.X_target[n_known:],
            right=right,
            n_misread=int(np.sum(~right)) if n_known else self.n_misread,
        )


def poison(victim, surrogates, setting, draw):
    """Make the poisoned sets of a setting.

    Parameters
    ----------
    victim : Victim
        Its clean version chooses the targets.
    surrogates : list of NetEmbedding
        What the attacker knows of it.
    setting : dict
    draw : int
        Of the rows.

    Returns
    -------
    PoisonSets
    """
    setup = Setup(setting["data"], draw)
    seen = setting["tuning"] == "seen"
    X, y = (setup.pretraining if seen else setup.tuning)(setting["rows"])
    X, y, copies = _thinned(X, y, setting)
    clean = victim.train(victim.features(X), y, np.ones((1, len(y)), dtype=bool))
    if setting["attack"] == AUTHORS:
        poisons, bases, X_target = _authors_poisons(y)
        right = clean.predict(victim.features(X_target))[0] == setting["target"]
        n_misread = int(np.sum(~right))
    else:
        candidates = setup.held_out(setting["target"])
        right = clean.predict(victim.features(candidates))[0] == setting["target"]
        chosen = np.flatnonzero(right)[: setting["n_targets"]]
        n_misread = int(np.sum(~right[: chosen[-1]]))
        X_target, right = candidates[chosen], right[chosen]
        attack = make_attack(surrogates, setting)
        poisons, bases = attack.craft(X, y, X_target), attack.base_indices_
    return _pooled(X, y, copies, poisons, bases, setting, X_target, right, n_misread)


def make_attack(surrogates, setting):
    """The attack of a setting."""
    name = setting["attack"]
    # Those nearest to the target; random ones where the paper takes 50.
    params = {"bases": "nearest" if setting["tuning"] == "new" else "random"}
    if name != "feature collision":
        params |= POLYTOPE[setting["data"]]
        # Dropout makes the poisons work on networks that are not among the surrogates.
        drop = any(kind in setting["surrogates"] for kind in ("cnn", "dropout"))
        params |= {"dropout_draws": int(drop)}
    return ATTACKS[name](
        surrogates,
        poison_class=setting["poison"],
        n_poisons=setting["n_poisons"],
        max_iter=setting["iterations"],
        random_state=0,
        **params,
    )


def _thinned(X, y, setting):
    """The rows without a share of the target's class, and which rows to copy instead.

    As many copies as bring the class back to its size, the first rows once more often
    where the sizes do not divide.
    """
    n_rows = setting["rows"]
    n_kept = round(setting["ratio"] * n_rows)
    rank = np.cumsum(y == setting["target"]) - 1
    kept = (y != setting["target"]) | (rank < n_kept)
    X, y = X[kept], y[kept]
    rows = np.flatnonzero(y == setting["target"])
    return X, y, np.resize(rows, n_rows)[n_kept:]


def _authors_poisons(y):
    bunch = fetch_cifar10_poisons()
    sets = bunch.images
    poisons = as_input(sets.reshape(-1, *sets.shape[2:]), "cifar10")
    poisons = poisons.reshape(*sets.shape[:2], *poisons.shape[1:])
    bases = np.tile(
        np.flatnonzero(y == bunch.target[0, 0])[: sets.shape[1]], (len(sets), 1)
    )
    targets = fetch_cifar10().images[bunch.target_indices]
    return poisons, bases, as_input(targets, "cifar10")


def _pooled(X, y, copies, poisons, bases, setting, X_target, right, n_misread):
    n_sets, n_poisons = poisons.shape[:2]
    n_clean, n_copies = len(y), len(copies)
    members = np.zeros((n_sets, n_clean + n_copies + n_sets * n_poisons), dtype=bool)
    members[:, :n_clean] = True
    members[:, n_clean + n_copies :] = np.repeat(
        np.eye(n_sets, dtype=bool), n_poisons, axis=1
    )
    if setting["tuning"] == "new":
        # The poisons replace their bases, so that the classes keep their sizes.
        members[np.arange(n_sets)[:, None], bases] = False
    original = np.arange(members.shape[1])
    original[n_clean : n_clean + n_copies] = copies
    return PoisonSets(
        X=np.concatenate([X, X[copies], poisons.reshape(-1, *X.shape[1:])]),
        y=np.concatenate(
            [y, y[copies], np.full(n_sets * n_poisons, setting["poison"])]
        ),
        is_poison=original >= n_clean + n_copies,
        members=members,
        original=original,
        X_target=X_target,
        right=right,
        n_misread=n_misread,
    )


def keep(sets, features, make_filter):
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
            # The tables show both.
            warnings.simplefilter("ignore", DegenerateFilterWarning)
            warnings.simplefilter("ignore", RemovedClassWarning)
            filter = make_filter(sets.is_poison[rows]).fit(features[rows], sets.y[rows])
        mask[rows[filter.inlier_mask_]] = True
    return kept


def keep_calibrated(sets, features, filters, n_known):
    """As `keep`, with the filter and the threshold that suit some known sets best.

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
    best = None
    for filter in filters:
        scores = np.full(sets.members.shape, np.inf)
        for own, rows in zip(scores, map(np.flatnonzero, sets.members)):
            own[rows] = filter.fit(features[rows], sets.y[rows]).sample_scores_
        poison_scores = scores[:n_known, sets.is_poison]
        offset = poison_scores[np.isfinite(poison_scores)].max() / 2
        n_lost = np.sum(scores[:n_known, ~sets.is_poison] < offset)
        if best is None or n_lost < best[0]:
            best = n_lost, sets.members & (scores >= offset)
    return best[1]


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

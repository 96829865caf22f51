"""The poisons of a setting, and the training sets that hold them."""

import numpy as np

from ...attacks import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
)
from ...datasets import fetch_cifar10, fetch_cifar10_poisons
from ._architectures import ARCHITECTURES
from ._images import Setup, as_input
from ._poison_sets import PoisonSets

ATTACKS: dict[str, type] = {
    "convex polytope": ConvexPolytopeAttack,
    "Bullseye polytope": BullseyePolytopeAttack,
    "feature collision": FeatureCollisionAttack,
}
# The authors' own poisons, which were not made against the victims here.
AUTHORS = "convex polytope, the authors' poisons"
POLYTOPE: dict[str, dict] = {
    "digits": {"eps": 0.3, "lr": 0.02, "bases": "reachable"},
    "mnist": {"eps": 0.3, "lr": 0.02},
    "cifar10": {"eps": 0.1, "lr": 0.01},
}


def craft(victim, surrogates, setting):
    """Make the poisoned sets of a setting.

    Parameters
    ----------
    victim : Victim
        Its clean version chooses the targets.
    surrogates : list of NetEmbedding
        What the attacker knows of it.
    setting : Setting

    Returns
    -------
    PoisonSets

    Raises
    ------
    ValueError
        When the victim of clean rows reads no image of the target's class rightly.
    """
    setup = Setup(setting.data, setting.draw)
    seen = setting.tuning == "seen"
    X, y = (setup.pretraining if seen else setup.tuning)(setting.rows)
    X, y, copies = _thinned(X, y, setting)
    clean = victim.train(victim.features(X), y, np.ones((1, len(y)), dtype=bool))
    if setting.attack == AUTHORS:
        poisons, bases, X_target = _authors_poisons(y)
        right = clean.predict(victim.features(X_target))[0] == setting.target
        n_misread = int(np.sum(~right))
    else:
        candidates = setup.held_out(setting.target)
        right = clean.predict(victim.features(candidates))[0] == setting.target
        chosen = np.flatnonzero(right)[: setting.n_targets]
        if not len(chosen):
            raise ValueError(
                f"There is no target to attack: the victim {setting.net} of clean rows "
                f"reads none of {len(right)} images of class {setting.target} of "
                f"{setting.data} rightly. Train its network for more epochs, or take "
                "another class."
            )
        n_misread = int(np.sum(~right[: chosen[-1]]))
        X_target, right = candidates[chosen], right[chosen]
        attack = make_attack(surrogates, setting)
        poisons, bases = attack.craft(X, y, X_target), attack.base_indices_
    return _pooled(X, y, copies, poisons, bases, setting, X_target, right, n_misread)


def make_attack(surrogates, setting):
    """The attack of a setting."""
    name = setting.attack
    # Those nearest to the target; random ones where the paper takes 50.
    params: dict = {"bases": "nearest" if setting.tuning == "new" else "random"}
    if name != "feature collision":
        params |= POLYTOPE[setting.data]
        # Dropout makes the poisons work on networks that are not among the surrogates.
        known = setting.surrogates.networks
        drop = any(ARCHITECTURES[net.architecture].has_dropout for net in known)
        params |= {"dropout_draws": int(drop)}
    return ATTACKS[name](
        surrogates,
        poison_class=setting.poison,
        n_poisons=setting.n_poisons,
        max_iter=setting.iterations,
        random_state=0,
        **params,
    )


def _thinned(X, y, setting):
    """The rows without a share of the target's class, and which rows to copy instead.

    As many copies as bring the class back to its size, the first rows once more often
    where the sizes do not divide.
    """
    n_rows = setting.rows
    n_kept = round(setting.ratio * n_rows)
    rank = np.cumsum(y == setting.target) - 1
    kept = (y != setting.target) | (rank < n_kept)
    X, y = X[kept], y[kept]
    rows = np.flatnonzero(y == setting.target)
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
    if setting.tuning == "new":
        # The poisons replace their bases, so that the classes keep their sizes.
        members[np.arange(n_sets)[:, None], bases] = False
    original = np.arange(members.shape[1])
    original[n_clean : n_clean + n_copies] = copies
    return PoisonSets(
        X=np.concatenate([X, X[copies], poisons.reshape(-1, *X.shape[1:])]),
        y=np.concatenate([y, y[copies], np.full(n_sets * n_poisons, setting.poison)]),
        is_poison=original >= n_clean + n_copies,
        members=members,
        original=original,
        X_target=X_target,
        right=right,
        n_misread=n_misread,
    )

"""Random numbers of a repeat, the same whatever else is asked for."""

import numpy as np

_PURPOSES = (
    "split",
    "trusted",
    "target",
    "attack",
    "defense",
    "eviction",
    "estimator",
)


def seed_of(purpose, random_state, repeat):
    """Seed of one purpose in one repeat.

    Not of the cell: all attacks and defenses of a repeat meet the same split and the
    same trusted rows, so that they can be compared in pairs.
    """
    sequence = np.random.SeedSequence([random_state, repeat, _PURPOSES.index(purpose)])
    return int(sequence.generate_state(1)[0] >> 1)


def seeded(estimator, seed):
    """The estimator with a seed wherever it, or one inside it, has none. In place."""
    params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    unseeded = [
        name
        for name, value in params.items()
        if value is None and name.split("__")[-1] == "random_state"
    ]
    if unseeded:
        estimator.set_params(**dict.fromkeys(unseeded, seed))
    return estimator

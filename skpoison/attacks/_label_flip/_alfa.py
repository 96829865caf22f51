"""Adversarial label flips by alternating minimisation, ALFA (Xiao et al. 2012)."""

import numpy as np

from ._kernel_svm import hinge

MAX_ROUNDS = 50


def alfa_flips(svm, signs, n_flips, rounds, random_state):
    """Flips that cost the clean machine much and the machine trained on them little.

    With e the hinge losses of the clean machine and xi those of the tainted one, the
    attacker minimises the sum of xi - e over the labels of the tainted set. For equal
    costs of all flips the linear program has a closed solution: the rows where
    flipping lowers xi - e the most.
    """
    scores = signs * svm.decide(svm.fit(signs))
    gain_clean = hinge(-scores) - hinge(scores)
    gain, flips = gain_clean, None
    for _ in rounds:
        previous, flips = flips, np.argsort(-gain, kind="stable")[:n_flips]
        if previous is not None and np.array_equal(np.sort(previous), np.sort(flips)):
            break
        flipped = signs.copy()
        flipped[flips] *= -1
        scores = signs * svm.decide(svm.fit(flipped))
        gain = gain_clean - (hinge(-scores) - hinge(scores))
    return flips

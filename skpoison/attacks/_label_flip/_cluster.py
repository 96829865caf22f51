"""Flips in groups of neighbours of one class."""

from itertools import product

import numpy as np

from ._kernel_svm import hinge

# Flipping part of a dense group suffices to win it, and reaches farther than all of it.
_DENSITIES = (1.0, 0.75, 0.55)
_N_GROUPS = (1, 2)
_N_CENTRES = 32
PLACEMENTS = tuple(product(_DENSITIES, _N_GROUPS))


def cluster_flips(svm, signs, n_flips, placements, random_state):
    """The most harmful of several ways to flip groups of neighbours, by retraining.

    Groups are placed one after the other, each around the one of 32 spread-out rows
    where it does most harm: the hinge loss of the machine trained on the flips, on the
    true labels. The loss of a row is clipped at 2, since a row that is wrong by far is
    no more wrong.
    """
    farthest_first = np.argsort(-np.abs(svm.decide(svm.fit(signs))), kind="stable")

    distances = svm.kernel.squared_distances
    most, flips = -np.inf, np.zeros(len(signs), dtype=bool)
    for placement in placements:
        density, n_groups = PLACEMENTS[placement]
        flipped, harm = np.zeros(len(signs), dtype=bool), -np.inf
        while flipped.sum() < n_flips:
            size = min(-(-n_flips // n_groups), n_flips - flipped.sum())
            free = farthest_first[~flipped[farthest_first]]
            trials = [
                flipped | _group(centre, distances, signs, flipped, size, density)
                for centre in _spread_out(free, distances)
            ]
            harms = [_harm(svm, signs, trial) for trial in trials]
            flipped, harm = trials[np.argmax(harms)], max(harms)
        if harm > most:
            most, flips = harm, flipped
    return np.flatnonzero(flips)


def _harm(svm, signs, flipped):
    machine = svm.fit(np.where(flipped, -signs, signs))
    return np.minimum(hinge(signs * svm.decide(machine)), 2).sum()


def _group(centre, distances, signs, flipped, size, density):
    """Rows of the centre's class around it: a share of the nearest ones, as a mask."""
    free = np.flatnonzero((signs == signs[centre]) & ~flipped)
    near = free[np.argsort(distances(centre, free), kind="stable")]
    size = min(size, len(near))
    reach = min(int(size / density), len(near))
    group = np.zeros(len(signs), dtype=bool)
    group[near[np.arange(size) * reach // size]] = True
    return group


def _spread_out(rows, distances):
    """Up to 32 of the rows, each the farthest from those before it."""
    centres = [rows[0]]
    gap = distances(rows[0], rows)
    while len(centres) < min(_N_CENTRES, len(rows)):
        centres.append(rows[np.argmax(gap)])
        gap = np.minimum(gap, distances(centres[-1], rows))
    return centres

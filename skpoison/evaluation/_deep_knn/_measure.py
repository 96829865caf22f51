"""What is measured of each defense."""

import time

import numpy as np
from joblib import Parallel, delayed

from .._run_experiment import single_threaded_workers
from ._crafting import craft
from ._poison_sets import outcome, report
from ._victims import network, recipe_of, rows_to_test, victim


def train_networks(settings, folder, n_jobs):
    """Train what settings need and the folder lacks, each network by one worker."""
    needed = {
        recipe_of(*place).path(folder): place
        for setting in settings
        for place in [setting.victim, *setting.known]
    }
    missing = [place for path, place in needed.items() if not path.exists()]
    with single_threaded_workers(n_jobs):
        Parallel()(delayed(_train_network)(*place, folder) for place in missing)


def _train_network(*place):
    # Nothing is returned: the folder has it.
    network(*place)


def attacked(setting, folder):
    """The victim of a setting, its poisoned sets, and their features."""
    own = victim(*setting.victim, folder)
    surrogates = [victim(*known, folder).embedding for known in setting.known]
    sets = craft(own, surrogates, setting)
    return own, sets, own.features(sets.X)


def measure(setting, defenses, *, folder):
    """What each defense removes of the poisoned sets, and the victims it leaves."""
    own, sets, features = attacked(setting, folder)
    masks, seconds = [sets.members], []
    for defense in defenses:
        start = time.process_time()
        kept = defense.keep(sets, features)
        seconds.append((time.process_time() - start) / len(kept))
        masks.append(kept[:, sets.original] if defense.trains_on_copies else kept)
    test = rows_to_test(*setting.victim, folder)
    predictions, accuracies = outcome(sets, own, features, np.array(masks), test)
    for i, defense in enumerate(defenses, 1):
        first = defense.n_known
        yield {
            **report(
                sets.after(first),
                masks[i][first:],
                predictions[i][first:],
                predictions[0][first:],
                setting.poison,
            ),
            "test_accuracy": accuracies[i][first:].mean(),
            "seconds": seconds[i - 1],
        }

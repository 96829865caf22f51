"""How long defenses take, and the networks of De-Pois as they were published."""

import time

import numpy as np

from ...generative import ConditionalGAN, ConditionalWGANGP
from ._defenses import DEFENSES, DEPOIS, NOTHING
from ._fitting import fit_quietly
from ._rows import poisoned_rows
from ._settings import Setting

# Of the sizes that the paper has, which are the defaults. An iteration takes as long as
# any other, so that some of them tell how long all take.
NETWORKS = {"cGAN": ConditionalGAN, "cWGAN-GP": ConditionalWGANGP}
N_TIMED, N_ITERATIONS = 20, 2000
N_JUDGED, N_REPEATS = 1000, 5


def timed(attack):
    """What is timed on the rows of an attack."""
    return [name for name in DEFENSES[attack] if name != NOTHING] + list(NETWORKS)


def measure_times(setting, names):
    """CPU seconds of a fit, and of judging a thousand new rows where that is apart."""
    rows = poisoned_rows(Setting(setting.attack, setting.n_rows, 0, seed=setting.seed))
    known = rows.X[rows.trusted], rows.y[rows.trusted]
    for name in names:
        judging = np.nan
        start = time.process_time()
        if name in NETWORKS:
            NETWORKS[name](max_iter=N_TIMED, random_state=setting.seed).fit(*known)
            fitting = (time.process_time() - start) * N_ITERATIONS / N_TIMED
        else:
            defense = DEFENSES[setting.attack][name]
            X = defense.view(rows)
            filter = fit_quietly(defense.make(rows), X, rows.y, rows.trusted)
            fitting = time.process_time() - start
            if name == DEPOIS:
                judging = _seconds_of_judging(filter, X, rows.y)
        yield {"fit_seconds": fitting, "judge_seconds": judging}


def _seconds_of_judging(filter, X, y):
    new = np.resize(np.arange(len(y)), N_JUDGED)
    start = time.process_time()
    for _ in range(N_REPEATS):
        filter.score_samples(X[new], y[new])
    return (time.process_time() - start) / N_REPEATS

"""How many rows it takes to win the vote of Deep k-NN around a target.

The attacker of NeighborMajorityAttack wants one test row taken for another class by a
support vector machine that is trained on the rows that Deep k-NN keeps. He knows k and
the features. Counted are the rows that it takes *at the target* until they are kept,
and the *fewest* that fool the defended machine when they may leave it; *as many as
undefended* tells which share of the targets is fooled by the number of rows that fools
the undefended machine, put at the target by an attacker who does not know the vote
("plain") and by this one ("adaptive"). A perfect filter would let none through.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_adaptive_neighbors

takes about three minutes of one core; one target per seed, data set and class size. A
run that was stopped goes on where it was.
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from skpoison.attacks import NeighborMajorityAttack
from skpoison.datasets import fetch_fourclass
from skpoison.defenses import DeepKNNFilter
from skpoison.evaluation import markdown_table, mean_and_interval, run_experiment

SIZES = {"digits": (50, 100, 150), "Fourclass": (100, 250)}
VOTES = [{"k": k} for k in (5, 10, 20, 50, 100, 200)]
VOTES += [{"normalized_k": share} for share in (0.2, 0.5, 1.0, 2.0)]
FIGURES = ("at target", "fewest", "undefended", "plain", "adaptive", "clean removed")


@dataclass
class Setting:
    """Rows of classes of one size, and a target among the others."""

    data: str
    class_size: int
    seed: int


def draw(setting):
    """Training rows, a target that the machine reads rightly, its class and another."""
    if setting.data == "digits":
        (X, y), machine = load_digits(return_X_y=True), SVC(C=10)
    else:
        (X, y), machine = fetch_fourclass(return_X_y=True), SVC(C=10, gamma=10)
    rng = np.random.default_rng([setting.seed, setting.class_size])
    order = rng.permutation(len(y))
    classes = np.unique(y)
    train = np.concatenate(
        [order[y[order] == c][: setting.class_size] for c in classes]
    )
    rest = np.setdiff1d(order, train, assume_unique=True)
    machine.fit(X[train], y[train])
    right = rest[machine.predict(X[rest]) == y[rest]]
    target = rng.choice(right)
    poison_class = rng.choice(classes[classes != y[target]])
    return X[train], y[train], X[target], poison_class, machine


def fewest(fools, enough):
    """The fewest rows that fool, by bisection below a number that does."""
    too_few = 0
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if fools(middle):
            enough = middle
        else:
            too_few = middle
    return enough


def measure(setting, names):
    warnings.simplefilter("ignore")
    X, y, target, poison_class, machine = draw(setting)
    by_name = {str(votes): votes for votes in VOTES}

    def craft(n_poisons, **votes):
        return NeighborMajorityAttack(
            poison_class=poison_class, n_poisons=n_poisons, random_state=0, **votes
        ).fit_poison(X, y, target)

    def is_fooled(poisoned, votes=None):
        kept = np.ones(len(poisoned.y), dtype=bool)
        if votes is not None:
            kept = DeepKNNFilter(**votes).fit(poisoned.X, poisoned.y).inlier_mask_
        fitted = clone(machine).fit(poisoned.X[kept], poisoned.y[kept])
        return fitted.predict([target])[0] == poison_class

    def at_target(n_poisons):
        # Of one vote every pair of rows wins one.
        return craft(max(n_poisons, 2), k=1)

    undefended = fewest(lambda n: is_fooled(at_target(n)), len(X) // 2)
    for name in names:
        votes = by_name[name]
        start = time.process_time()

        def fools(n_poisons, votes=votes):
            try:
                return is_fooled(craft(n_poisons, **votes), votes)
            except ValueError:
                # No place near the target at which so few win.
                return False

        try:
            surrounded = craft(None, **votes)
            filter = DeepKNNFilter(**votes).fit(surrounded.X, surrounded.y)
        except ValueError:
            # More votes than rows, or so many that one class would be left.
            yield dict.fromkeys((*FIGURES, "seconds"), np.nan)
            continue
        removed = ~filter.inlier_mask_[~surrounded.is_poison]
        n_kept = enough = int(surrounded.is_poison.sum())
        while not fools(enough) and enough < len(X):
            enough += 1
        yield {
            "at target": n_kept,
            "fewest": fewest(fools, enough),
            "undefended": undefended,
            "plain": float(is_fooled(at_target(undefended), votes)),
            "adaptive": float(fools(undefended)),
            "clean removed": removed.mean(),
            "seconds": time.process_time() - start,
        }


def show(cells):
    for (data, size), part in cells.groupby(["data", "class_size"], sort=False):
        print(f"\n{data}, {size} rows of each class\n")
        long = part.melt(["defense", "seed"], FIGURES, "figure", "value")
        print(markdown_table(mean_and_interval(long, "defense", "figure", "value")))
    print(f"\n{cells['seconds'].sum():.0f} CPU seconds")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, default=Path("adaptive_neighbors"))
    parser.add_argument("--data", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    given = parser.parse_args()
    grid = [
        Setting(data, size, seed)
        for data, seed in product(given.data, given.seeds)
        for size in SIZES[data]
    ]
    names = [str(votes) for votes in VOTES]
    show(run_experiment(measure, grid, names, given.cells, n_jobs=1))

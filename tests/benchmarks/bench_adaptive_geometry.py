"""Poison inside the sphere, and inside sphere and slab: the harm that it can do.

A linear support vector machine of two classes, and an attacker who adds rows of the
largest hinge loss: one who knows no defense, inside the box of the data, and one who
knows the centroids, radii and widths, inside what the filter keeps. He crafts, sees
what is removed, draws his bounds anew from the filter of the poisoned rows, and takes
the best of some rounds by the accuracy of the defended machine on the clean training
rows. The figures are test accuracies, and the share of the poison that is removed.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_adaptive_geometry

takes about a minute of one core. A run that was stopped goes on where it
was.
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skpoison.defenses import L2CentroidFilter, SphereSlabFilter
from skpoison.defenses._sphere_slab._certificate import FeasibleSet, certify
from skpoison.evaluation import markdown_table, mean_and_interval, run_experiment

DATA = ("breast cancer", "digits 3 and 8")
N_ROUNDS, N_STEPS, TRUSTED = 5, 500, 0.2
# The filter, and whether it is told of trusted rows.
DEFENSES = {
    "centroid, 10 %": (L2CentroidFilter(0.1), False),
    "sphere and slab, 10 %": (SphereSlabFilter(contamination=0.1), False),
    "sphere and slab, .9 of trusted": (SphereSlabFilter(0.9), True),
    "sphere and slab, .7 of trusted": (SphereSlabFilter(0.7), True),
}
FIGURES = {
    "clean": "no poison, no defense",
    "undefended": "box, undefended",
    "box": "box, defended",
    "box removed": "removed",
    "adaptive": "inside, defended",
    "adaptive removed": "removed (inside)",
    "perfect": "perfect filter",
}


@dataclass
class Setting:
    """Clean rows of two classes, and the share of poison that is added to them."""

    data: str
    rate: float
    seed: int


class Box:
    """Where an attacker places rows who knows the range of each feature alone."""

    def __init__(self, X):
        self.low, self.high = X.min(axis=0), X.max(axis=0)

    def worst_point(self, w, b):
        """The smallest margin of a point of the box, the point and its label."""
        points = {
            sign: np.where(sign * w > 0, self.low, self.high) for sign in (-1.0, 1.0)
        }
        margins = {sign: sign * (point @ w + b) for sign, point in points.items()}
        worst = min(margins, key=margins.get)
        return margins[worst], points[worst], worst


def draw(setting):
    """Centred training and test rows, their labels 0 and 1, and which are trusted."""
    if setting.data == "breast cancer":
        X, y = load_breast_cancer(return_X_y=True)
    else:
        X, y = load_digits(return_X_y=True)
        X, y = X[np.isin(y, (3, 8))], (y[np.isin(y, (3, 8))] == 8).astype(int)
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, random_state=setting.seed, stratify=y
    )
    scaler = StandardScaler().fit(X)
    trusted = np.random.default_rng(setting.seed).uniform(size=len(y)) < TRUSTED
    return scaler.transform(X), y, scaler.transform(X_test), y_test, trusted


def machine():
    return LinearSVC(C=0.1, dual=True, max_iter=20_000, random_state=0)


def craft(feasible, X, y, rate, seed):
    """Rows of the largest hinge loss for a machine as large as the clean one."""
    clean = machine().fit(X, y)
    rho = np.hypot(np.linalg.norm(clean.coef_), clean.intercept_[0])
    n_poisons, rng = round(rate * len(y)), np.random.RandomState(seed)
    *_, rows, signs = certify(feasible, X, 2.0 * y - 1, n_poisons, rho, N_STEPS, rng)
    return rows, (signs > 0).astype(int)


def judge(filter, trusted, X, y, rows, labels):
    """The poisoned rows, and which of them are kept."""
    X, y = np.vstack([X, rows]), np.append(y, labels)
    known = {}
    if trusted is not None:
        known["trusted"] = np.append(trusted, np.zeros(len(labels), dtype=bool))
    return X, y, filter.fit(X, y, **known).inlier_mask_


def set_of(filter, shrink):
    """What the fitted filter keeps, a little smaller."""
    nowhere = np.zeros_like(filter.centroids_)
    radii = shrink * filter.radii_
    widths = shrink * getattr(filter, "widths_", filter.radii_)
    directions = getattr(filter, "directions_", nowhere)
    return FeasibleSet(filter.centroids_, directions, radii, widths)


def craft_inside(filter, trusted, X, y, rate, seed):
    """The poison of the round that does the defended machine the most harm."""
    known = {} if trusted is None else {"trusted": trusted}
    filter.fit(X, y, **known)
    best, least = None, np.inf
    for r in range(N_ROUNDS):
        poison = craft(set_of(filter, 0.999 - 0.02 * r), X, y, rate, seed)
        # Now fitted to the poisoned rows: the bounds of the next round.
        rows, labels, kept = judge(filter, trusted, X, y, *poison)
        accuracy = machine().fit(rows[kept], labels[kept]).score(X, y)
        if accuracy < least:
            best, least = poison, accuracy
    return best


def measure(setting, names):
    warnings.simplefilter("ignore")
    X, y, X_test, y_test, is_trusted = draw(setting)

    def accuracy(X, y):
        return machine().fit(X, y).score(X_test, y_test)

    start = time.process_time()
    clean = accuracy(X, y)
    box = craft(Box(X), X, y, setting.rate, setting.seed)
    undefended = accuracy(np.vstack([X, box[0]]), np.append(y, box[1]))
    for name in names:
        filter, takes_trusted = DEFENSES[name]
        trusted = is_trusted if takes_trusted else None
        inside = craft_inside(filter, trusted, X, y, setting.rate, setting.seed)
        figures = {"clean": clean, "undefended": undefended, "perfect": clean}
        for attack, poison in (("box", box), ("adaptive", inside)):
            rows, labels, kept = judge(filter, trusted, X, y, *poison)
            figures[attack] = accuracy(rows[kept], labels[kept])
            figures[f"{attack} removed"] = np.mean(~kept[len(y) :])
        seconds, start = time.process_time() - start, time.process_time()
        yield {figure: figures[figure] for figure in FIGURES} | {"seconds": seconds}


def show(cells):
    for (data, rate), part in cells.groupby(["data", "rate"], sort=False):
        print(f"\n{data}, {rate:.0%} poison\n")
        long = part.rename(columns=FIGURES).melt(
            ["defense", "seed"], list(FIGURES.values()), "figure", "value"
        )
        print(markdown_table(mean_and_interval(long, "defense", "figure", "value")))
    print(f"\n{cells['seconds'].sum():.0f} CPU seconds")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, default=Path("adaptive_geometry"))
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.03, 0.1])
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    given = parser.parse_args()
    grid = [Setting(*cell) for cell in product(given.data, given.rates, given.seeds)]
    show(run_experiment(measure, grid, list(DEFENSES), given.cells, n_jobs=1))

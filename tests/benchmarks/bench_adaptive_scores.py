"""An attacker who rehearses a filter, and one who can spoil some trusted rows.

*rehearsed*: the attacker has the defender's rows, his trusted ones and the filter. He
tries six poisoned sets (a tenth of the untrusted rows: flips at random, near to and far
from the boundary, from one class to the next, in groups, and those that the filter
itself scores as cleanest) and takes the one with which the defended support vector
machine does worst on rows of his own. Beside it the random flips of an attacker who
knows nothing. Test accuracies, and the share of the poison that is removed.

*spoiled*: one group of neighbours, a tenth of the untrusted rows, gets one wrong label,
and so does a share of the trusted rows: those next to the middle of the group
("aimed"), or any ("anywhere").

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_adaptive_scores rehearsed
    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_adaptive_scores spoiled

take about fifteen and seven minutes of one core. A run that was stopped goes on where
it was.
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skpoison.defenses import (
    AnnealedTrustFilter,
    CalibratedFilter,
    ConfidentLearningFilter,
    DeepKNNFilter,
    DePoisFilter,
    DUTIFilter,
    InfluenceFilter,
    KNNShapleyFilter,
    LabelSanitizationFilter,
    LossFilter,
    OneClassSVMFilter,
    PanelFilter,
    SeverFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import markdown_table, mean_and_interval, run_experiment

from .bench_annealed_trust import (
    attacked_svc,
    confuse_classes,
    draw_rows,
    draw_trusted,
    flip_groups,
    flip_labels,
)

DATA = ("fourclass", "digits", "mnist")
RATE, TRUSTED, MOST_ROWS = 0.1, 0.3, 700
KINDS = ("random", "near", "far", "confusion", "groups", "believed")
GROUP, SPOILED = 0.1, (0.0, 0.01, 0.02, 0.05)
REHEARSED = {
    "clean": "no poison, no defense",
    "undefended": "random, undefended",
    "random": "random, defended",
    "random removed": "removed",
    "worst undefended": "rehearsed, undefended",
    "worst": "rehearsed, defended",
    "worst removed": "removed (rehearsed)",
    "perfect": "perfect filter",
}


@dataclass
class Setting:
    """A draw of the rows of a data set, and of those that are trusted."""

    data: str
    seed: int


@dataclass
class SpoiledSetting:
    """The same, with a share of the trusted rows that carry a wrong label."""

    data: str
    where: str
    share: float
    seed: int


def filters(machine):
    annealed = AnnealedTrustFilter(random_state=0)
    panel = PanelFilter(contamination=RATE, random_state=0)
    forest = RandomForestClassifier(30, min_samples_leaf=3, random_state=0)
    # Linear in features in which the classes of the plane can be told apart, too.
    linear = make_pipeline(
        StandardScaler(), Nystroem(random_state=0), LogisticRegression(C=100)
    )
    return {
        "flag nothing": None,
        "Deep k-NN, k = 15": DeepKNNFilter(k=15),
        "trusted SVC": TrustedDisagreementFilter(machine, random_state=0),
        "annealed trust": annealed,
        "annealed trust, audit": AnnealedTrustFilter(audit=True, random_state=0),
        "calibrated annealed trust": CalibratedFilter(annealed, random_state=0),
        "panel, 10 %": panel,
        "calibrated panel": CalibratedFilter(panel, random_state=0),
        "De-Pois": DePoisFilter(random_state=0),
        "confident learning": ConfidentLearningFilter(forest, random_state=0),
        "small loss": LossFilter(forest, contamination=RATE, random_state=0),
        "self-influence": InfluenceFilter(linear, contamination=RATE),
        "Sever": SeverFilter(linear, contamination=RATE, random_state=0),
        "kNN-Shapley": KNNShapleyFilter(contamination=RATE),
        "DUTI": DUTIFilter(),
        "label sanitization": LabelSanitizationFilter(),
        "one-class SVM": OneClassSVMFilter(nu=RATE),
    }


OF_REHEARSAL = [
    "Deep k-NN, k = 15",
    "trusted SVC",
    "annealed trust",
    "calibrated annealed trust",
    "panel, 10 %",
    "calibrated panel",
    "confident learning",
    "small loss",
    "self-influence",
    "Sever",
    "kNN-Shapley",
    "DUTI",
    "label sanitization",
    "one-class SVM",
]
OF_SPOILS = [
    "flag nothing",
    "trusted SVC",
    "annealed trust",
    "annealed trust, audit",
    "calibrated annealed trust",
    "calibrated panel",
]


def draw(setting):
    """Training rows with their trusted ones, the attacker's rows, and test rows."""
    rng = np.random.default_rng([setting.seed, DATA.index(setting.data)])
    X, y = draw_rows(setting.data, rng)
    n = min(MOST_ROWS, round(0.6 * len(y)))
    train, own, test = np.split(np.arange(len(y)), [n, (n + len(y)) // 2])
    trusted = draw_trusted(y[train], TRUSTED, rng)
    return X[train], y[train], trusted, (X[own], y[own]), (X[test], y[test]), rng


def keep(filter, X, y, trusted):
    if filter is None:
        return np.ones(len(y), dtype=bool)
    return clone(filter).fit(X, y, trusted=trusted).inlier_mask_


def flip(kind, X, y, trusted, filter, machine, rng):
    """The labels, a tenth of the untrusted ones wrong."""
    flipped, X_open, y_open = y.copy(), X[~trusted], y[~trusted]
    if kind == "believed":
        flipped[~trusted] = flip_believed(filter, X, y, trusted, rng)
    elif kind == "confusion":
        flipped[~trusted] = confuse_classes(y_open, RATE, rng)
    elif kind == "groups":
        flipped[~trusted] = flip_groups(X_open, y_open, RATE, rng)
    else:
        flipped[~trusted] = flip_labels(kind, X_open, y_open, RATE, machine, rng)
    return flipped


def flip_believed(filter, X, y, trusted, rng):
    """The flips that score as cleanest, each tried once among a tenth of the rows."""
    n_classes, open_rows = y.max() + 1, np.flatnonzero(~trusted)
    wrong, scores = y.copy(), np.empty(len(y))
    wrong[open_rows] += rng.integers(1, n_classes, len(open_rows))
    wrong %= n_classes
    for rows in np.array_split(rng.permutation(open_rows), round(1 / RATE)):
        tried = y.copy()
        tried[rows] = wrong[rows]
        fitted = clone(filter).fit(X, tried, trusted=trusted)
        scores[rows] = fitted.sample_scores_[rows] - fitted.offset_
    n_flips = round(RATE * len(open_rows))
    believed = open_rows[np.argsort(-scores[open_rows], kind="stable")[:n_flips]]
    flipped = y.copy()
    flipped[believed] = wrong[believed]
    return flipped[~trusted]


def rehearse(setting, names):
    """Each filter against random flips, and against those that it bears worst."""
    warnings.simplefilter("ignore")
    X, y, trusted, own, test, rng = draw(setting)
    machine = attacked_svc(setting.data)

    def accuracy(labels, kept, rows):
        return clone(machine).fit(X[kept], labels[kept]).score(*rows)

    every = np.ones(len(y), dtype=bool)
    draws = [
        (kind, flip(kind, X, y, trusted, None, machine, rng)) for kind in KINDS[:-1]
    ]
    for name in names:
        start = time.process_time()
        filter = filters(machine)[name]
        own_rng = np.random.default_rng(setting.seed)
        believed = flip("believed", X, y, trusted, filter, machine, own_rng)
        sets = [*draws, ("believed", believed)]
        kept = [keep(filter, X, labels, trusted) for _, labels in sets]
        harm = [-accuracy(s[1], k, own) for s, k in zip(sets, kept)]
        worst = int(np.argmax(harm))
        (_, first), (kind, labels) = sets[0], sets[worst]
        yield {
            "clean": accuracy(y, every, test),
            "undefended": accuracy(first, every, test),
            "random": accuracy(first, kept[0], test),
            "random removed": np.mean(~kept[0][first != y]),
            "worst undefended": accuracy(labels, every, test),
            "worst": accuracy(labels, kept[worst], test),
            "worst removed": np.mean(~kept[worst][labels != y]),
            "perfect": accuracy(labels, labels == y, test),
            "kind": kind,
            "seconds": time.process_time() - start,
        }


def spoil(setting, names):
    """Each filter where a group is relabelled and some trusted rows are wrong."""
    warnings.simplefilter("ignore")
    X, y, trusted, *_, test, rng = draw(setting)
    machine = attacked_svc(setting.data)
    labels, group = y.copy(), flip_groups(X[~trusted], y[~trusted], GROUP, rng, 1)
    labels[~trusted] = group
    is_poison = labels != y
    n_spoiled = round(setting.share * trusted.sum())
    rows = rng.permutation(np.flatnonzero(trusted))
    if setting.where == "aimed":
        middle = X[is_poison].mean(axis=0)
        rows = rows[np.argsort(np.linalg.norm(X[rows] - middle, axis=1))]
        rows = rows[y[rows] != labels[is_poison][0]]
        labels[rows[:n_spoiled]] = labels[is_poison][0]
    else:
        spoiled, n_classes = rows[:n_spoiled], y.max() + 1
        labels[spoiled] += rng.integers(1, n_classes, n_spoiled)
        labels[spoiled] %= n_classes
    for name in names:
        start = time.process_time()
        kept = keep(filters(machine)[name], X, labels, trusted)
        seconds = time.process_time() - start
        fitted = clone(machine).fit(X[kept], labels[kept])
        yield {
            "poison removed": np.mean(~kept[is_poison]),
            "clean removed": np.mean(~kept[~is_poison & ~trusted]),
            "accuracy": fitted.score(*test),
            "seconds": seconds,
        }


def show_rehearsed(cells):
    for data, part in cells.groupby("data", sort=False):
        print(f"\n{data}\n")
        long = part.rename(columns=REHEARSED).melt(
            ["defense", "seed"], list(REHEARSED.values()), "figure", "value"
        )
        print(markdown_table(mean_and_interval(long, "defense", "figure", "value")))
    print(f"\nthe worst kind\n\n{cells.value_counts(['defense', 'kind']).unstack()}")
    print(f"\n{cells['seconds'].sum():.0f} CPU seconds")


def show_spoiled(cells):
    for (data, where), part in cells.groupby(["data", "where"], sort=False):
        for figure in ("poison removed", "clean removed", "accuracy"):
            print(f"\n{data}, {where}: {figure} by share of trusted rows spoiled\n")
            print(markdown_table(mean_and_interval(part, "defense", "share", figure)))
    print(f"\n{cells['seconds'].sum():.0f} CPU seconds")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["rehearsed", "spoiled"])
    parser.add_argument("--cells", type=Path)
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    parser.add_argument("--defenses", nargs="+", help="of the part; De-Pois too")
    given = parser.parse_args()
    path = given.cells or Path(f"adaptive_{given.part}")
    if given.part == "rehearsed":
        grid = [Setting(*cell) for cell in product(given.data, given.seeds)]
        names = given.defenses or OF_REHEARSAL
        show_rehearsed(run_experiment(rehearse, grid, names, path, n_jobs=1))
    else:
        wheres = ("aimed", "anywhere")
        grid = [
            SpoiledSetting(*cell)
            for cell in product(given.data, wheres, SPOILED, given.seeds)
        ]
        names = given.defenses or OF_SPOILS
        show_spoiled(run_experiment(spoil, grid, names, path, n_jobs=1))

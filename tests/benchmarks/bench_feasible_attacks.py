"""Attacks within sanitizers' feasible sets, and what defenses make of them.

Error of a linear SVM on test rows that the attacker knows, and what each defense
removes: means with their 95 % intervals.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_feasible_attacks --cells feasible
    ... --data mnist --seeds 10 11

A run that was stopped goes on.
"""

import argparse
import time
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from skpoison.attacks import InfluenceAttack, KKTAttack, MinMaxAttack
from skpoison.base import PoisonedData
from skpoison.datasets import fetch_mnist
from skpoison.defenses import (
    CalibratedFilter,
    DeepKNNFilter,
    RandomEvictionFilter,
    SeverFilter,
    SphereSlabFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import markdown_table, mean_and_interval, run_experiment
from skpoison.exceptions import FewTrustedRowsWarning

ALPHA, RATE, N_TRUSTED = 0.01, 0.03, 100
NOTHING = "flag nothing"


@dataclass
class Setting:
    """A poisoned draw of the rows."""

    data: str
    attack: str
    seed: int


def breast_cancer(seed):
    """400 training and 169 test rows, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    order = np.random.RandomState(seed).permutation(len(y))
    return X[order[:400]], y[order[:400]], X[order[400:]], y[order[400:]]


def mnist(seed):
    """1 against 7: 1,500 training and 1,500 test images."""
    rows = []
    for split in ("train", "test"):
        X, y = fetch_mnist(split=split, return_X_y=True)
        kept = np.flatnonzero(np.isin(y, [1, 7]))
        kept = np.random.RandomState(seed).permutation(kept)[:1500]
        rows += [X[kept] / 255, y[kept]]
    X, y, X_test, y_test = rows
    return X - X.mean(axis=0), y, X_test - X.mean(axis=0), y_test


def machine(X, y):
    C = 1 / (ALPHA * len(y))
    return LinearSVC(C=C, loss="hinge", max_iter=100_000, random_state=0).fit(X, y)


def attacks(seed):
    settings = {"rate": RATE, "alpha": ALPHA}
    return {
        "none": None,
        "influence": InfluenceAttack(**settings, random_state=seed),
        "KKT": KKTAttack(**settings),
        "min-max": MinMaxAttack(**settings),
    }


def defenses(n_rows):
    """Filters, by name, and whether they are given trusted rows."""
    n_poisons = round(RATE * n_rows)
    share = RATE / (1 + RATE)
    vote = DeepKNNFilter(k=15)
    baseline = TrustedDisagreementFilter(SVC(), random_state=0)
    return {
        "random eviction, 5 %": (RandomEvictionFilter(0.05, random_state=0), False),
        "trusted disagreement": (baseline, True),
        "sphere and slab, 5 %": (SphereSlabFilter(contamination=0.05), False),
        "sphere and slab, .9, trusted": (SphereSlabFilter(0.9), True),
        "Sever": (
            SeverFilter(LogisticRegression(C=0.1), contamination=share, random_state=0),
            False,
        ),
        "Deep k-NN, k = 15": (vote, False),
        "Deep k-NN, k = 4 x poisons": (DeepKNNFilter(k=4 * n_poisons), False),
        "calibrated Deep k-NN, k = 15": (CalibratedFilter(vote, random_state=0), True),
        "calibrated disagreement": (
            CalibratedFilter(baseline, random_state=0),
            True,
        ),
    }


def measure(setting, names):
    X, y, X_test, y_test = DATA[setting.data](setting.seed)
    attack = attacks(setting.seed)[setting.attack]
    start = time.process_time()
    poisoned = PoisonedData(X, y, np.zeros(len(y), dtype=bool))
    if attack is not None:
        poisoned = attack.fit_poison(X, y, X_val=X_test, y_val=y_test)
    seconds = time.process_time() - start
    # The rows come in random order, and the poison last.
    trusted = np.arange(len(poisoned.y)) < N_TRUSTED
    for name in names:
        kept = np.ones(len(poisoned.y), dtype=bool)
        if name != NOTHING:
            filter, needs_trusted = defenses(len(y))[name]
            params = {"trusted": trusted} if needs_trusted else {}
            kept = filter.fit(poisoned.X, poisoned.y, **params).inlier_mask_
        model = machine(poisoned.X[kept], poisoned.y[kept])
        found = ~kept[poisoned.is_poison]
        yield {
            "test error": 1 - model.score(X_test, y_test),
            "poison removed": found.mean() if len(found) else 0.0,
            "clean removed": np.mean(~kept[~poisoned.is_poison]),
            "attack_seconds": seconds,
        }


DATA = {"breast_cancer": breast_cancer, "mnist": mnist}


def main(args):
    # That 100 trusted rows are few for so little poison is what the table shows.
    warnings.simplefilter("ignore", FewTrustedRowsWarning)
    for data in args.data:
        settings = [
            Setting(data, attack, seed) for seed in args.seeds for attack in attacks(0)
        ]
        names = [NOTHING, *defenses(0)]
        frame = run_experiment(measure, settings, names, args.cells, n_jobs=1)
        print(f"{data}, {len(args.seeds)} draws")
        print(frame.groupby("attack", sort=False)["attack_seconds"].mean().round(1))
        for column in ("test error", "poison removed", "clean removed"):
            table = mean_and_interval(frame, "defense", "attack", column)
            print(f"\n{column}\n{markdown_table(table.reset_index())}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", required=True, help="folder of what is measured")
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(10, 20)))
    main(parser.parse_args())

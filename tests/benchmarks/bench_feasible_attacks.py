"""Attacks within sanitizers' feasible sets, and what defenses make of them.

Error of a linear SVM on test rows that the attacker knows, and what each defense
removes: means with their 95 % intervals.

    python -m tests.benchmarks.bench_feasible_attacks breast_cancer mnist

`breast_cancer` has ten draws and `mnist` five; each prints as soon as it is measured.
"""

import sys
import time
import warnings
from functools import partial

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
from skpoison.evaluation import with_interval
from skpoison.exceptions import FewTrustedRowsWarning

ALPHA, RATE, N_TRUSTED = 0.01, 0.03, 100


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


def measure(load, attack_name, seed):
    """Test error, and shares of poison and of clean rows removed, by each defense."""
    X, y, X_test, y_test = load(seed)
    attack = attacks(seed)[attack_name]
    start = time.process_time()
    poisoned = PoisonedData(X, y, np.zeros(len(y), dtype=bool))
    if attack is not None:
        poisoned = attack.fit_poison(X, y, X_val=X_test, y_val=y_test)
    seconds = time.process_time() - start
    # The rows come in random order, and the poison last.
    trusted = np.arange(len(poisoned.y)) < N_TRUSTED

    def row(kept):
        error = 1 - machine(poisoned.X[kept], poisoned.y[kept]).score(X_test, y_test)
        found = (
            np.mean(~kept[poisoned.is_poison]) if poisoned.is_poison.any() else np.nan
        )
        return [error, found, np.mean(~kept[~poisoned.is_poison])]

    results = {"flag nothing": row(np.ones(len(poisoned.y), dtype=bool))}
    for name, (filter, needs_trusted) in defenses(len(y)).items():
        params = {"trusted": trusted} if needs_trusted else {}
        filter.fit(poisoned.X, poisoned.y, **params)
        results[name] = row(filter.inlier_mask_)
    return results, seconds


def run(load, seeds):
    print(f"{load.__name__}: error of a linear SVM; poison and clean rows removed")
    for attack_name in attacks(0):
        measured = [measure(load, attack_name, seed) for seed in seeds]
        seconds = np.mean([s for _, s in measured])
        print(f"\n{attack_name}: {seconds:.1f} CPU s an attack\n")
        print("| defense | test error | poison removed | clean removed |")
        print("| --- | --- | --- | --- |")
        for name in measured[0][0]:
            cells = np.transpose([results[name] for results, _ in measured])
            written = [
                "" if np.isnan(values).any() else with_interval(values, digits=3)
                for values in cells
            ]
            print(f"| {name} | {' | '.join(written)} |", flush=True)


if __name__ == "__main__":
    # That 100 trusted rows are few for so little poison is what the table shows.
    warnings.simplefilter("ignore", FewTrustedRowsWarning)
    parts = {
        "breast_cancer": partial(run, breast_cancer, range(10, 20)),
        "mnist": partial(run, mnist, range(10, 15)),
    }
    for name in sys.argv[1:] or parts:
        parts[name]()

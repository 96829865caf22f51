"""How well defenses that know some trusted rows find flipped labels.

Four data sets, five attacks on the labels of the untrusted rows, shares of trusted rows
from 1 to 20 %. The figures are means over data sets, attacks and seeds of the F1 score
of the poison class and of the ROC AUC, both over the untrusted rows alone, with 95 %
intervals over the seeds.

    python -m tests.benchmarks.bench_annealed_trust --csv annealed_trust.csv

takes about 30 minutes of one core; a run that was stopped goes on where the CSV ends.
Weak spots:

    ... --rate 0.3                more poison
    ... --wrong 0.1               a tenth of the trusted rows has a wrong label, too
    ... --attacks adaptive        the attacker knows the defense and the trusted rows
"""

import argparse
import csv
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.datasets import fetch_fourclass, fetch_mnist
from skpoison.defenses import (
    AnnealedTrustFilter,
    DeepKNNFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import markdown_table, mean_and_interval

DATA_SETS = ("fourclass", "digits", "breast cancer", "mnist")
ATTACKS = ("random", "far", "near", "cluster", "confusion")
SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)
CELL = ("data", "seed", "rate", "wrong", "share", "attack")
COLUMNS = (*CELL, "method", "f1", "auc", "seconds")


def draw_rows(data, rng):
    """Some rows of a data set, drawn at random, as the experiments take them."""
    if data == "fourclass":
        X, y = fetch_fourclass(return_X_y=True)
        n, prepare = 600, None
    elif data == "digits":
        X, y = load_digits(return_X_y=True)
        n, prepare = 1200, None
    elif data == "breast cancer":
        X, y = load_breast_cancer(return_X_y=True)
        n, prepare = 400, StandardScaler()
    else:
        X, y = fetch_mnist(return_X_y=True)
        n, prepare = 1200, PCA(40, random_state=0)
    rows = rng.permutation(len(y))[:n]
    X = X[rows].reshape(n, -1).astype(float)
    y = np.unique(y, return_inverse=True)[1][rows]
    return (X if prepare is None else prepare.fit_transform(X)), y


def attacked_svc(data):
    """The victim, which also is the trusted baseline: a fair choice per data set."""
    return SVC(C=10, gamma=10 if data == "fourclass" else "scale")


def draw_trusted(y, share, rng):
    """A share of the rows, one of each class among them where the share allows."""
    order = rng.permutation(len(y))
    n_trusted, n_classes = round(share * len(y)), y.max() + 1
    first = [order[y[order] == c][0] for c in range(n_classes)]
    if n_trusted >= n_classes:
        order = np.concatenate([first, np.setdiff1d(order, first, assume_unique=True)])
    trusted = np.zeros(len(y), dtype=bool)
    trusted[order[:n_trusted]] = True
    return trusted


def poison_labels(attack, X, y, trusted, rate, svc, rng):
    """The labels after an attack on the rows that are not trusted."""
    poisoned, X_open, y_open = y.copy(), X[~trusted], y[~trusted]
    if attack == "adaptive":
        flipped = believe_the_flips(X, y, trusted, rate)
    elif attack == "confusion":
        flipped = confuse_classes(y_open, rate, rng)
    elif attack == "cluster" and y.max() > 1:
        flipped = flip_groups(X_open, y_open, rate, rng)
    else:
        flipped = flip_labels(attack, X_open, y_open, rate, svc, rng)
    poisoned[~trusted] = flipped
    return poisoned


def flip_labels(strategy, X, y, rate, svc, rng):
    seed = int(rng.integers(2**31))
    attack = LabelFlipAttack(
        strategy=strategy, rate=rate, estimator=svc, random_state=seed
    )
    return attack.fit_poison(X, y).y


def believe_the_flips(X, y, trusted, rate):
    """The flips that the first round of annealed trust finds easiest to believe."""
    first_round = AnnealedTrustFilter(n_rounds=1, random_state=0)
    first_round.fit(X, y, trusted=trusted)
    X, y = X[~trusted], y[~trusted]
    belief = np.column_stack(
        [first_round.score_samples(X, np.full(len(y), c)) for c in first_round.classes_]
    )
    belief[np.arange(len(y)), y] = -np.inf
    rows = np.argsort(-belief.max(axis=1))[: round(rate * len(y))]
    flipped = y.copy()
    flipped[rows] = belief.argmax(axis=1)[rows]
    return flipped


def confuse_classes(y, rate, rng):
    """Rows of few classes get the label of the next: all in one direction.

    With two classes all flips are in the rows of one of them; else up to 60 % of a
    class is flipped before it is the turn of another.
    """
    n_classes, left, poisoned = y.max() + 1, round(rate * len(y)), y.copy()
    for c in rng.permutation(n_classes):
        rows = rng.permutation(np.flatnonzero(y == c))
        most = left if n_classes == 2 else min(left, round(0.6 * len(rows)))
        poisoned[rows[:most]] = (c + 1) % n_classes
        left -= len(rows[:most])
    return poisoned


def flip_groups(X, y, rate, rng, n_groups=5):
    """Groups of neighbours of one class get the label of one other class."""
    n_classes, n_flips = y.max() + 1, round(rate * len(y))
    poisoned, free = y.copy(), np.ones(len(y), dtype=bool)
    while (left := n_flips - np.sum(~free)) > 0:
        centre = rng.choice(np.flatnonzero(free))
        same = np.flatnonzero(free & (y == y[centre]))
        nearest = np.argsort(np.linalg.norm(X[same] - X[centre], axis=1))
        group = same[nearest[: min(left, -(-n_flips // n_groups))]]
        poisoned[group] = (y[centre] + rng.integers(1, n_classes)) % n_classes
        free[group] = False
    return poisoned


def methods(svc):
    return {
        "trusted SVC": TrustedDisagreementFilter(svc, random_state=0),
        "Deep k-NN, k = 15": DeepKNNFilter(k=15),
        "self-training": TrustedDisagreementFilter(svc, n_rounds=5, random_state=0),
        "annealed trust": AnnealedTrustFilter(random_state=0),
        "annealed trust, audit": AnnealedTrustFilter(audit=True, random_state=0),
    }


def run_cell(data, seed, rate, wrong, share, attack):
    """All methods on one poisoned draw of the rows."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng([seed, DATA_SETS.index(data), round(1000 * share)])
    X, y = draw_rows(data, rng)
    svc = attacked_svc(data)
    trusted = draw_trusted(y, share, rng)
    poisoned = poison_labels(attack, X, y, trusted, rate, svc, rng)
    poisoned[trusted] = flip_labels("random", X[trusted], y[trusted], wrong, svc, rng)
    is_poison = (poisoned != y)[~trusted]
    cell = (data, seed, rate, wrong, share, attack)
    records = [(*cell, "flag nothing", 0.0, 0.5, 0.0)]
    for name, method in methods(svc).items():
        start = time.process_time()
        method.fit(X, poisoned, trusted=trusted)
        seconds = time.process_time() - start
        f1 = f1_score(is_poison, ~method.inlier_mask_[~trusted])
        auc = roc_auc_score(is_poison, -method.sample_scores_[~trusted])
        records.append((*cell, name, f1, auc, seconds))
    return records


def run(path, cells, n_jobs):
    """Run the cells that the CSV lacks, and return those asked for."""
    if not path.exists():
        path.write_text(",".join(COLUMNS) + "\n")
    done = pd.MultiIndex.from_frame(pd.read_csv(path)[list(CELL)])
    finished = Parallel(n_jobs, return_as="generator_unordered")(
        delayed(run_cell)(*cell) for cell in cells if cell not in done
    )
    for records in finished:
        with path.open("a", newline="") as file:
            csv.writer(file).writerows(records)
    results = pd.read_csv(path).set_index(list(CELL))
    return results[results.index.isin(cells)].reset_index()


def show(results):
    for value in ("f1", "auc"):
        show_means(results, "share", value, "share of trusted rows")
    for by in ("data", "attack"):
        for share, rows in results.groupby("share"):
            show_means(rows, by, "f1", f"{by}, share of trusted rows {share}")
    show_means(results, "data", "seconds", "data")


def show_means(results, columns, value, title):
    """Means over all else, with intervals over the seeds: the rest is no repetition."""
    by_seed = ["method", columns, "seed"]
    seeds = results.groupby(by_seed, sort=False, as_index=False)[value].mean()
    print(f"\n{value} by {title}\n")
    print(markdown_table(mean_and_interval(seeds, "method", columns, value)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path, default=Path("annealed_trust.csv"))
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    parser.add_argument("--attacks", nargs="+", default=ATTACKS)
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--wrong", type=float, default=0.0)
    parser.add_argument("--n-jobs", type=int, default=2)
    given = parser.parse_args()
    cells = product(
        DATA_SETS, given.seeds, [given.rate], [given.wrong], given.shares, given.attacks
    )
    show(run(given.csv, list(cells), given.n_jobs))

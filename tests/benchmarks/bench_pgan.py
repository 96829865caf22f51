"""pGAN on the digits 9 against 8: harm, detectability and time, as alpha grows.

    python -m tests.benchmarks.bench_pgan alpha

The poison carries the label 8; its share is that of the poisoned set. Mean over ten
70/30 splits with the 95 % interval by Student's t: test error of two victims trained
from scratch, and how far the poison is from the clean eights: the ROC AUC of the mean
distance to the five nearest, against eights of the test set, and that distance
relative to theirs. CPU seconds of the crafting alone. Copied nines with the label 8
and no poison at all stand beside. *settings* are others than the defaults, which were
chosen on its splits, and *images* the same rows as images, with convolutional networks.
Cells are kept in a file, and measured once.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier

from skpoison.attacks import PGANAttack
from skpoison.evaluation import markdown_table, run_experiment, with_interval

NONE, COPIED, IMAGES = "none", "copied nines", "images"
ALPHAS = {
    f"alpha {alpha}": {"alpha": alpha} for alpha in (0.0, 0.1, 0.3, 0.5, 0.7, 1.0)
}
UNBALANCED = {
    f'alpha {alpha}, balance="none"': {"alpha": alpha, "balance": "none"}
    for alpha in (0.1, 0.5)
}
SETTINGS = {
    "noise_dim 8": {"noise_dim": 8},
    "batch_size 64": {"batch_size": 64},
    "generator_learning_rate 2e-3": {"generator_learning_rate": 2e-3},
}
ON_IMAGES = {
    IMAGES: {},
    "images, batch_size 64": {"batch_size": 64},
    "images, batch_size 64, max_iter 400": {"batch_size": 64, "max_iter": 400},
}
POISONS: dict = {**ALPHAS, **UNBALANCED, **SETTINGS, **ON_IMAGES}
# Shares, poisons and splits of each table.
TABLES: dict = {
    "alpha": (
        {
            0.2: [NONE, COPIED, "alpha 0.0", "alpha 0.3"],
            0.4: [COPIED, *ALPHAS, *UNBALANCED],
        },
        range(10, 20),
    ),
    "settings": ({0.4: ["alpha 0.0", *SETTINGS]}, range(5)),
    "images": ({0.4: [*ON_IMAGES]}, range(5)),
}
COLUMNS = ["MLP", "logistic regression", "AUC", "distance", "spread", "seconds"]


@dataclass
class Setting:
    share: float
    seed: int


def split(seed):
    X, y = load_digits(return_X_y=True)
    X, y = X[y > 7] / 16, y[y > 7]
    return train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)


def errors(X, y, X_test, y_test, seed):
    victims = (
        MLPClassifier((64,), max_iter=500, random_state=seed),
        LogisticRegression(max_iter=1000),
    )
    return [1 - victim.fit(X, y).score(X_test, y_test) for victim in victims]


def detectability(X_poison, X, X_test):
    neighbors = NearestNeighbors(n_neighbors=5).fit(X)
    poison, clean = (
        neighbors.kneighbors(rows)[0].mean(axis=1) for rows in (X_poison, X_test)
    )
    is_poison = np.repeat([1, 0], [len(poison), len(clean)])
    auc = roc_auc_score(is_poison, np.concatenate([poison, clean]))
    return [auc, poison.mean() / clean.mean()]


def poison(name, share, X, y, seed):
    """Rows that are added, the spread that the attack tells, and its seconds."""
    rate = share / (1 - share)
    if name == NONE:
        return X[:0], np.nan, np.nan
    if name == COPIED:
        n, nines = round(rate * len(y)), np.flatnonzero(y == 9)
        rows = np.random.RandomState(seed).choice(nines, n, replace=n > len(nines))
        return X[rows], np.nan, np.nan
    params = {"alpha": 0.0, "rate": rate, "poison_class": 8, **POISONS[name]}
    attack = PGANAttack(device="cpu", random_state=seed, **params)
    start = time.process_time()
    attack.fit_poison(X.reshape(-1, 1, 8, 8) if name.startswith(IMAGES) else X, y)
    seconds = time.process_time() - start
    return attack.X_poison_.reshape(-1, X.shape[1]), attack.spread_, seconds


def measure(setting, poisons):
    torch.set_num_threads(1)
    X, X_test, y, y_test = split(setting.seed)
    for name in poisons:
        rows, spread, seconds = poison(name, setting.share, X, y, setting.seed)
        labels = np.append(y, np.full(len(rows), 8))
        harm = errors(np.append(X, rows, axis=0), labels, X_test, y_test, setting.seed)
        found = [np.nan, np.nan]
        if len(rows):
            found = detectability(rows, X[y == 8], X_test[y_test == 8])
        yield dict(zip(COLUMNS, [*harm, *found, spread, seconds], strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--cells", default="results/pgan")
    given = parser.parse_args()
    shares, seeds = TABLES[given.table]
    for share, poisons in shares.items():
        settings = [Setting(share, seed) for seed in given.seeds or seeds]
        cells = run_experiment(measure, settings, poisons, given.cells, n_jobs=1)
        print(f"\nshare {share}\n")
        groups = cells.groupby("defense", sort=False)[COLUMNS]
        table = groups.agg(with_interval).rename_axis("poison")
        print(markdown_table(table), flush=True)

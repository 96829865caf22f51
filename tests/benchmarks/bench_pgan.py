"""pGAN on the digits 9 against 8: harm, detectability and time, as alpha grows.

The poison carries the label 8; its share is that of the poisoned set. Mean over ten
70/30 splits with the 95 % interval by Student's t: test error of two victims trained
from scratch, and how far the poison is from the clean eights: the ROC AUC of the mean
distance to the five nearest, against eights of the test set, and that distance
relative to theirs. CPU seconds of the crafting alone. Copied nines with the label 8
and no poison at all stand beside. Run: python -m tests.benchmarks.bench_pgan
"""

import time

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.neural_network import MLPClassifier

from skpoison.attacks import PGANAttack
from skpoison.evaluation import with_interval

SEEDS = range(10)
ALPHAS = {0.2: (0.0, 0.3), 0.4: (0.0, 0.1, 0.3, 0.5, 0.7, 1.0)}
UNBALANCED = (0.1, 0.5)
COLUMNS = ("MLP", "logistic regression", "AUC", "distance", "spread", "seconds")


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


def without_attack(seed):
    X, X_test, y, y_test = split(seed)
    return errors(X, y, X_test, y_test, seed)


def copied(seed, share):
    X, X_test, y, y_test = split(seed)
    n = round(share / (1 - share) * len(y))
    nines = np.flatnonzero(y == 9)
    rows = np.random.RandomState(seed).choice(nines, n, replace=n > len(nines))
    X_all, y_all = np.concatenate([X, X[rows]]), np.append(y, np.full(n, 8))
    found = detectability(X[rows], X[y == 8], X_test[y_test == 8])
    return [*errors(X_all, y_all, X_test, y_test, seed), *found]


def attacked(seed, share, **params):
    X, X_test, y, y_test = split(seed)
    attack = PGANAttack(
        rate=share / (1 - share),
        poison_class=8,
        device="cpu",
        random_state=seed,
        **params,
    )
    start = time.process_time()
    poisoned = attack.fit_poison(X, y)
    seconds = time.process_time() - start
    found = detectability(attack.X_poison_, X[y == 8], X_test[y_test == 8])
    harm = errors(poisoned.X, poisoned.y, X_test, y_test, seed)
    return [*harm, *found, attack.spread_, seconds]


def print_row(name, runs):
    cells = [with_interval(values) for values in np.transpose(runs)]
    cells += [""] * (len(COLUMNS) - len(cells))
    print(f"| {name} |", " | ".join(cells), "|", flush=True)


def main():
    torch.set_num_threads(1)
    print("| poison |", " | ".join(COLUMNS), "|")
    print("|", " --- |" * (len(COLUMNS) + 1))
    print_row("none", [without_attack(seed) for seed in SEEDS])
    for share, alphas in ALPHAS.items():
        name = f"share {share}"
        print_row(f"{name}, copied nines", [copied(seed, share) for seed in SEEDS])
        for alpha in alphas:
            runs = [attacked(seed, share, alpha=alpha) for seed in SEEDS]
            print_row(f"{name}, alpha {alpha}", runs)
    for alpha in UNBALANCED:
        runs = [attacked(s, 0.4, alpha=alpha, balance="none") for s in SEEDS]
        print_row(f'share 0.4, alpha {alpha}, balance="none"', runs)


if __name__ == "__main__":
    main()

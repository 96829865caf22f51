"""Certified classifiers: how many rows an attacker may change without any effect.

Clean rows and one fit each, with nothing drawn: the figures need no seeds. The voters
were chosen by what they learn from 50 training rows about other training rows.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_certified --cells certified
    ... --data digits

A run that was stopped goes on.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skpoison.datasets import fetch_mnist
from skpoison.defenses import (
    CertifiedKNeighborsClassifier,
    PartitionAggregationClassifier,
)
from skpoison.evaluation import markdown_table, run_experiment
from skpoison.metrics import certified_accuracy_curve

VOTINGS = ["plurality", "run_off"]
VOTERS = {
    "digits": make_pipeline(StandardScaler(), RidgeClassifier()),
    "MNIST pixels": LogisticRegression(C=100, max_iter=1000),
    "MNIST gradients": RidgeClassifier(0.1),
}
BUDGETS = {"digits": (0, 1, 2, 5, 10, 15, 20)}
MNIST_BUDGETS = (0, 50, 100, 200, 300, 400, 500)
N_DIRECTIONS = 8


@dataclass
class Setting:
    """A classifier: so many parts, or so many neighbors, 0 for those that it is not."""

    data: str
    n_partitions: int
    n_neighbors: int


def settings(data):
    parts, neighbors = ((24, 48), (11, 51))
    if data != "digits":
        parts, neighbors = ((1200, 3000), (201, 1001, 3001))
    return [Setting(data, n, 0) for n in parts], [
        Setting(data, 0, k) for k in neighbors
    ]


def load(data):
    """Training and test rows; of MNIST, every second test image."""
    if data == "digits":
        X, y = load_digits(return_X_y=True)
        order = np.random.RandomState(0).permutation(len(y))
        train, test = order[:1200], order[1200:]
        return X[train], y[train], X[test], y[test]
    features = directions if data == "MNIST gradients" else pixels
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = (a[::2] for a in fetch_mnist(split="test", return_X_y=True))
    return features(X), y, features(X_test), y_test


def pixels(X):
    return X.astype(np.float32) / 255


def directions(X):
    """How much the ink changes in each direction, summed over squares of 4 x 4 pixels.

    It follows from the image alone: no other row has a part in it, so that it can be
    computed before the rows are divided.
    """
    images = X.reshape(-1, 28, 28).astype(np.float32)
    dy, dx = np.gradient(images, axis=(1, 2))
    angle = np.arctan2(dy, dx) % np.pi
    direction = np.minimum(angle / np.pi * N_DIRECTIONS, N_DIRECTIONS - 1).astype(int)
    strength = np.hypot(dx, dy)
    squares = [
        (strength * (direction == i)).reshape(-1, 7, 4, 7, 4).sum(axis=(2, 4))
        for i in range(N_DIRECTIONS)
    ]
    features = np.sqrt(np.stack(squares, axis=-1).reshape(len(X), -1))
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def measure(setting, votings):
    X, y, X_test, y_test = load(setting.data)
    if setting.n_neighbors:
        model = CertifiedKNeighborsClassifier(setting.n_neighbors)
    else:
        model = PartitionAggregationClassifier(
            VOTERS[setting.data], setting.n_partitions
        )
    start = time.process_time()
    model.fit(X, y)
    fit_seconds = time.process_time() - start
    votes = model.votes(X_test)
    right = votes[np.arange(len(y_test)), np.searchsorted(model.classes_, y_test)]
    for voting in votings:
        if setting.n_partitions:
            model.set_params(voting=voting)
        start = time.process_time()
        radius = model.certified_radius(X_test)
        seconds = time.process_time() - start
        budgets, accuracy = certified_accuracy_curve(
            y_test, model.predict(X_test), radius
        )
        asked = BUDGETS.get(setting.data, MNIST_BUDGETS)
        yield {
            "right votes": np.mean(right / votes.sum(axis=1)),
            **{f"{b}": accuracy[b] if b < len(accuracy) else 0.0 for b in asked},
            # The largest budget at which half of the test rows are certified.
            "half": int(budgets[accuracy >= 0.5].max(initial=0)),
            "fit_seconds": fit_seconds,
            "radius_seconds": seconds,
        }


def main(args):
    for data in args.data:
        for asked, votings in zip(settings(data), (VOTINGS, VOTINGS[:1])):
            frame = run_experiment(measure, asked, votings, args.cells, n_jobs=1)
            print(markdown_table(frame.drop(columns="data").round(3)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", required=True, help="folder of what is measured")
    parser.add_argument("--data", nargs="+", choices=VOTERS, default=list(VOTERS))
    main(parser.parse_args())

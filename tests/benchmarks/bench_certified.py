"""Certified classifiers: how many rows an attacker may change without any effect.

    python -m tests.benchmarks.bench_certified dpa neighbors digits

Clean rows and one fit each, with nothing drawn: the figures need no seeds. The voters
were chosen by what they learn from 50 training rows about other training rows.
"""

import sys
import time

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
from skpoison.metrics import certified_accuracy_curve

VOTINGS = ("plurality", "run_off")
MNIST_BUDGETS = (0, 50, 100, 200, 300, 400, 500)
N_DIRECTIONS = 8


def mnist(*, gradients):
    """Training and test set: pixels, or how much the ink changes in each direction.

    The gradients of an image are summed over squares of 4 x 4 pixels. They follow from
    the image alone: no other row has a part in them, so that they can be computed
    before the rows are divided.
    """
    parts = [fetch_mnist(split=split, return_X_y=True) for split in ("train", "test")]
    return [
        array
        for X, y in parts
        for array in (directions(X) if gradients else X.astype(np.float32) / 255, y)
    ]


def directions(X):
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


def dpa():
    """MNIST, linear voters of 50 and of 20 rows each."""
    print_header("MNIST", MNIST_BUDGETS)
    for name, gradients, voter in (
        ("pixels, logistic", False, LogisticRegression(C=100, max_iter=1000)),
        ("gradients, ridge", True, RidgeClassifier(0.1)),
    ):
        X, y, X_test, y_test = mnist(gradients=gradients)
        for n_partitions in (1200, 3000):
            model, seconds = fitted(
                PartitionAggregationClassifier(voter, n_partitions), X, y
            )
            for voting in VOTINGS:
                model.set_params(voting=voting)
                name_of_row = f"{name}, {n_partitions} parts, {voting}"
                print_curve(name_of_row, model, X_test, y_test, MNIST_BUDGETS, seconds)


def neighbors():
    """MNIST, features that were learned from nothing."""
    print_header("MNIST", MNIST_BUDGETS)
    for name, gradients in (("pixels", False), ("gradients", True)):
        X, y, X_test, y_test = mnist(gradients=gradients)
        for k in (201, 1001, 3001):
            model, seconds = fitted(CertifiedKNeighborsClassifier(k), X, y)
            print_curve(
                f"{name}, k = {k}", model, X_test, y_test, MNIST_BUDGETS, seconds
            )


def digits():
    """The digits of scikit-learn: 1,200 rows to learn from, 597 to test."""
    X, y = load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(y))
    train, test = order[:1200], order[1200:]
    budgets = (0, 1, 2, 5, 10, 15, 20)
    print_header("digits", budgets)
    ridge = make_pipeline(StandardScaler(), RidgeClassifier())
    models = {
        f"ridge, {n} parts, {voting}": PartitionAggregationClassifier(
            ridge, n, voting=voting
        )
        for n in (24, 48)
        for voting in VOTINGS
    }
    models |= {f"k = {k}": CertifiedKNeighborsClassifier(k) for k in (11, 51)}
    for name, model in models.items():
        model, seconds = fitted(model, X[train], y[train])
        print_curve(name, model, X[test], y[test], budgets, seconds)


def fitted(model, X, y):
    start = time.process_time()
    return model.fit(X, y), time.process_time() - start


def print_header(data, budgets):
    print(f"{data}: certified accuracy, by the rows that an attacker adds or removes")
    names = " | ".join(map(str, budgets))
    print(f"| model | voter | {names} | half | fit, s | predict, s |")


def print_curve(name, model, X, y, budgets, fit_seconds):
    """Half: the largest budget at which half of the test rows are certified."""
    start = time.process_time()
    radius = model.certified_radius(X)
    seconds = time.process_time() - start
    _, accuracy = certified_accuracy_curve(y, model.predict(X), radius)
    at = [f"{accuracy[b]:.3f}" if b < len(accuracy) else ".000" for b in budgets]
    half = np.flatnonzero(accuracy >= 0.5)
    cells = [
        name,
        voter_accuracy(model, X, y),
        *at,
        str(half.max(initial=0)),
        f"{fit_seconds:.0f}",
        f"{seconds:.0f}",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


def voter_accuracy(model, X, y):
    """Mean accuracy of the voters alone: what is paid for the certificate."""
    if not hasattr(model, "estimators_"):
        return ""
    votes = model.votes(X)
    right = votes[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    return f"{np.mean(right / votes.sum(axis=1)):.3f}"


if __name__ == "__main__":
    parts = {f.__name__: f for f in (dpa, neighbors, digits)}
    for name in sys.argv[1:] or parts:
        parts[name]()

"""The neighbour vote against the plain matrix product and against scikit-learn.

Run it as a script. Contenders take turns within one process, and the table holds ratios
of CPU seconds, so that other load on the machine matters little. Data: ten Gaussian
clusters with 1 % of the labels flipped, float32.

    python -m tests.benchmarks.bench_neighbors
    python -m tests.benchmarks.bench_neighbors --sizes 50000,512,100 50000,512,5000
    python -m tests.benchmarks.bench_neighbors --sizes 50000,64,15 --approximate
"""

import argparse
import time
import tracemalloc
from statistics import median
from unittest import mock

import numpy as np
import torch
from sklearn import get_config
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from skpoison.neighbors import _prefilter16, neighbor_votes

SMALL_ENOUGH_FOR_SKLEARN = 10_000


def clusters(n, d, separation):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, n)
    X = separation * rng.standard_normal((10, d))[y] + rng.standard_normal((n, d))
    flipped = rng.random(n) < 0.01
    y[flipped] = rng.integers(0, 10, flipped.sum())
    return X.astype(np.float32), y


def matrix_product(X, n_rows=1024):
    """All pairs, in the blocks that suit BLAS best, with one thread."""
    out = np.empty((n_rows, len(X)), dtype=X.dtype)
    with threadpool_limits(1, "blas"):
        for start in range(0, len(X), n_rows):
            block = X[start : start + n_rows]
            np.matmul(block, X.T, out=out[: len(block)])


def contenders(X, y, k):
    yield "matrix product", lambda: matrix_product(X)
    yield "votes", lambda: neighbor_votes(X, y, k)
    yield "votes, 2 jobs", lambda: neighbor_votes(X, y, k, n_jobs=2)
    yield "votes, replicated", lambda: neighbor_votes(X, y, k, class_weight="replicate")
    if _prefilter16.pays(len(X) ** 2):

        def without_screen16():
            with mock.patch.object(_prefilter16, "pays", return_value=False):
                neighbor_votes(X, y, k)

        yield "votes, float32 only", without_screen16
    if len(X) <= SMALL_ENOUGH_FOR_SKLEARN:
        knn = KNeighborsClassifier(k, algorithm="brute")
        yield "KNeighborsClassifier", lambda: knn.fit(X, y).predict(X)


def cpu_seconds(function):
    begin = time.process_time()
    function()
    return time.process_time() - begin


def in_turns(functions, n_rounds):
    """Median CPU seconds of each, measured one after the other in every round."""
    rounds = [
        {name: cpu_seconds(function) for name, function in functions.items()}
        for _ in range(n_rounds)
    ]
    return {name: median(r[name] for r in rounds) for name in functions}


def peak_megabytes(X, y, k):
    tracemalloc.start()
    neighbor_votes(X, y, k)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def outvoted(votes, y):
    return votes[np.arange(len(y)), y] < votes.max(axis=1)


def approximate_recall(X, y, k):
    """Share of the outvoted rows that the approximate vote finds, and its CPU time."""
    params = {"algorithm": "approximate", "random_state": 0}
    neighbor_votes(X[:2000], y[:2000], k, **params)  # compiles
    exact = outvoted(neighbor_votes(X, y, k), y)
    begin = time.process_time()
    found = outvoted(neighbor_votes(X, y, k, **params), y)
    return found[exact].mean(), exact[found].mean(), time.process_time() - begin


def size(text):
    n, d, k = map(int, text.split(","))
    return n, d, k


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes",
        type=size,
        nargs="+",
        metavar="N,D,K",
        default=[(5000, 128, 500), (20000, 64, 50), (20000, 512, 2000)],
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--approximate", action="store_true")
    parser.add_argument("--separation", type=float, default=1.0)
    args = parser.parse_args()

    print(f"torch {torch.__version__}, 16-bit prefilter: {_prefilter16.pays(10**9)}")
    print(f"{'n, d, k':>18}  {'contender':<22}{'CPU s':>8}{'x product':>11}")
    for n, d, k in args.sizes:
        X, y = clusters(n, d, args.separation)
        functions = dict(contenders(X, y, k))
        seconds = in_turns(functions, args.rounds)
        for name, value in seconds.items():
            ratio = value / seconds["matrix product"]
            print(f"{n:>7},{d:>4},{k:>5}  {name:<22}{value:>8.2f}{ratio:>11.2f}")
        if "KNeighborsClassifier" in seconds:
            share = seconds["votes"] / seconds["KNeighborsClassifier"]
            print(f"{'':>18}  votes / KNeighborsClassifier = {share:.3f}")
        if args.approximate:
            recall, precision, value = approximate_recall(X, y, k)
            print(
                f"{'':>18}  approximate: {value:.2f} CPU s, finds {recall:.3f} of the "
                f"outvoted rows; {precision:.3f} of what it finds is outvoted"
            )
        bound = get_config()["working_memory"] + 4 * X.size / 2**20
        print(
            f"{'':>18}  peak {peak_megabytes(X, y, k):.0f} MiB of {bound:.0f} allowed"
        )


if __name__ == "__main__":
    main()

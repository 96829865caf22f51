"""The filters that take sparse rows: CPU seconds and memory.

Run it as a script; every filter runs in a process of its own, as the peak of the
resident memory never falls. Data: rows like TF-IDF, their words drawn by Zipf's law or
evenly, ten classes that favour words of their own, 1 % of the labels flipped. The vote
is compared with scikit-learn's NearestNeighbors(algorithm="brute") on the same rows, in
turns within one process.

    python -m tests.benchmarks.bench_sparse
    python -m tests.benchmarks.bench_sparse --rows 5000 --words even --rounds 3
"""

import argparse
import resource
import subprocess
import sys
import time
from statistics import median

import numpy as np
from scipy.sparse import csr_array
from sklearn.neighbors import NearestNeighbors

from skpoison.defenses import (
    DeepKNNFilter,
    L2CentroidFilter,
    LabelSanitizationFilter,
    RandomEvictionFilter,
)

N_STORED, N_CLASSES, K = 100, 10, 50
FILTERS = {
    "DeepKNNFilter": DeepKNNFilter(k=K),
    "LabelSanitizationFilter": LabelSanitizationFilter(),
    "L2CentroidFilter": L2CentroidFilter(),
    "RandomEvictionFilter": RandomEvictionFilter(),
}


def tf_idf_rows(n_rows, n_words, words):
    """Rows of norm 1 that store `N_STORED` words at most, and their labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, N_CLASSES, n_rows)
    size = (n_rows, N_STORED)
    if words == "zipf":
        drawn = np.exp(rng.random(size) * np.log(n_words)).astype(int) - 1
    else:
        drawn = rng.integers(0, n_words, size)
    # A third of the words are shifted to ones that the class has for itself.
    own = rng.random(size) < 1 / 3
    drawn[own] = (drawn[own] // N_CLASSES) * N_CLASSES + np.repeat(y, own.sum(axis=1))
    drawn %= n_words
    indptr = np.arange(0, n_rows * N_STORED + 1, N_STORED)
    X = csr_array((np.ones(drawn.size), drawn.ravel(), indptr), (n_rows, n_words))
    X.sum_duplicates()
    frequency = np.bincount(X.indices, minlength=n_words)
    X.data *= np.log(n_rows / frequency[X.indices]) + 1
    norms = np.sqrt(X.multiply(X).sum(axis=1))
    X.data /= np.repeat(norms, np.diff(X.indptr))
    flipped = rng.random(n_rows) < 0.01
    y[flipped] = rng.integers(0, N_CLASSES, flipped.sum())
    return X, y


def megabytes():
    """Peak of the resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu_seconds(function):
    begin = time.process_time()
    function()
    return time.process_time() - begin


def report_filter(name, X, y):
    before = megabytes()
    seconds = cpu_seconds(lambda: FILTERS[name].fit(X, y))
    print(f"{name:<26}{seconds:>8.2f} CPU s{megabytes() - before:>8.0f} MB more")


def report_vote(X, y, n_rounds):
    # As many neighbours as the filter asks for, the row itself besides.
    search = NearestNeighbors(n_neighbors=K + 1, algorithm="brute")
    contenders = {
        "DeepKNNFilter": lambda: DeepKNNFilter(k=K).fit(X, y),
        "NearestNeighbors": lambda: search.fit(X).kneighbors(X),
    }
    rounds = [
        {name: cpu_seconds(run) for name, run in contenders.items()}
        for _ in range(n_rounds)
    ]
    ours, theirs = (median(r[name] for r in rounds) for name in contenders)
    print(
        f"{'in turns':<26}{ours:>8.2f} CPU s, NearestNeighbors {theirs:.2f} "
        f"(ratio {ours / theirs:.2f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--vocabulary", type=int, default=50_000)
    parser.add_argument("--words", choices=["zipf", "even"], default="zipf")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--filter", choices=FILTERS, help="this one, in this process")
    args = parser.parse_args()

    if args.filter is None:
        for name in FILTERS:
            subprocess.run([sys.executable, *sys.argv, "--filter", name], check=True)
    X, y = tf_idf_rows(args.rows, args.vocabulary, args.words)
    if args.filter is None:
        report_vote(X, y, args.rounds)
    else:
        report_filter(args.filter, X, y)


if __name__ == "__main__":
    main()

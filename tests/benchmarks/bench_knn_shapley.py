"""kNN-Shapley: seconds and memory beside cleanlab's, and the size of the issue.

64 Gaussian features, two classes told apart by eight of them. `data_shapley_knn` of
cleanlab lets every row judge and gives rows beyond the k nearest no value, in a matrix
of n x n; ours is measured so too, with every row trusted, and as it is meant, with 1 %
of the rows trusted. Memory is what the process grows by.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_knn_shapley
"""

import argparse
from statistics import median

import numpy as np
from cleanlab.data_valuation import data_shapley_knn
from scipy.stats import spearmanr

from skpoison.defenses import KNNShapleyFilter

from .._memory import GrowthOfMemory
from .bench_neighbors import cpu_model, cpu_seconds

N_FEATURES, N_NEIGHBORS = 64, 10
ROWS, LARGE, N_TRUSTED = (1000, 3000, 10_000), 100_000, 1000


def rows_and_labels(n):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, N_FEATURES))
    return X, (X[:, :8].sum(axis=1) > 0).astype(int)


def ours(X, y, n_trusted):
    filter = KNNShapleyFilter(N_NEIGHBORS)
    return filter.fit(X, y, trusted=np.arange(n_trusted)).sample_scores_


def theirs(X, y):
    return data_shapley_knn(y, features=X, k=N_NEIGHBORS, metric="euclidean")


def measure(work, n_rounds):
    with GrowthOfMemory() as memory:
        work()
    seconds = median(cpu_seconds(work) for _ in range(n_rounds))
    return f"{seconds:.3g} | {memory.growth / 1e6:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    n_rounds = parser.parse_args().rounds
    print(f"{cpu_model()}\n")
    print("| rows | judged by | | s | MB |\n| --- | --- | --- | --- | --- |")
    for n in ROWS:
        X, y = rows_and_labels(n)
        for n_trusted in (n // 100, n):
            cost = measure(lambda: ours(X, y, n_trusted), n_rounds)  # noqa: B023
            print(f"| {n} | {n_trusted} rows | KNNShapleyFilter | {cost} |", flush=True)
        cost = measure(lambda: theirs(X, y), n_rounds)  # noqa: B023
        print(f"| {n} | all rows | cleanlab | {cost} |", flush=True)
        rank = spearmanr(ours(X, y, n), theirs(X, y)).statistic
        print(f"| {n} | rank correlation of both | {rank:.2f} | | |", flush=True)
    X, y = rows_and_labels(LARGE)
    cost = measure(lambda: ours(X, y, N_TRUSTED), 1)
    print(f"| {LARGE} | {N_TRUSTED} rows | KNNShapleyFilter | {cost} |")


if __name__ == "__main__":
    main()

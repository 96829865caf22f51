"""The neighbour vote against the plain matrix product, faiss and scikit-learn.

Contenders take turns within one process, and the table holds the smallest and the
median of the ratios of their CPU seconds, so that other load on the machine matters
little. The rivals search for a share of the rows, and their time is scaled up. Data:
ten Gaussian clusters with 1 % of the labels flipped, float32. faiss-cpu is in the extra
`bench`. Set OMP_NUM_THREADS=1, and leave OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE unset.

    python -m tests.benchmarks.bench_neighbors
    python -m tests.benchmarks.bench_neighbors --sizes 50000,512,100 50000,512,5000
    python -m tests.benchmarks.bench_neighbors --sizes 50000,64,15 --approximate
"""

import argparse
import time
import tracemalloc
from pathlib import Path
from statistics import median
from unittest import mock

import faiss
import numpy as np
import torch
from sklearn import get_config
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from skpoison.neighbors import _prefilter16, neighbor_votes

# Those of the specification without matrix units, and the rows that rivals judge.
SIZES = [
    (20_000, 64, 50),
    (12_000, 512, 50),
    (12_000, 512, 1200),
    (5000, 128, 500),
    (20_000, 64, 2000),
    (40_000, 32, 15),
]
RIVAL_ROWS = 1024


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


def allocating_product(X, n_rows=1024):
    """The same, each block into memory of its own."""
    with threadpool_limits(1, "blas"):
        for start in range(0, len(X), n_rows):
            X[start : start + n_rows] @ X.T


def contenders(X, y, k):
    """Name, what to time, and how many times that is all the work."""
    yield "matrix product", lambda: matrix_product(X), 1
    yield "product, allocating", lambda: allocating_product(X), 1
    yield "votes", lambda: neighbor_votes(X, y, k), 1
    yield "votes, 2 jobs", lambda: neighbor_votes(X, y, k, n_jobs=2), 1
    yield (
        "votes, replicated",
        lambda: neighbor_votes(X, y, k, class_weight="replicate"),
        1,
    )
    if _prefilter16.pays(len(X) ** 2):

        def without_screen16():
            with mock.patch.object(_prefilter16, "pays", return_value=False):
                neighbor_votes(X, y, k)

        yield "votes, float32 only", without_screen16, 1
    scale = len(X) / RIVAL_ROWS
    index = faiss.IndexFlatL2(X.shape[1])
    index.add(X)
    yield "faiss IndexFlatL2", lambda: index.search(X[:RIVAL_ROWS], k + 1), scale
    knn = KNeighborsClassifier(k, algorithm="brute").fit(X, y)
    yield "KNeighborsClassifier", lambda: knn.predict(X[:RIVAL_ROWS]), scale


def cpu_seconds(function):
    begin = time.process_time()
    function()
    return time.process_time() - begin


def in_turns(contenders, n_rounds):
    """CPU seconds of each, measured one after the other in every round."""
    seconds = {name: [] for name, *_ in contenders}
    for _ in range(n_rounds):
        for name, function, scale in contenders:
            seconds[name].append(scale * cpu_seconds(function))
    return {name: np.array(values) for name, values in seconds.items()}


def cpu_model():
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return names[0] if names else "unknown CPU"


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
        default=SIZES,
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--approximate", action="store_true")
    parser.add_argument("--separation", type=float, default=1.0)
    args = parser.parse_args()

    print(f"{cpu_model()}, torch {torch.__version__}, faiss {faiss.__version__}")
    print(f"16-bit prefilter: {_prefilter16.pays(10**9)}")
    print(f"{'n, d, k':>18}  {'contender':<22}{'CPU s':>8}  x product: least, median")
    for n, d, k in args.sizes:
        X, y = clusters(n, d, args.separation)
        seconds = in_turns(list(contenders(X, y, k)), args.rounds)
        for name, values in seconds.items():
            ratios = values / seconds["matrix product"]
            print(
                f"{n:>7},{d:>4},{k:>5}  {name:<22}{median(values):>8.2f}"
                f"{ratios.min():>11.2f}{median(ratios):>8.2f}",
                flush=True,
            )
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

"""The ways to count exactly, over the number of features, and the choice between them.

Contenders take turns within one process; the table holds CPU seconds, and what the
choice by the model of the costs costs more than the best. Data: ten Gaussian clusters
that keep their overlap in every dimension. Set OMP_NUM_THREADS=1.

    python -m tests.benchmarks.bench_dimensions
"""

import argparse
from statistics import median
from unittest import mock

import numpy as np
from scipy.spatial import KDTree

from skpoison.neighbors import _votes, neighbor_votes
from skpoison.neighbors._cost import tree_pays

from .bench_neighbors import clusters, cpu_model, cpu_seconds

DIMENSIONS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64)


def votes_by(tree, X, y, k):
    with mock.patch.object(_votes, "tree_pays", return_value=tree):
        neighbor_votes(X, y, k)


def own_query(X, k):
    """Nothing but the tree and its search."""
    X = X.astype(np.float64)
    KDTree(X).query(X, k + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[5000, 20_000, 60_000])
    parser.add_argument("--k", type=int, nargs="+", default=[15, 100])
    parser.add_argument("--d", type=int, nargs="+", default=DIMENSIONS)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--slowest-tree", type=int, default=12, metavar="D")
    args = parser.parse_args()
    print(cpu_model())
    print(f"{'n, d, k':>16}{'brute':>8}{'tree':>8}{'query':>8}  choice  x best")
    for n in args.n:
        for d in args.d:
            for k in args.k:
                X, y = clusters(n, d, 1.0)
                ways = {"brute": lambda: votes_by(False, X, y, k)}  # noqa: B023
                if d <= args.slowest_tree:
                    ways["tree"] = lambda: votes_by(True, X, y, k)  # noqa: B023
                    ways["query"] = lambda: own_query(X, k)  # noqa: B023
                rounds = [
                    {name: cpu_seconds(way) for name, way in ways.items()}
                    for _ in range(args.rounds)
                ]
                seconds = {name: median(r[name] for r in rounds) for name in ways}
                choice = "tree" if tree_pays(n, n, d, k) else "brute"
                tree = seconds.get("tree", np.inf)
                excess = seconds[choice] / min(seconds["brute"], tree)
                print(
                    f"{n:>7},{d:>3},{k:>4}{seconds['brute']:>8.2f}{tree:>8.2f}"
                    f"{seconds.get('query', np.nan):>8.2f}  {choice:<6}{excess:>8.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

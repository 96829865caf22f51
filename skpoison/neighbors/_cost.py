"""What the ways to count cost, and which is the cheapest.

Microseconds of one core per judged row, fitted to measurements on Gaussian clusters
(`python -m tests.benchmarks.bench_dimensions`). Nothing is timed when votes are taken,
so that a call goes the same way every time.
"""

import numpy as np

# Fewer rows are counted within milliseconds by brute force.
_FEW_ROWS = 1000
# What scipy puts into a leaf of its tree.
_LEAF_SIZE = 10
# The search compiles, and misses more than it saves where k is large.
_COMPILATION, _LARGEST_K = 40e6, 50


def brute_force_cost(n_reference, n_features, k):
    """Products of the row with all others, a pass over them, and the k candidates."""
    return 4 + n_reference * (0.75e-3 + 0.022e-3 * n_features) + 0.012 * k


def tree_cost(n_reference, n_features, k):
    """Distances to all rows in the leaves that the ball around the neighbours meets.

    A ball that holds k rows is as wide as (k / leaf size)^(1 / d) leaves, and meets one
    more along each axis; it cannot meet more than all. The larger the tree, the farther
    away is the memory that it is read from.
    """
    met = _LEAF_SIZE * (1 + (k / _LEAF_SIZE) ** (1 / n_features)) ** n_features
    met *= n_reference / (met + n_reference)
    return 0.5 + 0.12 * k + 0.012 * met * np.sqrt(n_reference / 10_000)


def tree_pays(n_reference, n_queries, n_features, k):
    """Whether a tree, which is built first, is cheaper than brute force."""
    # Beyond, both are the same comparison of all with all.
    if n_reference < _FEW_ROWS or n_features > 16:
        return False
    build = 0.3 * n_reference / n_queries
    size = n_reference, n_features, k
    return build + tree_cost(*size) < brute_force_cost(*size)


def approximate_pays(n_rows, n_features, k):
    """Whether a search that may miss neighbours is cheaper than the exact vote."""
    if k > _LARGEST_K:
        return False
    search = (40 + n_features) * (1 + k / 100) + _COMPILATION / n_rows
    size = n_rows, n_features, k
    return search < min(brute_force_cost(*size), tree_cost(*size))

"""What the votes are by definition, and rows that make them hard to get right."""

import numpy as np

KINDS = [
    "normal",
    "duplicated",
    "points",
    "integer",
    "large integer",
    "half",
    "far outlier",
    "collapsed",
    "tiny",
    "huge",
]


def brute_force(X, y, k, *, X_query=None, include_self=False, weight=None):
    """All distances in float64, sorted; no more than the definition."""
    X = np.asarray(X, dtype=np.float64)
    classes, labels = np.unique(y, return_inverse=True)
    weight = np.ones(len(classes)) if weight is None else np.asarray(weight)
    rows = X if X_query is None else np.asarray(X_query, dtype=np.float64)
    votes = np.empty((len(rows), len(classes)))
    for i, row in enumerate(rows):
        distance, cast = ((X - row) ** 2).sum(axis=1), weight[labels]
        if X_query is None and not include_self:
            cast[i] = 0
        nearest_first = np.argsort(distance)
        gathered = np.cumsum(cast[nearest_first])
        last = nearest_first[np.argmax(gathered >= k - 1e-7)]
        cast[distance > distance[last]] = 0
        votes[i] = np.bincount(labels, cast, len(classes))
    return votes


def ulps_apart():
    """Rows of one feature whose distances differ by their last bits, and labels."""
    above = np.nextafter(3.0, 4.0)
    X = np.array([0.0, 1.0, 3.0, above, np.nextafter(above, 4.0), -1.0, 9.0, 50.0])
    return X[:, None], np.array([0, 1, 0, 1, 1, 0, 1, 0])


def rows_of(kind, rng, n, d):
    """Rows on which careless arithmetic goes wrong, each in its own way."""
    normal = rng.standard_normal((n, d))
    if kind == "duplicated":
        return normal[rng.integers(0, max(2, n // 8), n)]
    if kind == "points":
        return normal[rng.integers(0, 2, n)]
    if kind == "integer":
        return rng.integers(-2, 3, (n, d)).astype(float)
    if kind == "large integer":
        return rng.integers(-3, 4, (n, d)) * 2.0**12
    if kind == "half":
        return rng.integers(0, 3, (n, d)) / 2
    if kind == "far outlier":
        normal[0] = 1e4
    if kind == "collapsed":
        return rng.standard_normal((2, d))[rng.integers(0, 2, n)] + 1e-4 * normal
    if kind == "tiny":
        return normal * 1e-30
    if kind == "huge":
        return normal * 1e30
    return normal

"""Rows by their distance to the decision boundary: the nearest, or the farthest."""

from itertools import combinations

import numpy as np
from sklearn.base import clone


def distance_flips(estimator, X, y, codes, n_flips, *, farthest):
    """Rows by the distance |least lead over another class|, and their new classes.

    The nearest rows get the most plausible other class, the farthest the least
    plausible one.
    """
    lead = _leads(estimator, X, y, codes)
    distance = np.abs(np.nanmin(lead, axis=1))
    if farthest:
        rows = np.argsort(-distance, kind="stable")[:n_flips]
        return rows, np.nanargmax(lead[rows], axis=1)
    rows = np.argsort(distance, kind="stable")[:n_flips]
    return rows, np.nanargmin(lead[rows], axis=1)


def _leads(estimator, X, y, codes):
    """Lead of each row's class over each class, by the decision values; own: nan."""
    estimator = clone(estimator)
    one_vs_one = "decision_function_shape" in estimator.get_params()
    if one_vs_one:
        # The other shape squashes the decision values of more than two classes.
        estimator.set_params(decision_function_shape="ovo")
    scores = np.asarray(estimator.fit(X, y).decision_function(X), dtype=float)
    rows = np.arange(len(codes))
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores]) / 2
    if one_vs_one and codes.max() > 1:
        lead = _own_pairs(scores, codes)
    else:
        lead = scores[rows, codes][:, None] - scores
    lead[rows, codes] = np.nan
    return lead


def _own_pairs(scores, codes):
    """The pairwise decision values that concern each row's class, in its favour."""
    lead = np.empty((len(codes), codes.max() + 1))
    for column, (a, b) in enumerate(combinations(range(codes.max() + 1), 2)):
        of_a, of_b = codes == a, codes == b
        lead[of_a, b] = scores[of_a, column]
        lead[of_b, a] = -scores[of_b, column]
    return lead

"""kNN-Shapley: the values of all orders of the rows, at any size in little memory."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits

from skpoison.defenses import KNNShapleyFilter

from .._memory import GrowthOfMemory


def mean_share_of_right_votes(distances, match, n_neighbors):
    """Votes for the right class of a set of rows, over n_neighbors; ties by halves."""
    if len(distances) <= n_neighbors:
        return match.sum() / n_neighbors
    last = np.sort(distances)[n_neighbors - 1]
    sure, tied = distances < last, distances == last
    votes = match[sure].sum() + (n_neighbors - sure.sum()) * match[tied].mean()
    return votes / n_neighbors


def shapley_values_by_definition(X, y, trusted, n_neighbors):
    """Mean gain by each row over all sets of other rows, for each trusted row."""
    n = len(y)
    sums, n_votes = np.zeros(n), np.zeros(n)
    for judged in np.flatnonzero(trusted):
        distances, match = np.sum((X - X[judged]) ** 2, axis=1), y == y[judged]
        others = [i for i in range(n) if i != judged]
        for row in others:
            rest = [i for i in others if i != row]
            for size in range(n - 1):
                for members in combinations(rest, size):
                    with_row = [*members, row]
                    gain = mean_share_of_right_votes(
                        distances[with_row], match[with_row], n_neighbors
                    )
                    if members:
                        gain -= mean_share_of_right_votes(
                            distances[list(members)], match[list(members)], n_neighbors
                        )
                    sums[row] += gain / (n - 1) / comb(n - 2, size)
            n_votes[row] += 1
    return sums / n_votes


# Among eight rows some are worth the same.
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.DegenerateFilterWarning")
@pytest.mark.parametrize("n_neighbors", [1, 2, 3, 10])
@pytest.mark.parametrize("n_places", [None, 3])
def test_the_value_is_the_mean_gain_over_all_sets_of_rows(n_neighbors, n_places):
    rng = np.random.default_rng(n_neighbors)
    X = rng.normal(size=(8, 2))
    if n_places:
        X = rng.integers(n_places, size=(8, 2)).astype(float)
    y = np.array([0, 1, 0, 1, 0, 0, 1, 1])
    trusted = np.arange(8) < 3
    filter = KNNShapleyFilter(n_neighbors, contamination=0.2).fit(X, y, trusted=trusted)
    assert_allclose(
        filter.sample_scores_,
        shapley_values_by_definition(X, y, trusted, n_neighbors),
        atol=1e-12,
    )


def test_equal_rows_are_worth_the_same():
    X, y = load_digits(return_X_y=True)
    X, y = np.tile(X[:200], (3, 1)), np.tile(y[:200], 3)
    filter = KNNShapleyFilter().fit(X, y, trusted=np.arange(0, 200, 4))
    values = filter.sample_scores_[200:].reshape(2, 200)
    assert_array_equal(values[0], values[1])


def test_wrong_labels_are_worth_least():
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    trusted = np.arange(len(y)) % 5 == 0
    wrong = rng.choice(np.flatnonzero(~trusted), 140, replace=False)
    y[wrong] = (y[wrong] + rng.integers(1, 10, size=140)) % 10
    filter = KNNShapleyFilter(contamination=0.1).fit(X, y, trusted=trusted)
    assert np.mean(~filter.inlier_mask_[wrong]) > 0.9


def test_the_distances_to_the_trusted_rows_are_not_held_all_at_once():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8000, 4)), rng.integers(2, size=8000)
    filter, trusted = KNNShapleyFilter(), np.arange(1500)
    filter.fit(X[:100], y[:100], trusted=[0, 1, 2, 3, 4, 5, 6])
    with GrowthOfMemory() as memory:
        filter.fit(X, y, trusted=trusted)
    # All of them are 96 MB.
    assert memory.growth < 60e6

"""The approximate vote, with a stand-in for the search, which compiles for long."""

import inspect
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_blobs

from skpoison.defenses import DeepKNNFilter
from skpoison.neighbors import neighbor_votes

from ._reference import brute_force, rows_of


class BruteForceSearch:
    """Finds all neighbours, with the holes that a graph search can leave."""

    holes = ()

    def __init__(self, data, n_neighbors, random_state, n_jobs):
        squares = ((data[:, None].astype(float) - data) ** 2).sum(axis=2)
        found = np.argsort(squares, axis=1, kind="stable")[:, :n_neighbors]
        distances = np.sqrt(np.take_along_axis(squares, found, axis=1))
        for hole in self.holes:
            hole(found, distances)
        type(self).n_neighbors = n_neighbors
        self.neighbor_graph = found.astype(np.int32), distances.astype(np.float32)


def no_neighbor(found, distances):
    found[3:5, -2:] = -1


def infinite_distance(found, distances):
    distances[7:9, -1] = np.inf


def not_itself(found, distances):
    found[11:13, 0] = found[11:13, 1]


@pytest.fixture
def search(monkeypatch):
    """Put the stand-in where the search is imported from."""
    stand_in = type("Search", (BruteForceSearch,), {})
    monkeypatch.setitem(sys.modules, "pynndescent", SimpleNamespace(NNDescent=stand_in))
    return stand_in


@pytest.mark.parametrize("kind", ["normal", "far outlier", "tiny", "huge"])
@pytest.mark.parametrize("include_self", [False, True])
def test_where_all_neighbors_are_found_the_votes_are_exact(search, kind, include_self):
    rng = np.random.default_rng(0)
    X, y = rows_of(kind, rng, 150, 20), rng.integers(0, 3, 150)
    params = {"include_self": include_self}
    votes = neighbor_votes(X, y, 12, algorithm="approximate", **params)
    assert_array_equal(votes, brute_force(X, y, 12, **params))
    assert search.n_neighbors == 13


@pytest.mark.parametrize("hole", [no_neighbor, infinite_distance, not_itself])
def test_rows_with_holes_are_counted_exactly(search, hole):
    search.holes = (hole,)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 5)), rng.integers(0, 3, 60)
    votes = neighbor_votes(X, y, 9, algorithm="approximate")
    assert_array_equal(votes, brute_force(X, y, 9))


def test_weights(search):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((80, 5)), rng.choice(3, 80, p=[0.7, 0.2, 0.1])
    weight = [1.0, 1.5, 4.0]
    votes = neighbor_votes(X, y, 20, class_weight=weight, algorithm="approximate")
    assert_array_equal(votes, brute_force(X, y, 20, weight=weight))


def test_the_row_is_told_from_its_twin_by_position(search):
    X = np.repeat(np.random.default_rng(0).standard_normal((20, 3)), 2, axis=0)
    y = np.tile([0, 1], 20)
    votes = neighbor_votes(X, y, 1, algorithm="approximate")
    assert_array_equal(votes, np.eye(2, dtype=int)[1 - y])


def test_new_rows_need_no_search(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynndescent", None)
    rng = np.random.default_rng(0)
    X, y, X_query = rng.standard_normal((50, 3)), np.arange(50) % 2, np.ones((4, 3))
    votes = neighbor_votes(X, y, 5, X_query=X_query, algorithm="approximate")
    assert_array_equal(votes, brute_force(X, y, 5, X_query=X_query))


def test_the_search_takes_what_it_is_given(search):
    given = inspect.signature(search)
    sys.modules.pop("pynndescent")
    from pynndescent import NNDescent

    taken = inspect.signature(NNDescent).parameters
    assert set(given.parameters) <= set(taken)


def test_the_filter_passes_it_on(search):
    X, y = make_blobs(60, centers=2, random_state=0)
    y[:3] = 1 - y[:3]
    fast = DeepKNNFilter(k=7, algorithm="approximate", random_state=0).fit(X, y)
    exact = DeepKNNFilter(k=7).fit(X, y)
    assert_array_equal(fast.sample_scores_, exact.sample_scores_)
    assert_array_equal(fast.score_samples(X, y), exact.score_samples(X, y))


def test_unknown_algorithms_are_refused():
    with pytest.raises(ValueError, match="algorithm must be 'exact' or 'approximate'"):
        neighbor_votes(np.eye(4), [0, 1, 0, 1], 2, algorithm="ball_tree")

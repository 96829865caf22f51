"""The vote of neighbours that somebody else found."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.neighbors import (
    KNeighborsTransformer,
    NearestNeighbors,
    RadiusNeighborsTransformer,
    kneighbors_graph,
)

from skpoison.defenses import DeepKNNFilter
from skpoison.neighbors import graph_votes, neighbor_votes, search_graph

from ._reference import brute_force

rng = np.random.default_rng(0)
X = rng.standard_normal((120, 4))
y = np.where(rng.random(120) < 0.9, np.digitize(X[:, 0], [-0.5, 0.5]), 1)


class FlatIndex:
    """An index in the way of faiss: no scikit-learn, and squared distances."""

    holes = 0

    def fit(self, X):
        self.X = X

    def kneighbors(self, X, n_neighbors):
        squares = ((X[:, None] - self.X) ** 2).sum(axis=2)
        found = np.argsort(squares, axis=1)[:, :n_neighbors]
        squares = np.take_along_axis(squares, found, axis=1)
        found[:3, n_neighbors - self.holes :] = -1
        squares[:3, n_neighbors - self.holes :] = np.inf
        return squares.astype(np.float32), found


class Returns(BaseEstimator):
    def __init__(self, distances, indices):
        self.distances, self.indices = distances, indices

    def kneighbors(self, X, n_neighbors):
        return self.distances, self.indices


def graph_of(k, **params):
    return kneighbors_graph(X, k, mode="distance", **params)


@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("stored", [False, True])
def test_equals_brute_force(include_self, stored):
    votes = graph_votes(
        graph_of(9, include_self=stored), y, 8, include_self=include_self
    )
    assert_array_equal(votes, brute_force(X, y, 8, include_self=include_self))


def test_weights_equal_brute_force():
    weight = [1.0, 1.5, 4.0]
    votes = graph_votes(graph_of(20), y, 15, class_weight=weight)
    assert_allclose(votes, brute_force(X, y, 15, weight=weight))


def test_new_rows_have_no_vote_to_be_told_from():
    X_query = X[:10]
    search = NearestNeighbors().fit(X)
    graph = search_graph(search, X_query, 7, len(X))
    votes = graph_votes(graph, y, 7, new_rows=True)
    assert_array_equal(votes, brute_force(X, y, 7, X_query=X_query))


def test_ties_that_are_stored_all_count():
    graph = csr_array([[3.0, 1.0, 1.0, 2.0]] * 4)
    votes = graph_votes(graph, [0, 1, 0, 1], 1, new_rows=True)
    assert_array_equal(votes, [[1, 1]] * 4)


def test_stored_zeros_are_neighbors():
    graph = csr_array(([0.0, 3.0], [1, 2], [0, 2]), shape=(1, 3))
    assert_array_equal(graph_votes(graph, [0, 1, 0], 1, new_rows=True), [[0, 1]])


@pytest.mark.parametrize(
    "neighbors",
    [
        NearestNeighbors(),
        NearestNeighbors(algorithm="kd_tree"),
        KNeighborsTransformer(n_neighbors=7),
        RadiusNeighborsTransformer(radius=20.0),
        FlatIndex(),
        graph_of(7),
    ],
    ids=lambda given: type(given).__name__,
)
def test_the_filter_takes_every_search(neighbors):
    given = DeepKNNFilter(k=7, neighbors=neighbors).fit(X, y)
    exact = DeepKNNFilter(k=7).fit(X, y)
    assert_array_equal(given.sample_scores_, exact.sample_scores_)
    if hasattr(neighbors, "fit"):
        expected = exact.score_samples(X[:9], y[:9])
        assert_array_equal(given.score_samples(X[:9], y[:9]), expected)
        assert given.neighbors_ is not neighbors


@pytest.mark.parametrize(
    ("name", "value"), [("algorithm", "approximate"), ("device", "cpu")]
)
def test_a_parameter_that_given_neighbors_would_drop_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}='{value}' has no effect"):
        DeepKNNFilter(k=7, neighbors=NearestNeighbors(), **{name: value}).fit(X, y)


def test_replication_needs_no_more_than_k_neighbors():
    params = {"k": 12, "class_balance": "replicate"}
    given = DeepKNNFilter(neighbors=NearestNeighbors(), **params).fit(X, y)
    exact = DeepKNNFilter(**params).fit(X, y)
    assert_array_equal(given.sample_scores_, exact.sample_scores_)


def test_what_was_not_found_has_no_vote():
    indices, distances = [[1, -1, 2], [0, 2, 2]], [[1.0, 0.0, 2.0], [1.0, 5.0, np.inf]]
    graph = search_graph(Returns(distances, indices), np.zeros((2, 1)), 3, 3)
    assert_array_equal(graph.toarray(), [[0, 1, 2], [1, 0, 5]])


def test_holes_that_leave_too_few_neighbors_are_told():
    index = FlatIndex()
    index.holes = 2
    with pytest.raises(ValueError, match="3 of 120 rows cast fewer than k=7 votes"):
        DeepKNNFilter(k=7, neighbors=index).fit(X, y)


def test_a_graph_with_too_few_neighbors_is_told():
    with pytest.raises(ValueError, match=r"120 of 120 rows .* those of row 0 5\. Sea"):
        graph_votes(graph_of(5), y, 7)


def test_a_graph_knows_no_new_rows():
    fitted = DeepKNNFilter(k=7, neighbors=graph_of(8)).fit(X, y)
    with pytest.raises(ValueError, match="knows no new rows"):
        fitted.score_samples(X, y)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (csr_array((3, 4)), r"has shape \(3, 4\), but 3 rows vote"),
        (csr_array((2, 3)), r"has shape \(2, 3\), but 3 rows vote"),
        (csr_array([[0, np.nan, 1]] * 3), "NaN or negative"),
        (csr_array([[0, -0.5, 1]] * 3), "NaN or negative"),
        (csr_array(([1.0, 2.0], [1, 1], [0, 2, 2, 2]), shape=(3, 3)), "twice"),
    ],
)
def test_graphs_that_do_not_fit_are_refused(graph, message):
    with pytest.raises(ValueError, match=message):
        graph_votes(graph, [0, 1, 0], 1)


def test_dense_distances_are_refused():
    with pytest.raises(TypeError, match="sparse matrix of distances; got .* ndarray"):
        graph_votes(np.zeros((3, 3)), [0, 1, 0], 1)


@pytest.mark.parametrize(
    ("distances", "indices", "message"),
    [
        ([[1.0, 2.0]], [[0]], r"shapes \(1, 2\) and \(1, 1\) for 1 rows"),
        ([[1.0]] * 2, [[0]] * 2, r"shapes \(2, 1\) and \(2, 1\) for 1 rows"),
        ([[1.0, 2.0]], [[0, 7]], "indices from 0 to 7, but 3 rows vote"),
        ([[1.0, 2.0]], [[0, -2]], "indices from -2 to 0"),
    ],
)
def test_searches_that_make_no_sense_are_refused(distances, indices, message):
    with pytest.raises(ValueError, match=message):
        search_graph(Returns(distances, indices), np.zeros((1, 1)), 2, 3)


def test_the_same_votes_as_by_the_features():
    assert_array_equal(graph_votes(graph_of(21), y, 20), neighbor_votes(X, y, 20))

"""The vote by a tree is that by brute force, and each is taken where it is cheaper."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context

from skpoison.neighbors import _votes, neighbor_votes
from skpoison.neighbors._cost import approximate_pays, tree_pays

from ._reference import KINDS, brute_force, rows_of, ulps_apart


@pytest.fixture(autouse=True, scope="module")
def tree():
    """Use the tree whatever it costs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_votes, "tree_pays", lambda *size: True)
        yield


@st.composite
def votes_to_take(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(4, 120)), draw(st.sampled_from([1, 2, 3, 7]))
    kind = draw(st.sampled_from(KINDS + ["heavy tails"]))
    X = rng.standard_cauchy((n, d)) if kind == "heavy tails" else None
    X = rows_of(kind, rng, n, d) if X is None else X
    if kind not in ("tiny", "huge"):
        X = X + draw(st.sampled_from([0.0, 1e3, 1e5]))
    X = X.astype(draw(st.sampled_from([np.float32, np.float64])))
    y = rng.permutation(np.arange(n) % draw(st.integers(2, 4)))
    return X, y, draw(st.integers(1, n - 1)), rng


@settings(max_examples=200, deadline=None)
@given(votes_to_take(), st.booleans(), st.sampled_from([1, 2]))
def test_equals_brute_force(vote, include_self, n_jobs):
    X, y, k, _ = vote
    votes = neighbor_votes(X, y, k, include_self=include_self, n_jobs=n_jobs)
    assert_array_equal(votes, brute_force(X, y, k, include_self=include_self))


@settings(max_examples=60, deadline=None)
@given(votes_to_take(), st.booleans())
def test_weights_equal_brute_force(vote, include_self):
    X, y, k, rng = vote
    weight = rng.uniform(1.0, 3.0, len(np.unique(y)))
    votes = neighbor_votes(X, y, k, include_self=include_self, class_weight=weight)
    expected = brute_force(X, y, k, include_self=include_self, weight=weight)
    assert_allclose(votes, expected, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(votes_to_take())
def test_new_rows_equal_brute_force(vote):
    X, y, k, rng = vote
    X_query = np.concatenate([X[rng.integers(0, len(X), 20)], X[:20] * X.dtype.type(2)])
    votes = neighbor_votes(X, y, k, X_query=X_query)
    assert_array_equal(votes, brute_force(X, y, k, X_query=X_query))


def test_rows_with_few_ties_are_not_counted_by_brute_force(monkeypatch):
    monkeypatch.setattr("skpoison.neighbors._tree.count_neighbors", None)
    X = np.random.default_rng(0).standard_normal((300, 3))
    neighbor_votes(X, np.arange(300) % 3, 20)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("weight", [[1.0, 1.0], [1.0, 1.5]])
def test_distances_that_differ_by_their_last_bits_are_told_apart(k, weight):
    X, y = ulps_apart()
    votes = neighbor_votes(X, y, k, class_weight=weight)
    assert_array_equal(votes, brute_force(X, y, k, weight=weight))


def test_distances_that_underflow_tie():
    X = np.array([[0.0], [1e-170], [3e-170], [1.0], [2.0]])
    votes = neighbor_votes(X, [0, 1, 1, 0, 0], 1)
    assert_array_equal(votes, brute_force(X, [0, 1, 1, 0, 0], 1))


@pytest.mark.parametrize("kind", ["normal", "equal"])
def test_memory_stays_within_its_bounds(kind):
    X = np.full((3000, 3), 0.1)
    if kind == "normal":
        X[:] = np.random.default_rng(0).standard_normal(X.shape)
    with config_context(working_memory=2):
        tracemalloc.start()
        neighbor_votes(X, np.arange(3000) % 3, 300)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak <= 2 * 2**20 + 8 * X.size + 2**18


@pytest.mark.parametrize(
    ("size", "pays"),
    [
        ((60_000, 60_000, 4, 15), True),
        ((60_000, 60_000, 2, 200), True),
        ((60_000, 60_000, 10, 15), False),
        ((60_000, 60_000, 64, 15), False),
        ((60_000, 60_000, 4, 5000), False),
        ((60_000, 10, 4, 15), False),
        ((100, 100, 2, 5), False),
    ],
)
def test_a_tree_pays_for_few_features_and_neighbors(size, pays):
    assert tree_pays(*size) == pays


@pytest.mark.parametrize(
    ("size", "pays"),
    [
        ((20_000, 64, 15), False),
        ((1_000_000, 64, 15), True),
        ((1_000_000, 64, 500), False),
        ((1_000_000, 2, 15), False),
    ],
)
def test_an_approximate_search_pays_for_many_rows_and_few_neighbors(size, pays):
    assert approximate_pays(*size) == pays


@pytest.mark.parametrize("pays", [False, True])
def test_auto_is_approximate_where_that_pays(monkeypatch, pays):
    taken = []
    monkeypatch.setattr(_votes, "approximate_pays", lambda *size: pays)
    monkeypatch.setattr(
        _votes, "count_found_neighbors", lambda *args, **_: taken.append(1)
    )
    X, y = np.random.default_rng(0).standard_normal((50, 3)), np.arange(50) % 2
    neighbor_votes(X, y, 5, algorithm="auto")
    neighbor_votes(X, y, 5, algorithm="auto", X_query=X[:3])
    assert len(taken) == pays

"""The vote of sparse rows is that of the same rows stored densely."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csc_array, csc_matrix, csr_array, csr_matrix
from scipy.sparse import random_array as random_sparse
from sklearn import config_context

from skpoison.neighbors import _prefilter_sparse as prefilter_sparse
from skpoison.neighbors import neighbor_votes
from skpoison.neighbors._prefilter_sparse import PrefilterSparse
from skpoison.neighbors._reference_set import ReferenceSet

from ._reference import KINDS, brute_force, rows_of


@st.composite
def votes_to_take(draw):
    """Rows with many zeros, some of them empty or equal, and a k that fits."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(4, 120)), draw(st.sampled_from([1, 3, 10, 60]))
    X = rows_of(draw(st.sampled_from(KINDS)), rng, n, d)
    X = X * (rng.random(X.shape) < draw(st.sampled_from([0.05, 0.3, 1.0])))
    X = X[rng.integers(0, n, n)] if draw(st.booleans()) else X
    X = X.astype(draw(st.sampled_from([np.float32, np.float64])))
    n_classes = draw(st.integers(2, 4))
    y = rng.permutation(np.arange(n) % n_classes)
    return X, y, draw(st.integers(1, n - 1)), rng


@settings(max_examples=200, deadline=None)
@given(votes_to_take(), st.booleans(), st.sampled_from([1, 2]))
def test_equals_the_dense_vote(vote, include_self, n_jobs):
    X, y, k, _ = vote
    votes = neighbor_votes(csr_array(X), y, k, include_self=include_self, n_jobs=n_jobs)
    assert votes.dtype.kind == "i"
    assert_array_equal(votes, neighbor_votes(X, y, k, include_self=include_self))
    assert_array_equal(votes, brute_force(X, y, k, include_self=include_self))


@settings(max_examples=60, deadline=None)
@given(votes_to_take(), st.booleans())
def test_weights_equal_the_dense_vote(vote, include_self):
    X, y, k, rng = vote
    weight = rng.uniform(1.0, 3.0, len(np.unique(y)))
    params = {"include_self": include_self, "class_weight": weight}
    assert_allclose(
        neighbor_votes(csr_array(X), y, k, **params),
        neighbor_votes(X, y, k, **params),
        rtol=1e-12,
    )


@settings(max_examples=60, deadline=None)
@given(votes_to_take())
def test_new_rows_equal_the_dense_vote(vote):
    X, y, k, rng = vote
    X_query = np.concatenate([X[rng.integers(0, len(X), 20)], X[:20] * X.dtype.type(2)])
    expected = neighbor_votes(X, y, k, X_query=X_query)
    for rows, queries in [
        (csr_array(X), csr_array(X_query)),
        (csr_array(X), X_query),
        (X, csr_array(X_query)),
    ]:
        assert_array_equal(neighbor_votes(rows, y, k, X_query=queries), expected)


@pytest.mark.parametrize("spread", [1e-2, 1e-5, 1e-7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_much_closer_than_they_are_long_are_told_apart(spread, dtype):
    # Their products cancel to the rounding of float64.
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3, 30))[rng.integers(0, 3, 200)]
    X = X * (1 + spread * rng.standard_normal(X.shape)) * (np.arange(30) % 3 == 0)
    X, y = X.astype(dtype), rng.integers(0, 3, 200)
    assert_array_equal(neighbor_votes(csr_array(X), y, 20), brute_force(X, y, 20))


def unit_rows(rng, n, d, n_stored):
    """Rows of norm 1 that hardly share a feature: nearly all distances are the same."""
    X = np.zeros((n, d))
    for row in X:
        row[rng.choice(d, n_stored, replace=False)] = rng.random(n_stored)
    return X / np.linalg.norm(X, axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["unit", "binary", "equal"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_order_of_the_rows_changes_nothing(kind, n_jobs):
    rng = np.random.default_rng(0)
    X = unit_rows(rng, 300, 4000, 20)
    if kind == "binary":
        X = (X[:, :200] > 0).astype(float)
    if kind == "equal":
        X = X[rng.integers(0, 5, 300)]
    y, order = rng.integers(0, 3, 300), rng.permutation(300)
    X = csr_array(X)
    assert_array_equal(
        neighbor_votes(X[order], y[order], 25, n_jobs=n_jobs),
        neighbor_votes(X, y, 25)[order],
    )


def test_rows_at_the_same_distance_are_not_measured_one_by_one(monkeypatch):
    measured = []
    squared_norms = prefilter_sparse.squared_norms
    monkeypatch.setattr(
        "skpoison.neighbors._exact.squared_norms",
        lambda X: measured.append(X.shape[0]) or squared_norms(X),
    )
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    neighbor_votes(csr_array(unit_rows(rng, 400, 10_000, 10)), y, 50)
    neighbor_votes(csr_array(unit_rows(rng, 4, 50, 10)[y + 2 * (y[::-1])]), y, 50)
    assert sum(measured) < 1000


@pytest.mark.parametrize(
    "format", [csr_matrix, csc_array, csc_matrix, coo_array], ids=lambda f: f.__name__
)
def test_every_format_is_taken(format):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, (50, 8)).astype(float), np.arange(50) % 3
    assert_array_equal(neighbor_votes(format(X), y, 7), neighbor_votes(X, y, 7))


def test_stored_zeros_duplicates_and_unsorted_indices_mean_what_they_say():
    data = [1.0, 2.0, 0.0, 3.0, 1.0, -0.0, 3.0]
    indices = [2, 0, 1, 0, 0, 2, 1]
    X = csr_array((data, indices, [0, 2, 3, 5, 7]), shape=(4, 3))
    before = X.copy()
    y = [0, 1, 0, 1]
    assert_array_equal(neighbor_votes(X, y, 1), neighbor_votes(X.toarray(), y, 1))
    assert_array_equal(X.data, before.data)
    assert_array_equal(X.indices, before.indices)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_what_lies_outside_the_bounds_is_decided(kind, share):
    rng = np.random.default_rng(0)
    n, k = 500, 50
    X = rows_of(kind, rng, n, 40) * (rng.random((n, 40)) < share)
    reference = ReferenceSet.sort_by_class(csr_array(X), np.arange(n) % 2, np.ones(2))
    prefilter = PrefilterSparse(reference, reference.X)
    rows = np.arange(0, n, 5)
    products = np.empty((len(rows), n))
    for strip, nearness, context in prefilter.strips(rows, products, 64):
        kth = np.partition(nearness, n - k, axis=1)[:, n - k]
        bounds = prefilter.bounds(kth.copy(), context)
        for row, near, low, high in zip(rows[strip], nearness, *bounds):
            distance = ((X[reference.rows] - X[row]) ** 2).sum(axis=1)
            last = np.partition(distance, k - 1)[k - 1]
            rounding = 1e-12 * last * (high == -np.inf)
            assert np.all(distance[near > max(high, low)] <= last + rounding)
            assert np.all(distance[near < low] > last - rounding)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_nothing_as_large_as_the_dense_rows_is_made(n_jobs):
    n, d = 2000, 20_000
    rng = np.random.default_rng(0)
    X, y = (
        random_sparse((n, d), density=1e-3, random_state=rng, format="csr"),
        np.arange(n) % 2,
    )
    with config_context(working_memory=4):
        tracemalloc.start()
        neighbor_votes(X, y, 50, n_jobs=n_jobs)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # The dense rows are 320 MB, the distances 32.
    assert peak < 2**23


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_values_that_are_no_numbers_are_refused(value):
    X = csr_array(np.eye(6))
    X.data[2] = value
    with pytest.raises(ValueError, match=r"NaN|infinity|beyond"):
        neighbor_votes(X, np.arange(6) % 2, 2)


def test_an_approximate_search_of_sparse_rows_is_refused():
    with pytest.raises(ValueError, match="X is sparse"):
        neighbor_votes(csr_array(np.eye(4)), [0, 1, 0, 1], 2, algorithm="approximate")

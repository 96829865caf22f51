"""The neighbour vote against a brute force in float64."""

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from threadpoolctl import threadpool_info

from skpoison.neighbors import largest_k, neighbor_votes
from skpoison.neighbors._count import _Counter
from skpoison.neighbors._reference_set import ReferenceSet

from .._utils._blas import blas_threads, set_blas_threads
from ._reference import KINDS, brute_force, rows_of, ulps_apart


@st.composite
def votes_to_take(draw):
    """A training set with all classes present, and a k that fits."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(4, 150)), draw(st.sampled_from([1, 2, 7, 40]))
    kind = draw(st.sampled_from(KINDS))
    X = rows_of(kind, rng, n, d)
    if kind not in ("tiny", "huge"):
        X = X + draw(st.sampled_from([0.0, 1e3, 1e5]))
    X = X.astype(draw(st.sampled_from([np.float32, np.float64])))
    n_classes = draw(st.integers(2, 4))
    share = rng.dirichlet(np.full(n_classes, 0.5))
    y = rng.permutation(
        np.r_[np.arange(n_classes), rng.choice(n_classes, n - n_classes, p=share)]
    )
    return X, y, draw(st.integers(1, n - 1)), rng


@settings(max_examples=150, deadline=None)
@given(votes_to_take(), st.booleans(), st.sampled_from([1, 2]))
def test_equals_brute_force(vote, include_self, n_jobs):
    X, y, k, _ = vote
    votes = neighbor_votes(X, y, k, include_self=include_self, n_jobs=n_jobs)
    assert votes.dtype.kind == "i"
    assert_array_equal(votes, brute_force(X, y, k, include_self=include_self))


@settings(max_examples=60, deadline=None)
@given(votes_to_take())
def test_new_rows_equal_brute_force(vote):
    X, y, k, rng = vote
    copies = X[rng.integers(0, len(X), 20)]
    moved = copies + X.std(dtype=np.float64) * rng.standard_normal(copies.shape)
    X_query = np.concatenate([copies, moved.astype(X.dtype)])
    votes = neighbor_votes(X, y, k, X_query=X_query)
    assert_array_equal(votes, brute_force(X, y, k, X_query=X_query))


@settings(max_examples=80, deadline=None)
@given(votes_to_take(), st.booleans())
def test_weights_equal_brute_force(vote, include_self):
    X, y, k, rng = vote
    weight = rng.uniform(1.0, 3.0, len(np.unique(y)))
    votes = neighbor_votes(X, y, k, include_self=include_self, class_weight=weight)
    expected = brute_force(X, y, k, include_self=include_self, weight=weight)
    assert_allclose(votes, expected, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(votes_to_take())
def test_fractional_replication_equals_brute_force(vote):
    X, y, k, _ = vote
    sizes = np.bincount(y)
    votes = neighbor_votes(X, y, k, include_self=True, class_weight="replicate")
    expected = brute_force(X, y, k, include_self=True, weight=sizes.max() / sizes)
    assert_allclose(votes, expected, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(votes_to_take())
def test_permuting_the_rows_permutes_the_votes(vote):
    X, y, k, rng = vote
    order = rng.permutation(len(X))
    assert_array_equal(
        neighbor_votes(X[order], y[order], k), neighbor_votes(X, y, k)[order]
    )


@pytest.mark.parametrize("kind", ["normal", "duplicated", "integer"])
@pytest.mark.parametrize("include_self", [False, True])
def test_replication_is_physical_replication(kind, include_self):
    rng = np.random.default_rng(0)
    sizes = np.array([24, 12, 6, 3])
    y = rng.permutation(np.repeat(np.arange(4), sizes))
    X = rows_of(kind, rng, len(y), 5)
    copies = (24 // sizes)[y]
    source = np.repeat(np.arange(len(y)), copies)
    for k in (1, 2, 5, 24, 48, 4 * 24 - 8):
        votes = neighbor_votes(
            X, y, k, include_self=include_self, class_weight="replicate"
        )
        for i in range(len(y)):
            voters = source if include_self else source[source != i]
            expected = brute_force(X[voters], y[voters], k, X_query=X[[i]])
            assert_array_equal(votes[i], expected[0])


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("weight", [[1.0, 1.0], [1.0, 1.5]])
def test_distances_that_differ_by_their_last_bits_are_told_apart(k, weight):
    X, y = ulps_apart()
    votes = neighbor_votes(X, y, k, class_weight=weight)
    assert_array_equal(votes, brute_force(X, y, k, weight=weight))


def test_weights_by_dict_follow_the_labels():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 3)), np.array(["b", "a", "c", "a"] * 10)
    by_label = neighbor_votes(X, y, 7, class_weight={"c": 3.0, "a": 1.0, "b": 2.0})
    in_order = neighbor_votes(X, y, 7, class_weight=[1.0, 2.0, 3.0])
    assert_array_equal(by_label, in_order)


def test_fractions_that_add_up_to_k_reach_it():
    # 49 x (1 / 49) is below 1 in binary.
    X = np.arange(99.0)[:, None]
    y = np.r_[np.zeros(50, int), np.ones(49, int)]
    votes = neighbor_votes(X, y, 1, X_query=[[99.0]], class_weight=[1.0, 1 / 49])
    assert_allclose(votes, [[0.0, 1.0]])


def test_the_row_is_told_from_its_duplicates_by_position():
    X, y = np.zeros((3, 2)), np.array([0, 0, 1])
    assert_array_equal(neighbor_votes(X, y, 1), [[1, 1], [1, 1], [2, 0]])


def test_rows_that_are_all_equal_all_vote():
    y = np.arange(30) % 3
    votes = neighbor_votes(np.full((30, 4), 0.1), y, 5)
    assert_array_equal(votes, 10 - np.eye(3, dtype=int)[y])


def test_only_equal_rows_are_of_one_kind():
    # The first three have equal norms.
    X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -0.0], [2.0, 0.0], [2.0, 0.0]])
    reference = ReferenceSet.sort_by_class(X, np.array([0, 1, 1, 0, 0]), np.ones(2))
    Xs = X[reference.rows]
    equal = (Xs[:, None] == Xs).all(axis=2)
    assert_array_equal(reference.kinds[:, None] == reference.kinds, equal)


def test_all_other_rows_vote_at_the_largest_k():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 3)), np.arange(50) % 5
    votes = neighbor_votes(X, y, 49)
    assert_array_equal(votes, 10 - np.eye(5, dtype=int)[y])


def test_float32_counts_are_those_of_float64():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 30)).astype(np.float32) + np.float32(1000)
    y = rng.integers(0, 3, 400)
    assert_array_equal(
        neighbor_votes(X, y, 40), neighbor_votes(X.astype(np.float64), y, 40)
    )


@pytest.mark.parametrize("n_classes", [2, 400])
def test_more_rows_than_a_block_holds(n_classes):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((1300, 6)), np.arange(1300) % n_classes
    assert_array_equal(neighbor_votes(X, y, 9, n_jobs=2), brute_force(X, y, 9))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("kind", "n"), [("normal", 3000), ("equal", 1200)])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_memory_stays_within_its_bounds(dtype, kind, n, n_jobs):
    # Where all rows are equal, every pair of rows is measured exactly.
    X = np.full((n, 50), 0.1, dtype=dtype)
    if kind == "normal":
        X[:] = np.random.default_rng(0).standard_normal(X.shape)
    y = np.arange(n) % 3
    with config_context(working_memory=2):
        neighbor_votes(X[:100], y[:100], 5)
        tracemalloc.start()
        neighbor_votes(X, y, 300, n_jobs=n_jobs)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak <= 2 * 2**20 + 4 * X.size


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"k": 5}, r"k=5 .* largest possible k is 4"),
        ({"k": 6, "include_self": True}, r"k=6 .* largest possible k is 5"),
        ({"k": 5, "class_weight": "replicate"}, r"k=5 .* largest possible k is 4"),
        ({"k": 0}, r"k == 0, must be >= 1"),
        ({"class_weight": "balanced"}, r"class_weight must be 'replicate'"),
        ({"class_weight": {0: 1.0}}, r"one weight for each class"),
        ({"class_weight": {0: 1.0, 1: 1.0, 2: 1.0}}, r"one weight for each class"),
        ({"class_weight": [1.0, 2.0, 3.0]}, r"must hold 2 weights"),
        ({"class_weight": [1.0, 0.0]}, r"positive and finite"),
        ({"class_weight": [1.0, np.nan]}, r"positive and finite"),
        ({"X_query": np.zeros((2, 3))}, r"X_query has 3 features, but X has 2"),
        ({"X_query": [[np.nan, 0.0]]}, r"X_query contains NaN"),
        ({"X": np.full((5, 2), np.inf)}, r"contains infinity"),
        ({"X": np.full((5, 2), 1e200)}, r"X holds values beyond 1e\+150"),
        ({"y": [0, 1]}, r"inconsistent numbers of samples"),
        ({"y": [0.5, 0.1, 0.2, 0.3, 0.4]}, r"Unknown label type"),
    ],
)
def test_refuses_what_it_cannot_judge(params, message):
    given = {"X": np.arange(10.0).reshape(5, 2), "y": [0, 1, 0, 0, 1], "k": 2}
    given |= params
    with pytest.raises(ValueError, match=message):
        neighbor_votes(given.pop("X"), given.pop("y"), given.pop("k"), **given)


# Replicated, each of four rows of "a" has a vote, of two of "b" two, and "c" has four.
@pytest.mark.parametrize(
    ("class_weight", "include_self", "most"),
    [
        (None, False, 6),
        (None, True, 7),
        ("replicate", False, 8),
        ("replicate", True, 12),
    ],
)
def test_the_largest_k_is_the_last_that_works(class_weight, include_self, most):
    X, y = np.arange(7.0)[:, None], np.array(list("aaaabbc"))
    options = {"class_weight": class_weight, "include_self": include_self}
    k = largest_k(y, **options)
    assert k == most
    neighbor_votes(X, y, k, **options)
    with pytest.raises(ValueError, match=f"largest possible k is {k}"):
        neighbor_votes(X, y, k + 1, **options)


def test_overlapping_calls_give_the_threads_of_blas_and_openmp_back(monkeypatch):
    """The second starts within the first, and ends after it."""
    first_inside, second_inside, first_ended = (threading.Event() for _ in range(3))
    count_share = _Counter._count_share

    def wait_and_count(self, *args):
        if len(self.X) == 1:
            first_inside.set()
            assert second_inside.wait(60)
        else:
            second_inside.set()
            assert first_ended.wait(60)
        return count_share(self, *args)

    def vote(n_rows):
        before = openmp_threads()
        neighbor_votes(X, y, 5, X_query=X[:n_rows])
        assert openmp_threads() == before

    monkeypatch.setattr(_Counter, "_count_share", wait_and_count)
    X, y = np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 2
    usual = max(blas_threads())
    set_blas_threads(2)
    try:
        with ThreadPoolExecutor(2) as callers:
            first = callers.submit(vote, 1)
            assert first_inside.wait(60)
            second = callers.submit(vote, 2)
            first.result(timeout=60)
            first_ended.set()
            second.result(timeout=60)
        assert blas_threads() == {2}
    finally:
        set_blas_threads(usual)


def openmp_threads():
    return [
        library["num_threads"]
        for library in threadpool_info()
        if library["user_api"] == "openmp"
    ]

"""The Deep k-NN defense."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_blobs
from sklearn.neighbors import KNeighborsClassifier

from skpoison.defenses import DeepKNNFilter
from skpoison.neighbors import neighbor_votes


@pytest.fixture
def blobs():
    """Two clusters, with 5 of the first class placed in the second."""
    X, y = make_blobs([60, 60], n_features=16, cluster_std=1.0, random_state=0)
    y[np.flatnonzero(y == 1)[:5]] = 0
    return X, y


def own_label_is_a_mode(votes, y):
    return votes[np.arange(len(y)), y] == votes.max(axis=1)


# Some draws thin a class; the rule is the same.
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.ThinnedClassWarning")
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_classes=st.integers(2, 4),
    k=st.integers(1, 12),
    include_self=st.booleans(),
    labels=st.sampled_from([np.arange(4), np.array(["d", "c", "b", "a"])]),
)
def test_keeps_the_rows_whose_label_is_a_mode(seed, n_classes, k, include_self, labels):
    # Clusters that touch, so that no class is removed as a whole.
    X, y = make_blobs(
        60, centers=6 * np.eye(4)[:n_classes], cluster_std=2.0, random_state=seed
    )
    y[:6] = (y[:6] + 1) % n_classes
    filter = DeepKNNFilter(k, include_self=include_self).fit(X, labels[y])
    votes = neighbor_votes(X, labels[y], k, include_self=include_self)
    positions = np.searchsorted(filter.classes_, labels[y])
    assert_array_equal(filter.inlier_mask_, own_label_is_a_mode(votes, positions))
    assert_array_equal(filter.inlier_mask_, filter.sample_scores_ >= 0)
    assert filter.offset_ == 0
    assert np.abs(filter.sample_scores_).max() <= 1


def test_agrees_with_the_code_of_the_paper(blobs):
    # Which counts the row itself; with two classes and odd k there are no ties.
    X, y = blobs
    theirs = KNeighborsClassifier(11, algorithm="brute").fit(X, y).predict(X) == y
    ours = DeepKNNFilter(11, include_self=True).fit(X, y).inlier_mask_
    assert_array_equal(ours, theirs)


@pytest.mark.parametrize("n_poison", [1, 2, 5])
def test_poison_is_outvoted_once_k_exceeds_twice_its_number(n_poison):
    # Section 2: the poison sits in one spot, far from its own class, amid another one.
    rng = np.random.default_rng(0)
    base, target = rng.normal(size=(50, 4)) + 20, rng.normal(size=(50, 4))
    poison = rng.normal(scale=1e-3, size=(n_poison, 4))
    X = np.concatenate([base, target, poison])
    y = np.repeat([0, 1, 0], [50, 50, n_poison])
    caught = DeepKNNFilter(2 * n_poison + 1).fit_predict(X, y)
    assert_array_equal(caught[100:], -1)
    assert_array_equal(caught[:50], 1)
    if n_poison > 1:
        missed = DeepKNNFilter(2 * n_poison - 2).fit_predict(X, y)
        assert_array_equal(missed[100:], 1)


def test_the_default_is_a_normalized_k_of_one(blobs):
    X, y = blobs
    largest = np.bincount(y).max()
    assert DeepKNNFilter().fit(X, y).k_ == largest
    assert DeepKNNFilter(normalized_k=0.3).fit(X, y).k_ == round(0.3 * largest)
    assert DeepKNNFilter(normalized_k=1e-9).fit(X, y).k_ == 1


def test_replication_counts_rows_as_often_as_their_class_is_small():
    # Next to the first row, two rows of a class half as large as its own.
    small, large = [0.1, 0.2, 9.0, 9.1, 9.2, 9.3, 9.4], np.linspace(0.5, 1.7, 13)
    X, y = np.r_[0.0, large, small][:, None], np.repeat([0, 1], [14, 7])
    row = DeepKNNFilter(4).fit(X, y).sample_scores_[0]
    assert_allclose(row, 0.0)
    row = DeepKNNFilter(4, class_balance="replicate").fit(X, y).sample_scores_[0]
    assert_allclose(row, -1.0)


def test_fractional_votes_that_tie_on_paper_keep_the_row():
    # The 49 rows of class 1 hold 50 votes, as many as the 50 of class 0.
    y = np.repeat([0, 1], [50, 49])
    filter = DeepKNNFilter(100, include_self=True, class_balance="replicate")
    filter.fit(np.random.default_rng(0).normal(size=(99, 3)), y)
    assert_array_equal(filter.sample_scores_, 0.0)
    assert filter.inlier_mask_.all()


def test_new_rows_are_judged_by_the_training_rows(blobs):
    X, y = blobs
    filter = DeepKNNFilter(9).fit(X, y)
    X_new = X + 0.01
    expected = own_label_is_a_mode(neighbor_votes(X, y, 9, X_query=X_new), y)
    assert_array_equal(filter.predict(X_new, y) == 1, expected)
    assert_array_equal(filter.predict(X_new, 1 - y) == 1, ~expected)
    scores = filter.score_samples(X_new, y)
    assert_array_equal(filter.decision_function(X_new, y), scores)
    filter.offset_ = 0.5
    assert_array_equal(filter.predict(X_new, y) == 1, scores >= 0.5)


def test_training_rows_passed_as_new_rows_find_themselves(blobs):
    X, y = blobs
    counted = DeepKNNFilter(9, include_self=True).fit(X, y)
    assert_array_equal(
        DeepKNNFilter(9).fit(X, y).score_samples(X, y), counted.sample_scores_
    )


def test_the_verdict_does_not_depend_on_n_jobs_or_dtype(blobs):
    X, y = blobs
    X = X.astype(np.float32)
    expected = DeepKNNFilter(7).fit(X, y).sample_scores_
    for other in (X, X.astype(np.float64)):
        scores = DeepKNNFilter(7, n_jobs=2).fit(other, y).sample_scores_
        assert_array_equal(scores, expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"k": 3, "normalized_k": 1.0}, "either k or normalized_k, not both"),
        ({"k": 8}, r"k=8 .* largest possible k is 7"),
        ({"k": 9, "include_self": True}, r"k=9 .* largest possible k is 8"),
        ({"k": 9, "class_balance": "replicate"}, r"k=9 .* largest possible k is 8"),
        (
            {"normalized_k": 1.5},
            r"normalized_k=1.5 asks for 8 votes, with 5 rows in the largest class.* "
            r"largest possible normalized_k is 7 / 5",
        ),
        ({"k": 0}, "'k' parameter"),
        ({"normalized_k": 0}, "'normalized_k' parameter"),
        ({"class_balance": "undersample"}, "'class_balance' parameter"),
    ],
)
def test_refuses_what_it_cannot_gather(params, message):
    X, y = np.arange(8.0)[:, None], np.repeat([0, 1], [5, 3])
    with pytest.raises(ValueError, match=message):
        DeepKNNFilter(**params).fit(X, y)


def test_the_largest_possible_normalized_k_is_possible():
    X, y = np.arange(8.0)[:, None], np.repeat([0, 1], [4, 4])
    filter = DeepKNNFilter(normalized_k=8 / 4, include_self=True).fit(X, y)
    assert filter.k_ == 8
    assert_array_equal(filter.sample_scores_, 0.0)

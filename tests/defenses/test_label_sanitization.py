"""Label sanitization: against the definition, ties, thresholds, trusted rows."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits, make_blobs
from sklearn.linear_model import LogisticRegression

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import LabelSanitizationFilter


def by_hand(X, y, k, threshold):
    """Labels after a vote of the k nearest other rows, ties at the k-th included."""
    new = y.copy()
    for i in range(len(y)):
        distance = ((X - X[i]) ** 2).sum(axis=1)
        distance[i] = np.inf
        voters = y[distance <= np.sort(distance)[k - 1]]
        labels, votes = np.unique(voters, return_counts=True)
        modes = labels[votes == votes.max()]
        if len(modes) == 1 and votes.max() / len(voters) >= threshold:
            new[i] = modes[0]
    return new


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("k", [1, 4, 10])
def test_labels_are_those_of_the_definition(threshold, k):
    # Points of a grid: many distances tie, and so do votes.
    rng = np.random.default_rng(0)
    X = rng.integers(0, 12, size=(150, 2)).astype(float)
    y = np.where(X[:, 0] < 5, "a", np.where(X[:, 1] < 6, "b", "c"))
    wrong = rng.random(150) < 0.3
    y[wrong] = rng.choice(list("abc"), wrong.sum())
    filter = LabelSanitizationFilter(k, threshold).fit(X, y)
    expected = by_hand(X, y, k, threshold)
    assert_array_equal(filter.y_sanitized_, expected)
    assert_array_equal(filter.relabelled_, expected != y)
    assert_array_equal(filter.inlier_mask_, expected == y)


def test_a_tie_keeps_the_own_label():
    near = [0.0, -1.0, -1.1, 1.0, 1.1]
    X = np.concatenate([near, np.arange(100.0, 106.0), np.arange(200.0, 206.0)])[
        :, None
    ]
    y = np.array([2, 0, 0, 1, 1] + 6 * [0] + 6 * [1])
    # Two votes each for 0 and 1, none for 2: nothing says which it should be.
    filter = LabelSanitizationFilter(n_neighbors=4, threshold=0.5).fit(X, y)
    assert filter.y_sanitized_[0] == 2
    assert filter.sample_scores_[0] == 0


def test_a_share_at_the_threshold_relabels():
    X = np.concatenate([np.arange(11.0), np.arange(100.0, 120.0)])[:, None]
    y = np.array([1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0] + 20 * [0])
    scores = LabelSanitizationFilter(n_neighbors=10).fit(X, y).sample_scores_
    assert scores[5] == -0.8
    for threshold, relabelled in ((0.8, True), (0.81, False)):
        filter = LabelSanitizationFilter(10, threshold).fit(X, y)
        assert filter.relabelled_[5] == relabelled


def test_trusted_rows_keep_their_label():
    X, y = make_blobs(60, centers=[[0, 0], [20, 20]], random_state=0)
    y[:5] = 1 - y[:5]
    assert LabelSanitizationFilter().fit(X, y).relabelled_[:5].all()
    filter = LabelSanitizationFilter().fit(X, y, trusted=np.arange(3))
    assert_array_equal(filter.relabelled_[:5], [False] * 3 + [True] * 2)
    assert_array_equal(filter.y_sanitized_[:3], y[:3])


def test_new_rows_are_judged_by_the_original_labels():
    X, y = make_blobs(100, centers=[[0, 0], [20, 20]], random_state=0)
    y[:8] = 1 - y[:8]
    filter = LabelSanitizationFilter().fit(X, y)
    assert_array_equal(
        filter.predict(X + 1e-9, 1 - y), np.where(np.arange(100) < 8, 1, -1)
    )


def test_too_many_neighbors_are_refused():
    X, y = make_blobs(10, centers=[[0, 0], [20, 20]], random_state=0)
    LabelSanitizationFilter(n_neighbors=9, threshold=1.0).fit(X, y)
    with pytest.raises(ValueError, match="n_neighbors=10 is more than the 9 other"):
        LabelSanitizationFilter(n_neighbors=10).fit(X, y)


def test_a_model_trained_on_sanitized_labels_is_better():
    X, y = load_digits(return_X_y=True)
    X, y, X_test, y_test = X[:900], y[:900], X[900:], y[900:]
    flipped = LabelFlipAttack(rate=0.3, random_state=0).fit_poison(X, y).y
    model = LogisticRegression(C=1e-3, max_iter=2000)
    undefended = model.fit(X, flipped).score(X_test, y_test)
    filter = LabelSanitizationFilter().fit(X, flipped)
    assert np.mean(filter.y_sanitized_ == y) > 0.95
    assert model.fit(X, filter.y_sanitized_).score(X_test, y_test) > undefended + 0.01

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skpoison.attacks import LabelFlipAttack, SubpopulationAttack


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, random_state=0)


@pytest.fixture
def groups():
    """Three groups of 20 rows far apart, of two classes."""
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [9, 0], [0, 9]])
    X = np.repeat(centres, 20, axis=0) + rng.normal(size=(60, 2))
    return X, np.repeat([0, 0, 1], 20)


def attack(**params):
    return SubpopulationAttack(**{"n_clusters": 3, "random_state": 0, **params})


@pytest.mark.parametrize("seed", range(3))
def test_the_subpopulation_is_lost_and_the_rest_is_not(digits, seed):
    X, X_test, y, y_test = digits
    subpopulation = attack(alpha=2, n_clusters=20, random_state=seed)
    poisoned = subpopulation.fit_poison(X, y)
    inside = subpopulation.in_subpopulation(X_test)
    clean = SVC().fit(X, y).predict(X_test) == y_test
    victim = SVC().fit(poisoned.X, poisoned.y).predict(X_test) == y_test
    assert victim[inside].mean() < clean[inside].mean() - 0.5
    assert victim[~inside].mean() > clean[~inside].mean() - 0.02
    rate = poisoned.is_poison.sum() / len(y)
    flips = LabelFlipAttack(rate=rate, random_state=0).fit_poison(X, y)
    flipped = SVC().fit(flips.X, flips.y).predict(X_test) == y_test
    assert victim[inside].mean() < flipped[inside].mean() - 0.5


@pytest.mark.parametrize("alpha", [0.5, 0.29, 2])
def test_poison_are_copies_of_the_cluster_with_the_other_label(groups, alpha):
    X, y = groups
    subpopulation = attack(alpha=alpha, cluster=1)
    poisoned = subpopulation.fit_poison(X, y)
    members = np.flatnonzero(subpopulation.clusters_ == 1)
    assert len(members) == 20
    assert len(poisoned.y) == 60 + int(alpha * 20 + 1e-9)
    assert np.isin(subpopulation.base_indices_, members).all()
    assert_array_equal(poisoned.X[60:], X[subpopulation.base_indices_])
    assert_array_equal(poisoned.y[60:], 1 - y[subpopulation.base_indices_])
    assert_array_equal(np.flatnonzero(poisoned.is_poison), range(60, len(poisoned.y)))
    assert_array_equal(subpopulation.in_subpopulation(X), subpopulation.clusters_ == 1)


def test_the_label_is_the_one_that_the_model_of_the_attacker_finds_least_likely():
    rng = np.random.default_rng(0)
    X = np.repeat([[0.0], [1.0], [9.0]], 20, axis=0) + 0.1 * rng.normal(size=(60, 1))
    y = np.repeat(["near", "here", "far"], 20)
    subpopulation = attack(n_clusters=2)
    for cluster in range(2):
        subpopulation.set_params(cluster=cluster).fit_poison(X, y)
        at_9 = X[subpopulation.clusters_ == cluster].mean() > 5
        assert set(subpopulation.y_poison_) == ({"near"} if at_9 else {"far"})


def test_the_poison_does_not_depend_on_the_order_of_the_rows(digits):
    X, _, y, _ = digits
    order = np.random.default_rng(1).permutation(len(y))
    first, second = attack(n_clusters=20), attack(n_clusters=20)
    first.fit_poison(X, y)
    second.fit_poison(X[order], y[order])
    assert_array_equal(first.base_indices_, order[second.base_indices_])
    assert_array_equal(first.y_poison_, second.y_poison_)
    assert_array_equal(first.clusters_[order], second.clusters_)


def test_the_input_is_not_modified_and_a_data_frame_stays_one(groups):
    X, y = pd.DataFrame(groups[0], columns=["a", "b"]), pd.Series(groups[1])
    before = X.copy(), y.copy()
    poisoned = attack().fit_poison(X, y)
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_series_equal(y, before[1])
    assert list(poisoned.X.columns) == ["a", "b"]
    assert poisoned.y.dtype == y.dtype


def test_words_are_left_to_the_embedding():
    towns = pd.DataFrame({"town": ["Bath", "Bath", "Ely", "Ely", "York", "York"]})
    embedding = OneHotEncoder(sparse_output=False)
    subpopulation = attack(embedding=embedding, alpha=1)
    poisoned = subpopulation.fit_poison(towns, [0, 0, 1, 1, 0, 0])
    assert len(set(poisoned.X["town"][6:])) == 1
    inside = subpopulation.in_subpopulation(towns)
    assert set(towns["town"][inside]) == set(poisoned.X["town"][6:])
    assert not hasattr(embedding, "categories_")


def test_images_are_clustered_by_their_pixels(groups):
    X, y = groups
    images = np.repeat(X, 2, axis=1).reshape(-1, 1, 2, 2)
    poisoned = attack(estimator=DecisionTreeClassifier()).fit_poison(images, y)
    assert poisoned.X.shape[1:] == (1, 2, 2)


def test_the_embedding_decides_what_a_cluster_is(groups):
    X, y = groups
    stretched = np.column_stack([X, 1e6 * np.random.default_rng(1).normal(size=60)])
    plain, scaled = attack(), attack(embedding=StandardScaler())
    plain.fit_poison(stretched, y)
    scaled.fit_poison(stretched, y)
    groups_of = [a.clusters_.reshape(3, 20) for a in (plain, scaled)]
    pure = [np.mean(g == np.median(g, axis=1)[:, None]) for g in groups_of]
    assert pure[0] < 0.6 < 0.8 < pure[1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_clusters": 61}, "n_clusters=61 is more than the 60 rows"),
        ({"cluster": 3}, "cluster=3 is none of the 3 clusters, which are counted"),
        ({"alpha": 0.01}, "the largest has 20 rows. Raise alpha, or lower n_clusters"),
        ({"alpha": 0.01, "cluster": 0}, "cluster 0, which has 20 rows, is no row"),
    ],
)
def test_what_makes_no_poison_is_refused(groups, params, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        attack(**params).fit_poison(*groups)


def test_there_is_no_subpopulation_before_the_attack(groups):
    with pytest.raises(NotFittedError, match="Call fit_poison first"):
        attack().in_subpopulation(groups[0])

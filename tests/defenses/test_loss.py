"""Small-loss selection: the losses are out of fold, and those of the estimator."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skpoison.defenses import LossFilter
from skpoison.exceptions import DegenerateFilterWarning


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    y[[0, 60, 140]] = [1, 2, 0]
    return X, y


@pytest.mark.parametrize("contamination", [0.02, 0.1])
def test_a_share_of_the_rows_goes_wrong_labels_first(iris, contamination):
    filter = LossFilter(SVC(), contamination=contamination, random_state=0).fit(*iris)
    assert np.sum(~filter.inlier_mask_) == round(contamination * 150)
    assert not filter.inlier_mask_[[0, 60, 140]].any()


def test_no_row_is_judged_by_a_model_that_learned_it(iris):
    # A forest knows each row that it was trained on by heart.
    forest = RandomForestClassifier(10, bootstrap=False, random_state=0)
    filter = LossFilter(forest, random_state=0).fit(*iris)
    assert (filter.sample_scores_[[0, 60, 140]] < np.log(0.5)).all()


def test_the_loss_is_the_cross_entropy(iris):
    X, y = iris
    filter = LossFilter(LogisticRegression(max_iter=500), cv=3).fit(X, y)
    new_X, new_y = X[:4] + 0.1, y[[0, 1, 60, 140]]
    losses = [
        [log_loss([label], model.predict_proba([row]), labels=[0, 1, 2])
         for row, label in zip(new_X, new_y)]
        for model in filter.estimators_
    ]  # fmt: skip
    assert_allclose(-filter.score_samples(new_X, new_y), np.mean(losses, axis=0))


def test_values_of_a_regression_are_judged_by_their_error():
    X, y = make_regression(100, 3, noise=1, random_state=0)
    y[:5] += 50
    filter = LossFilter(LinearRegression(), contamination=0.05, random_state=0)
    assert not filter.fit(X, y).inlier_mask_[:5].any()


def test_the_only_row_of_a_class_is_judged_by_models_that_have_seen_it(iris):
    X, y = iris
    y[3] = 7
    filter = LossFilter(SVC(C=1e3, gamma=99), random_state=0).fit(X, y)
    assert filter.inlier_mask_[3]


def test_rows_of_different_classes_alone_are_refused():
    with pytest.raises(ValueError, match="one row alone"):
        LossFilter(SVC()).fit([[0.0], [1.0]], ["ant", "bee"])


def test_trusted_rows_are_not_counted(iris):
    X, y = iris
    filter = LossFilter(SVC(), contamination=0.1, random_state=0)
    filter.fit(X, y, trusted=np.arange(80, 130))
    assert np.sum(~filter.inlier_mask_) == 10


def test_losses_that_tell_no_rows_apart_are_warned_of(iris):
    rng = np.random.default_rng(0)
    X, y = iris[0], rng.integers(3, size=150)
    nearest = LossFilter(KNeighborsClassifier(1), contamination=0.1, random_state=0)
    with pytest.warns(DegenerateFilterWarning, match="tie as the most suspect"):
        assert nearest.fit(X, y).inlier_mask_.all()

"""The estimator trains on the rows of X that the filter kept."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils import get_tags

from skpoison.base import PoisonFilter
from skpoison.meta import DefendedClassifier


class Dropper(PoisonFilter):
    """Drops the rows whose first feature is negative."""

    def _score_training_rows(self, X, y, trusted):
        return X[:, 0], 0.0


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that remembers what it was shown."""

    def fit(self, X, y, sample_weight=None, X_val=None, eval_set=None):
        self.weight_, self.X_val_, self.eval_set_ = sample_weight, X_val, eval_set
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def rows():
    """Twelve rows, four of them with a negative first feature."""
    X = np.arange(24.0).reshape(12, 2)
    X[[1, 4, 7, 10], 0] *= -1
    return X, np.arange(12) % 2


KEPT = np.array([0, 2, 3, 5, 6, 8, 9, 11])


def test_meta_estimators_route_and_cut(rows):
    X, y = rows
    model = DefendedClassifier(Dropper(), Recorder())
    model.fit(X, y, filter__trusted=[1], estimator__sample_weight=np.arange(12))
    kept = np.union1d(KEPT, [1])
    assert_array_equal(model.estimator_.weight_, kept)
    with pytest.raises(ValueError, match="'trusted'.*'filter', 'estimator'"):
        model.fit(X, y, trusted=np.arange(12))
    with sklearn.config_context(enable_metadata_routing=True):
        model = DefendedClassifier(
            Dropper().set_fit_request(trusted=True),
            Recorder().set_fit_request(sample_weight=True),
        )
        model.fit(X, y, trusted=np.arange(12) == 1, sample_weight=np.arange(12))
        assert_array_equal(model.estimator_.weight_, kept)
        with pytest.raises(TypeError, match="nothing"):
            model.fit(X, y, nothing=1)


def test_sample_weight_is_the_estimators(rows):
    X, y = rows
    model = DefendedClassifier(Dropper(), Recorder())
    model.fit(X, y, sample_weight=np.arange(12))
    assert_array_equal(model.estimator_.weight_, KEPT)
    with pytest.raises(ValueError, match="sample_weight came twice"):
        model.fit(X, y, np.arange(12), estimator__sample_weight=np.arange(12))


def test_sample_weight_reaches_whoever_requests_it(rows):
    X, y = rows
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = Recorder().set_fit_request(sample_weight="weight")
        model = DefendedClassifier(Dropper(), estimator)
        model.fit(X, y, weight=np.arange(12))
        assert_array_equal(model.estimator_.weight_, KEPT)
        estimator.set_fit_request(sample_weight=True)
        model.fit(X, y, sample_weight=np.arange(12)[::-1])
        assert_array_equal(model.estimator_.weight_, np.arange(12)[::-1][KEPT])


def test_a_validation_set_as_long_as_the_training_set_is_not_cut(rows):
    X, y = rows
    model = DefendedClassifier(Dropper(), Recorder())
    model.fit(X, y, estimator__X_val=-X, estimator__eval_set=[(row, 0) for row in X])
    assert_array_equal(model.estimator_.X_val_, -X)
    assert len(model.estimator_.eval_set_) == 12


def test_log_probabilities_are_those_of_the_estimator():
    X, y = load_iris(return_X_y=True)
    filter = IsolationForest(random_state=0)
    model = DefendedClassifier(filter, LogisticRegression(max_iter=1000)).fit(X, y)
    expected = model.estimator_.predict_log_proba(X)
    assert_array_equal(model.predict_log_proba(X), expected)
    assert not hasattr(DefendedClassifier(filter, LinearSVC()), "predict_log_proba")


@pytest.mark.parametrize("tag", ["allow_nan", "string", "sparse"])
@pytest.mark.parametrize("who", ["filter", "estimator"])
def test_rows_are_what_both_the_filter_and_the_estimator_take(tag, who):
    class Permissive(BaseEstimator):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            setattr(tags.input_tags, tag, True)
            return tags

    class Strict(BaseEstimator):
        pass

    parts = {"filter": Permissive(), "estimator": Permissive()}
    assert getattr(get_tags(DefendedClassifier(**parts)).input_tags, tag)
    parts[who] = Strict()
    assert not getattr(get_tags(DefendedClassifier(**parts)).input_tags, tag)

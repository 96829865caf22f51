"""A verdict is one -1 or +1 per row, or an error that says what came back."""

import re

import numpy as np
import pytest
import sklearn.pipeline
from numpy.testing import assert_array_equal
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from pyod.models.mad import MAD
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.cluster import DBSCAN, KMeans
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import IsolationForest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from skpoison.defenses import L2CentroidFilter, PerClassFilter
from skpoison.meta import DefendedClassifier, DefendedRegressor
from skpoison.pipeline import Pipeline, make_pipeline


class Answers(OutlierMixin, BaseEstimator):
    """A detector that gives the answer it was told to give."""

    def __init__(self, answer):
        self.answer = answer

    def fit(self, X, y=None):
        return self

    def fit_predict(self, X, y=None):
        return self.answer(len(X))


WRONG_ANSWERS = [
    (lambda n: np.arange(n) % 2, "0 for .* rows, 1 for .* rows"),
    (lambda n: np.arange(n) % 3, "0 for .* rows, 1 for .* rows, 2 for"),
    (lambda n: np.arange(n) % 2 == 0, r"type bool, such as \[True, False"),
    (lambda n: np.ones(n), r"type float64, such as \[1.0, 1.0"),
    (lambda n: np.full(n, np.nan), r"type float64, such as \[nan"),
    (lambda n: np.full(n, "inlier"), r"type <U6, such as \['inlier'"),
    (lambda n: np.ones(n - 1, dtype=int), r"array of shape \(\d+,\)"),
    (lambda n: np.ones((n, 1), dtype=int), r"array of shape \(\d+, 1\)"),
    (lambda n: None, r"array of shape \(\)"),
]


@pytest.mark.parametrize(("answer", "came"), WRONG_ANSWERS)
@pytest.mark.parametrize("place", ["pipeline", "last step", "defended", "per class"])
def test_a_verdict_that_is_misread_is_refused(answer, came, place):
    X, y = load_iris(return_X_y=True)
    detector = Answers(answer)
    place = {
        "pipeline": make_pipeline(detector, LogisticRegression()).fit,
        "last step": make_pipeline(StandardScaler(), detector).fit_predict,
        "defended": DefendedClassifier(detector, LogisticRegression()).fit,
        "per class": PerClassFilter(detector).fit,
    }[place]
    with pytest.raises(ValueError, match=f"Answers returned .*{came}.* -1 for a susp"):
        place(X, y)


@pytest.mark.parametrize("clusterer", [KMeans(2, n_init=1), DBSCAN()])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda c: DefendedClassifier(c, LogisticRegression()),
        lambda c: DefendedRegressor(c, LogisticRegression()),
        PerClassFilter,
    ],
)
def test_a_clusterer_is_no_detector(clusterer, wrap):
    with pytest.raises(TypeError, match=f"{type(clusterer).__name__} is a clusterer"):
        wrap(clusterer).fit(*load_iris(return_X_y=True))


def test_a_classifier_is_no_detector():
    X, y = load_iris(return_X_y=True)
    y = np.where(y == 0, -1, 1)
    model = DefendedClassifier(LogisticRegression(), LogisticRegression())
    with pytest.raises(TypeError, match="LogisticRegression is no outlier detector"):
        model.fit(X, y)


@pytest.fixture(scope="module")
def ones():
    """Handwritten ones and sevens."""
    X, y = load_digits(return_X_y=True)
    return X[np.isin(y, [1, 7])], y[np.isin(y, [1, 7])]


@pytest.mark.parametrize("detector", [KNN(), IForest(random_state=0)])
def test_outliers_by_pyod_are_removed_and_not_the_rest(ones, detector):
    X, y = ones
    kept = np.flatnonzero(detector.fit(X).labels_ == 0)
    assert 0.8 * len(y) < len(kept) < len(y)
    model = make_pipeline(detector, LogisticRegression(max_iter=1000)).fit(X, y)
    assert_array_equal(model.sample_indices_, kept)
    defended = DefendedClassifier(detector, LogisticRegression(max_iter=1000))
    assert_array_equal(defended.fit(X, y).sample_indices_, kept)


def test_the_verdict_of_a_pipeline_that_ends_in_a_detector_of_pyod(ones):
    X, y = ones
    scaled = StandardScaler().fit_transform(X)
    kept = KNN().fit(scaled).labels_ == 0
    pipeline = make_pipeline(StandardScaler(), KNN())
    assert_array_equal(pipeline.fit_predict(X, y) == 1, kept)
    defended = DefendedClassifier(pipeline, LogisticRegression(max_iter=1000))
    assert_array_equal(defended.fit(X, y).inlier_mask_, kept)


@pytest.mark.filterwarnings("ignore:.*fit_predict.*:FutureWarning")
@pytest.mark.filterwarnings("ignore:y should not be presented:UserWarning")
def test_the_verdict_of_a_scikit_learn_pipeline_that_ends_in_a_detector_of_pyod(ones):
    X, y = ones
    pipeline = sklearn.pipeline.make_pipeline(StandardScaler(), KNN())
    kept = KNN().fit(StandardScaler().fit_transform(X)).labels_ == 0
    defended = DefendedClassifier(pipeline, LogisticRegression(max_iter=1000))
    assert_array_equal(defended.fit(X, y).inlier_mask_, kept)


@pytest.mark.parametrize("detector", [KNN(), IForest(random_state=0)])
def test_scores_by_pyod_are_turned_round(ones, detector):
    X, y = ones
    per_class = PerClassFilter(detector).fit(X, y)
    for label in (1, 7):
        rows = y == label
        alone = detector.fit(X[rows])
        assert_array_equal(per_class.inlier_mask_[rows], alone.labels_ == 0)
        assert_array_equal(
            np.argsort(per_class.sample_scores_[rows], kind="stable"),
            np.argsort(-alone.decision_scores_, kind="stable"),
        )
        assert_array_equal(
            per_class.predict(X[rows], y[rows]) == 1, alone.predict(X[rows]) == 0
        )


def test_a_detector_of_pyod_without_a_fitted_threshold(ones):
    X, y = ones
    column = X[:, [20]] + np.arange(len(X))[:, None] / 1000
    per_class = PerClassFilter(MAD(threshold=2.0)).fit(column, y)
    rows = y == 1
    expected = MAD(threshold=2.0).fit(column[rows]).labels_ == 0
    assert not expected.all()
    assert_array_equal(per_class.inlier_mask_[rows], expected)


class MatrixScores(IsolationForest):
    def decision_function(self, X):
        return super().decision_function(X)[:, None]


def test_scores_that_are_not_one_number_per_row_are_refused():
    message = r"MatrixScores returned an array of shape \(50, 1\).*each of 50 rows"
    with pytest.raises(ValueError, match=message):
        PerClassFilter(MatrixScores()).fit(*load_iris(return_X_y=True))


def test_a_detector_for_new_rows_alone_has_no_verdict():
    X, y = load_iris(return_X_y=True)
    detector = LocalOutlierFactor(novelty=True)
    message = re.escape("LocalOutlierFactor(novelty=True) has no verdict")
    with pytest.raises(TypeError, match=message + ".*novelty=False.*FrozenEstimator"):
        make_pipeline(detector, LogisticRegression()).fit(X, y)
    judged = Pipeline([("scale", StandardScaler()), ("lof", detector)]).fit(X)
    assert judged.predict(X).shape == (150,)


@pytest.mark.parametrize(
    ("detector", "belongs"),
    [
        (IsolationForest(random_state=0), 1),
        (LocalOutlierFactor(novelty=True), 1),
        (KNN(), 0),
    ],
)
def test_a_frozen_detector_judges_rows_it_was_not_fitted_to(detector, belongs):
    X, y = load_iris(return_X_y=True)
    frozen = FrozenEstimator(detector.fit(X[::2]))
    kept = frozen.predict(X) == belongs
    assert 0 < kept.sum() < len(kept)
    model = make_pipeline(frozen, LogisticRegression(max_iter=1000)).fit(X, y)
    assert_array_equal(model.sample_indices_, np.flatnonzero(kept))
    defended = DefendedClassifier(frozen, LogisticRegression(max_iter=1000)).fit(X, y)
    assert_array_equal(defended.inlier_mask_, kept)


def test_a_frozen_defense_judges_rows_with_their_labels():
    X, y = load_iris(return_X_y=True)
    frozen = FrozenEstimator(L2CentroidFilter(0.1).fit(X[::2], y[::2]))
    kept = frozen.predict(X, y) == 1
    assert 0 < kept.sum() < len(kept)
    model = make_pipeline(frozen, LogisticRegression(max_iter=1000)).fit(X, y)
    assert_array_equal(model.sample_indices_, np.flatnonzero(kept))
    assert model.predict(X).shape == (150,)


def test_a_frozen_pipeline_is_not_fitted_again():
    X, y = load_iris(return_X_y=True)
    detector = IsolationForest(random_state=0)
    frozen = FrozenEstimator(make_pipeline(StandardScaler(), detector).fit(X[::2]))
    model = make_pipeline(frozen, LogisticRegression()).fit(X, y)
    assert_array_equal(model.sample_indices_, np.flatnonzero(frozen.predict(X) == 1))
    assert_array_equal(frozen[0].mean_, X[::2].mean(axis=0))

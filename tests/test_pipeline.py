"""Rows are dropped, and everything that belongs to them follows."""

import re

import numpy as np
import pandas as pd
import pytest
import sklearn
import sklearn.pipeline
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import RandomUnderSampler
from joblib import Memory
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.callback import ProgressBar
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from skpoison.base import PoisonFilter
from skpoison.defenses import L2CentroidFilter, RandomEvictionFilter
from skpoison.meta import DefendedClassifier, DefendedRegressor
from skpoison.pipeline import Pipeline, make_pipeline


class Dropper(PoisonFilter):
    """Drops the rows whose first feature is negative; remembers `trusted`."""

    def _score_training_rows(self, X, y, trusted):
        self.seen_trusted_ = trusted
        return X[:, 0], 0.0


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that remembers what it was shown."""

    def fit(self, X, y, sample_weight=None, extra=None):
        self.X_, self.y_, self.weight_, self.extra_ = X, y, sample_weight, extra
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


def test_rows_are_dropped_while_fitting_alone(rows):
    X, y = rows
    model = Pipeline([("filter", Dropper()), ("clf", Recorder())]).fit(X, y)
    assert_array_equal(model["clf"].X_, X[KEPT])
    assert_array_equal(model["clf"].y_, y[KEPT])
    assert_array_equal(model.sample_indices_, KEPT)
    assert len(model.predict(X)) == 12


def test_fit_parameters_are_cut_to_the_rows_of_their_step(rows):
    X, y = rows
    model = Pipeline([("first", Dropper()), ("second", Dropper()), ("clf", Recorder())])
    weight, trusted = np.arange(12.0), np.array([0, 1, 5])
    model.fit(X, y, second__trusted=trusted, clf__sample_weight=weight, clf__extra="a")
    assert_array_equal(model["clf"].weight_, weight[KEPT])
    assert model["clf"].extra_ == "a"
    # Row 1 is trusted by the second filter, but the first has dropped it.
    assert_array_equal(KEPT[model["second"].seen_trusted_], [0, 5])


def test_fit_parameters_are_cut_with_metadata_routing(rows):
    X, y = rows
    with sklearn.config_context(enable_metadata_routing=True):
        model = Pipeline(
            [
                (
                    "scale",
                    StandardScaler(with_mean=False).set_fit_request(
                        sample_weight=False
                    ),
                ),
                ("filter", Dropper().set_fit_request(trusted=True)),
                ("clf", Recorder().set_fit_request(sample_weight=True, extra=False)),
            ]
        )
        weight = list(range(12))
        model.fit(X, y, trusted=np.arange(12) == 1, sample_weight=weight)
        kept = np.union1d(KEPT, [1])
        assert_array_equal(model.sample_indices_, kept)
        assert model["clf"].weight_ == kept.tolist()
        with pytest.raises(TypeError, match="nothing"):
            model.fit(X, y, nothing=1)
        with pytest.raises(UnsetMetadataPassedError):
            Pipeline([("filter", Dropper()), ("clf", Recorder())]).fit(
                X, y, trusted=np.arange(12) == 1
            )


@pytest.mark.parametrize(
    "params", [{"trusted": [0]}, {"flter__trusted": [0]}, {"off__trusted": [0]}]
)
def test_a_parameter_that_no_step_takes_is_refused(rows, params):
    model = Pipeline(
        [("off", "passthrough"), ("filter", Dropper()), ("clf", Recorder())]
    )
    with pytest.raises(ValueError, match=f"'{next(iter(params))}'.*'filter', 'clf'"):
        model.fit(*rows, **params)
    with pytest.raises(TypeError, match="nothing"):
        model.fit(*rows, filter__nothing=1)


def test_transform_input_is_transformed_but_never_cut(rows):
    X, y = rows
    with sklearn.config_context(enable_metadata_routing=True):
        model = Pipeline(
            [
                ("scale", StandardScaler()),
                ("filter", IsolationForest(random_state=0)),
                ("again", StandardScaler()),
                ("clf", Recorder().set_fit_request(extra=True)),
            ],
            transform_input=["extra"],
        )
        model.fit(X, y, extra=X)
        expected = model["again"].transform(model["scale"].transform(X))
    np.testing.assert_allclose(model["clf"].extra_, expected)
    with pytest.raises(ValueError, match="transform_input"):
        clone(model).fit(X, y)


@pytest.mark.parametrize(
    "detector", [IsolationForest(random_state=0), LocalOutlierFactor()]
)
def test_any_outlier_detector_is_a_filter(detector):
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), detector, LogisticRegression(max_iter=300))
    model.fit(X, y)
    kept = clone(detector).fit_predict(StandardScaler().fit_transform(X)) == 1
    assert_array_equal(model.sample_indices_, np.flatnonzero(kept))
    assert model.score(X, y) > 0.9


def test_a_detector_that_leaves_one_class_is_refused():
    class FlagsOnes(IsolationForest):
        def fit_predict(self, X, y=None):
            return np.where(y == 1, -1, 1)

    X, y = np.ones((6, 2)), np.array([0, 0, 0, 1, 1, 1])
    with pytest.raises(ValueError, match="flagsones would leave rows of one class"):
        make_pipeline(FlagsOnes(), Recorder()).fit(X, y)


def test_samplers_are_steps(rows):
    X, y = load_digits(return_X_y=True)
    y = y == 1
    under = make_pipeline(
        L2CentroidFilter(), RandomUnderSampler(random_state=0), Recorder()
    )
    under.fit(X, y, recorder__sample_weight=np.arange(len(y)))
    assert_array_equal(under[-1].X_, X[under.sample_indices_])
    assert_array_equal(under[-1].weight_, under.sample_indices_)
    assert under[-1].y_.mean() == 0.5
    over = make_pipeline(SMOTE(random_state=0), L2CentroidFilter(), Recorder()).fit(
        X, y
    )
    assert over.sample_indices_ is None
    assert len(over.predict(X)) == len(X)
    with pytest.raises(ValueError, match="sample_weight.*'smote'"):
        over.fit(X, y, recorder__sample_weight=np.arange(len(y)))
    with pytest.raises(ValueError, match="cannot name the rows"):
        make_pipeline(SMOTE(random_state=0), L2CentroidFilter()).fit_predict(X, y)


def test_fit_predict_judges_every_row(rows):
    X, y = rows
    verdict = make_pipeline(Dropper(), RandomEvictionFilter(0.5, random_state=0))
    labels = verdict.fit_predict(X, y)
    assert (labels == 1).sum() == 4
    assert set(np.flatnonzero(labels == 1)) <= set(KEPT)
    clusters = make_pipeline(Dropper(), KMeans(2, n_init=1)).fit_predict(X, y)
    assert_array_equal(np.flatnonzero(clusters == -1), [1, 4, 7, 10])


def test_fit_transform_returns_the_rows_that_are_left(rows):
    X, y = rows
    model = make_pipeline(Dropper(), StandardScaler())
    Xt = model.fit_transform(X, y)
    np.testing.assert_allclose(Xt, StandardScaler().fit_transform(X[KEPT]))
    assert model.transform(X).shape == X.shape


@pytest.mark.parametrize(
    "inner",
    [
        sklearn.pipeline.make_pipeline(PCA(10), L2CentroidFilter(0.1)),
        make_pipeline(PCA(10), L2CentroidFilter(0.1)),
        make_pipeline(PCA(10), L2CentroidFilter(0.1), StandardScaler()),
    ],
)
def test_pipelines_nest(inner):
    X, y = load_digits(return_X_y=True)
    outer = Pipeline([("inner", inner), ("clf", Recorder())]).fit(X, y)
    alone = make_pipeline(PCA(10), L2CentroidFilter(0.1), Recorder()).fit(X, y)
    assert_array_equal(outer.sample_indices_, alone.sample_indices_)
    assert_array_equal(outer["clf"].y_, y[alone.sample_indices_])
    assert outer["clf"].X_.shape == alone[-1].X_.shape


class CountsFits(StandardScaler):
    """Counts how often it is fitted, whatever clones do."""

    n_fits = 0

    def fit(self, X, y=None):
        type(self).n_fits += 1
        return super().fit(X, y)


def test_memory_caches_transformers_and_filters(rows, tmp_path):
    CountsFits.n_fits = 0
    X, y = rows
    model = Pipeline(
        [("scale", CountsFits()), ("filter", Dropper()), ("clf", Recorder())],
        memory=Memory(tmp_path, verbose=0),
    )
    for _ in range(3):
        model.fit(X, y)
    assert CountsFits.n_fits == 1
    assert_array_equal(model["filter"].sample_indices_, model.sample_indices_)


def test_verbose_numbers_the_steps_and_counts_the_rows(rows, capsys):
    steps = [
        ("scale", StandardScaler(with_mean=False)),
        ("filter", Dropper()),
        ("clf", Recorder()),
    ]
    Pipeline(steps, verbose=True).fit(*rows)
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r"\.{2,}|,? (total|in).*", "", line) for line in lines] == [
        "[Pipeline]  (step 1 of 3) Processing scale",
        "[Pipeline] filter kept 8 of 12 rows",
        "[Pipeline]  (step 3 of 3) Processing clf",
    ]


def test_set_output_slicing_clone_and_display(rows):
    X, y = rows
    X = pd.DataFrame(X, columns=["a", "b"], index=range(50, 62))
    model = Pipeline(
        [
            ("scale", StandardScaler(with_mean=False)),
            ("filter", Dropper()),
            ("clf", Recorder()),
        ]
    ).set_output(transform="pandas")
    model.fit(X, y)
    assert list(model["clf"].X_.index) == list(X.index[KEPT])
    assert list(model[:2].transform(X).columns) == ["a", "b"]
    assert isinstance(model[:2], Pipeline)
    assert list(model[:-1].get_feature_names_out()) == ["a", "b"]
    assert not hasattr(clone(model), "sample_indices_")
    assert "Dropper" in model._repr_html_()


def test_callbacks_follow_the_steps(rows):
    model = Pipeline([("filter", Dropper()), ("clf", LogisticRegression())])
    model.set_callbacks(ProgressBar()).fit(*rows)


def test_steps_are_validated_as_in_scikit_learn(rows):
    with pytest.raises(ValueError, match="not unique"):
        Pipeline([("a", Dropper()), ("a", Recorder())]).fit(*rows)
    with pytest.raises(TypeError, match="Intermediate|intermediate"):
        Pipeline([("a", Recorder()), ("b", Recorder())]).fit(*rows)


def test_a_regression_is_filtered():
    X, y = load_diabetes(return_X_y=True)
    model = make_pipeline(RandomEvictionFilter(0.2, random_state=0), Ridge())
    assert len(model.fit(X, y).sample_indices_) == len(y) - len(y) // 5
    defended = DefendedRegressor(RandomEvictionFilter(0.2, random_state=0), Ridge())
    np.testing.assert_allclose(defended.fit(X, y).predict(X), model.predict(X))


def test_meta_estimators_route_and_cut(rows):
    X, y = rows
    model = DefendedClassifier(Dropper(), Recorder())
    model.fit(X, y, filter__trusted=[1], estimator__sample_weight=np.arange(12))
    kept = np.union1d(KEPT, [1])
    assert_array_equal(model.estimator_.weight_, kept)
    with pytest.raises(ValueError, match="'sample_weight'.*'filter', 'estimator'"):
        model.fit(X, y, sample_weight=np.arange(12))
    with sklearn.config_context(enable_metadata_routing=True):
        model = DefendedClassifier(
            Dropper().set_fit_request(trusted=True),
            Recorder().set_fit_request(sample_weight=True),
        )
        model.fit(X, y, trusted=np.arange(12) == 1, sample_weight=np.arange(12))
        assert_array_equal(model.estimator_.weight_, kept)
        with pytest.raises(TypeError, match="nothing"):
            model.fit(X, y, nothing=1)

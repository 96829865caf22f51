"""Rows are dropped, and everything that belongs to them follows."""

import re

import imblearn.pipeline
import numpy as np
import pandas as pd
import pytest
import sklearn
import sklearn.pipeline
from imblearn.base import BaseSampler
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import RandomUnderSampler
from joblib import Memory
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.callback import ProgressBar
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import (
    load_diabetes,
    load_digits,
    load_iris,
    make_multilabel_classification,
)
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skpoison.pipeline as ours
from skpoison.base import PoisonFilter
from skpoison.defenses import L2CentroidFilter, RandomEvictionFilter
from skpoison.exceptions import RemovedClassWarning
from skpoison.meta import DefendedRegressor
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
    model = Pipeline([("off", None), ("filter", Dropper()), ("clf", Recorder())])
    with pytest.raises(ValueError, match=f"'{next(iter(params))}'.*'filter', 'clf'"):
        model.fit(*rows, **params)
    with pytest.raises(TypeError, match="nothing"):
        model.fit(*rows, filter__nothing=1)


def test_a_step_that_is_switched_off_is_given_parameters_in_vain(rows):
    X, y = rows
    model = Pipeline([("filter", "passthrough"), ("clf", Recorder())])
    assert_array_equal(model.fit(X, y, filter__trusted=[0])["clf"].X_, X)


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


class Doubles(BaseEstimator):
    """A last step that fits, then transforms, and remembers what it was given."""

    def fit(self, X, y, weight=None):
        self.y_, self.weight_ = y, weight
        return self

    def transform(self, X, factor=2):
        return factor * X

    def fit_predict(self, X, y, weight=None):
        return self.fit(X, y, weight).y_


def test_a_last_step_that_fits_before_it_transforms(rows):
    X, y = rows
    model = Pipeline([("filter", Dropper()), ("last", Doubles())])
    doubled = model.fit_transform(X, y, last__weight=np.arange(12))
    assert_array_equal(doubled, 2 * X[KEPT])
    assert_array_equal(model["last"].y_, y[KEPT])
    assert_array_equal(model["last"].weight_, KEPT)


def test_the_verdict_of_a_last_step_that_reads_labels(rows):
    X, y = rows
    model = Pipeline([("filter", Dropper()), ("last", Doubles())])
    verdict = model.fit_predict(X, y, last__weight=np.arange(12))
    assert_array_equal(verdict[KEPT], y[KEPT])
    assert_array_equal(np.flatnonzero(verdict == -1), [1, 4, 7, 10])
    assert_array_equal(model["last"].weight_, KEPT)


@pytest.mark.usefixtures("routing")
def test_a_last_step_that_fits_before_it_transforms_is_routed_to(rows):
    last = Doubles().set_fit_request(weight=True).set_transform_request(factor=True)
    model = Pipeline([("filter", Dropper()), ("last", last)])
    transformed = model.fit_transform(*rows, weight=np.arange(12), factor=3)
    assert_array_equal(transformed, 3 * rows[0][KEPT])
    assert_array_equal(last.weight_, KEPT)


class Remembers(BaseEstimator):
    """A transformer that remembers what it was given."""

    def fit(self, X, y, extra=None):
        self.y_, self.extra_ = y, extra
        return self

    def fit_transform(self, X, y, extra=None):
        return self.fit(X, y, extra).transform(X)

    def transform(self, X):
        return X


def test_a_supervised_transformer_may_be_last(rows):
    X, y = rows
    model = Pipeline([("filter", Dropper()), ("last", Remembers())])
    Xt = model.fit_transform(X, y, last__extra=np.arange(12))
    assert_array_equal(Xt, X[KEPT])
    assert_array_equal(model["last"].y_, y[KEPT])
    assert_array_equal(model["last"].extra_, KEPT)


@pytest.mark.usefixtures("routing")
def test_input_is_transformed_on_its_way_to_samplers_and_the_last_transformer(rows):
    X, y = rows
    sampler = CostSampler().set_fit_resample_request(cost=True)
    last = Remembers().set_fit_request(extra=True)
    model = Pipeline(
        [("scale", StandardScaler()), ("sampler", sampler), ("last", last)],
        transform_input=["cost", "extra"],
    )
    model.fit_transform(X, y, cost=X, extra=2 * X)
    assert_array_equal(sampler.cost_, model["scale"].transform(X))
    assert_array_equal(last.extra_, model["scale"].transform(2 * X))


class OnlyFitsAndTransforms(BaseEstimator):
    """An embedding of the rows that it is fitted to, such as TSNE."""

    def fit(self, X, y=None):
        return self

    def fit_transform(self, X, y=None):
        return X[:, :1]


def test_an_embedding_of_the_training_rows_may_be_last(rows):
    X, y = rows
    model = Pipeline([("filter", Dropper()), ("last", OnlyFitsAndTransforms())])
    assert_array_equal(model.fit_transform(X, y), X[KEPT, :1])
    assert not hasattr(model, "transform")
    model = Pipeline([("filter", Dropper()), ("last", Recorder())])
    assert not hasattr(model, "fit_transform")


class DropsRowsAndColumns(Dropper):
    def transform(self, X):
        return X[:, :1]


def test_a_filter_that_transforms_does_so_to_new_rows_as_well(rows):
    X, y = rows
    model = make_pipeline(DropsRowsAndColumns(), LogisticRegression())
    assert model.fit(X, y)[-1].n_features_in_ == 1
    assert_array_equal(model.predict(X), model[-1].predict(X[:, :1]))


def test_a_transformer_after_a_filter_sees_the_labels(rows):
    X, y = rows
    model = make_pipeline(Dropper(), Remembers(), Recorder()).fit(X, y)
    assert_array_equal(model["remembers"].y_, y[KEPT])


class WeighsRows(IsolationForest):
    def fit(self, X, y=None, sample_weight=None):
        self.weight_ = sample_weight
        return super().fit(X, y, sample_weight)


@pytest.mark.usefixtures("routing")
def test_a_detector_that_is_not_first_is_routed_to(rows):
    X, y = rows
    detector = WeighsRows(n_estimators=5, random_state=0)
    detector.set_fit_request(sample_weight=True)
    scale = StandardScaler().set_fit_request(sample_weight=False)
    last = Recorder().set_fit_request(sample_weight=False, extra=False)
    make_pipeline(scale, detector, last).fit(X, y, sample_weight=np.ones(12))
    assert_array_equal(detector.weight_, np.ones(12))


def test_a_mask_with_the_labels_of_other_rows_is_refused(rows):
    X, y = rows
    trusted = pd.Series(np.arange(12) < 5, index=np.arange(12)[::-1])
    model = Pipeline([("filter", Dropper()), ("clf", Recorder())])
    with pytest.raises(ValueError, match="holds labels of X at other rows"):
        model.fit(pd.DataFrame(X), y, filter__trusted=trusted)


def test_a_class_that_a_filter_removes_is_warned_of_once(rows):
    X, _ = rows
    y = np.where(X[:, 0] < 0, 2, np.arange(12) % 2)
    with pytest.warns(RemovedClassWarning) as warned:
        make_pipeline(Dropper(), Recorder()).fit(X, y)
    assert len(warned) == 1


def test_the_verdict_keeps_the_type_that_the_last_step_gave_it(rows):
    model = make_pipeline(Dropper(), KMeans(2, random_state=0))
    assert model.fit_predict(*rows).dtype == np.int32


def test_a_filter_as_the_last_step_replaces_rows(rows):
    X, y = rows
    Xt = make_pipeline(StandardScaler(with_mean=False), Dropper()).fit_transform(X, y)
    assert len(Xt) == 12
    assert (Xt[:, 0] >= 0).all()


def test_a_last_step_that_drops_rows_gives_those_it_keeps(rows):
    X, y = rows
    model = Pipeline([("scale", StandardScaler()), ("last", IsolationForest())])
    Xt = model.fit_transform(X, y, last__sample_weight=np.ones(12))
    assert_array_equal(Xt, model["scale"].transform(X)[model.sample_indices_])
    with pytest.raises(TypeError, match="nothing"):
        model.fit_transform(X, y, last__nothing=1)


@pytest.mark.parametrize("kind", [list, lambda X: Shape(X.shape)])
def test_rows_are_counted_by_length_or_shape(rows, kind):
    model = make_pipeline(DummyClassifier()).fit(kind(rows[0]), rows[1])
    assert_array_equal(model.sample_indices_, np.arange(12))


class Shape:
    """Rows of which nothing is known but how many they are."""

    def __init__(self, shape):
        self.shape = shape


def test_memory_of_a_nested_pipeline_is_used(rows, tmp_path):
    CountsFits.n_fits = 0
    memory = Memory(tmp_path, verbose=0)
    for _ in range(2):
        inner = sklearn.pipeline.make_pipeline(CountsFits(), Dropper(), memory=memory)
        make_pipeline(inner, Recorder()).fit(*rows)
    assert CountsFits.n_fits == 1


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


class CountsJudgements(Dropper):
    """Counts how often it judges, whatever clones do."""

    n_judgements = 0

    def _score_training_rows(self, X, y, trusted):
        type(self).n_judgements += 1
        return super()._score_training_rows(X, y, trusted)


def test_memory_caches_filters_whoever_asks(rows, tmp_path):
    CountsJudgements.n_judgements = 0
    filter = CountsJudgements()
    for last in (Recorder(), DummyClassifier()):
        model = make_pipeline(filter, last, memory=str(tmp_path)).fit(*rows)
    assert CountsJudgements.n_judgements == 1
    assert not hasattr(filter, "sample_indices_")
    assert_array_equal(model[0].sample_indices_, KEPT)
    make_pipeline(filter, Recorder()).fit(*rows)
    assert_array_equal(filter.sample_indices_, KEPT)


def test_the_parameters_of_a_pipeline_are_passed_on(rows, tmp_path, capsys):
    params = {"memory": str(tmp_path), "transform_input": ["extra"], "verbose": True}
    made = make_pipeline(Dropper(), Recorder(), **params).get_params(deep=False)
    assert params.items() <= made.items()
    inner = sklearn.pipeline.make_pipeline(Dropper(), StandardScaler(), verbose=True)
    make_pipeline(inner, Recorder()).fit(*rows)
    assert "[Pipeline] dropper kept 8 of 12 rows in " in capsys.readouterr().out


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


def test_targets_of_a_regression_are_no_classes_that_a_detector_removes():
    X, y = load_diabetes(return_X_y=True)
    model = make_pipeline(IsolationForest(n_estimators=5, random_state=0), Ridge())
    assert len(model.fit(X, y).sample_indices_) < len(y)


def test_a_regression_is_filtered():
    X, y = load_diabetes(return_X_y=True)
    model = make_pipeline(RandomEvictionFilter(0.2, random_state=0), Ridge())
    assert len(model.fit(X, y).sample_indices_) == len(y) - len(y) // 5
    defended = DefendedRegressor(RandomEvictionFilter(0.2, random_state=0), Ridge())
    np.testing.assert_allclose(defended.fit(X, y).predict(X), model.predict(X))


def test_rows_that_cannot_be_counted_pass_through_as_they_are():
    model = make_pipeline(FunctionTransformer(), DummyClassifier())
    assert model.fit(None, [0, 1]).sample_indices_ is None
    texts = ["one ring", "two rings", "three rings", "one ring more"] * 3
    words = Pipeline([("words", TfidfVectorizer()), ("clf", LogisticRegression())])
    words.fit(iter(texts), [0, 1, 1, 0] * 3)
    assert len(words.sample_indices_) == 12
    filtered = make_pipeline(
        TfidfVectorizer(), RandomEvictionFilter(0.5, random_state=0), DummyClassifier()
    )
    filtered.fit(iter(texts), [0, 1, 1, 0] * 3)
    assert len(filtered.sample_indices_) == 6
    assert len(filtered.predict(iter(texts))) == 12


def test_y_may_be_none():
    X = load_iris().data
    model = make_pipeline(IsolationForest(random_state=0), PCA(2)).fit(X)
    assert 0 < len(model.sample_indices_) < len(X)
    unlabelled = make_pipeline(IsolationForest(random_state=0), Recorder()).fit(X, None)
    assert unlabelled[-1].y_ is None
    clusters = make_pipeline(IsolationForest(random_state=0), KMeans(2, n_init=1))
    assert_array_equal(
        np.flatnonzero(clusters.fit_predict(X) >= 0), clusters.sample_indices_
    )


@pytest.mark.parametrize("n_labels", [11, 13])
@pytest.mark.parametrize("step", [IsolationForest(), RandomUnderSampler()])
def test_as_many_labels_as_rows_are_needed(rows, n_labels, step):
    X, _ = rows
    model = make_pipeline(StandardScaler(), step, Recorder())
    with pytest.raises(ValueError, match=rf"inconsistent.*\[12, {n_labels}\]"):
        model.fit(X, np.arange(n_labels) % 2)


@pytest.mark.parametrize("container", [csr_matrix, csr_array])
def test_y_may_be_sparse_labels(container):
    X, y = make_multilabel_classification(random_state=0)
    detector = IsolationForest(contamination=0.1, random_state=0)
    model = make_pipeline(detector, OneVsRestClassifier(LogisticRegression()))
    model.fit(X, container(y))
    expected = make_pipeline(
        clone(detector), OneVsRestClassifier(LogisticRegression())
    ).fit(X, y)
    assert len(model.sample_indices_) == 90
    assert_array_equal(model.predict(X).toarray(), expected.predict(X))


class Tasks:
    """A callback that remembers which tasks it was shown, and by whom."""

    max_propagation_depth = None

    def __init__(self):
        self.begun = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        path = []
        while context is not None:
            path.insert(0, context.source_task_name or context.task_name)
            context = context.parent
        self.begun.append((type(estimator).__name__, "/".join(path)))

    def on_fit_task_end(self, estimator, context):
        pass


def test_callbacks_see_the_steps_and_nothing_private(rows):
    tasks = Tasks()
    model = Pipeline(
        [
            ("scale", StandardScaler(with_mean=False)),
            ("filter", Dropper()),
            ("off", None),
            ("clf", LogisticRegression()),
        ]
    )
    model.set_callbacks(tasks).fit(*rows)
    paths = [path for _, path in tasks.begun]
    assert [path for path in paths if path.count("/") < 2] == [
        "fit",
        "fit/fit-transform-scale",
        "fit/fit-filter-filter",
        "fit/fit-transform-off",
        "fit/fit-final-estimator",
    ]
    assert {name for name, _ in tasks.begun} <= {
        "Pipeline",
        "StandardScaler",
        "Dropper",
        "LogisticRegression",
    }


class ShownRows(Tasks):
    """A callback that remembers how many rows and labels each task was shown."""

    max_propagation_depth = 0

    def on_fit_task_begin(self, estimator, context, *, X, y):
        assert isinstance(estimator, Pipeline)
        self.begun.append((context.task_name, len(X), len(y)))

    on_fit_task_end = on_fit_task_begin


def test_the_tasks_are_named_by_what_is_called(rows):
    tasks = Tasks()
    tasks.max_propagation_depth = 0
    model = Pipeline([("filter", Dropper()), ("last", Doubles())])
    model.set_callbacks(tasks).fit_transform(*rows)
    assert [path for _, path in tasks.begun] == [
        "fit-transform",
        "fit-transform/fit-filter-filter",
        "fit-transform/fit-transform-final-estimator",
    ]


def test_callbacks_are_shown_the_rows_that_reach_each_step(rows):
    callback = ShownRows()
    model = Pipeline([("filter", Dropper()), ("clf", Recorder())])
    model.set_callbacks(callback).fit(*rows)
    assert callback.begun == [
        ("fit", 12, 12),
        *[("fit-filter-filter", 12, 12)] * 2,
        *[("fit-final-estimator", 8, 8)] * 2,
        ("fit", 8, 8),
    ]


def test_callbacks_reach_the_steps_that_they_reach_in_scikit_learn(rows):
    def reached(package, *steps):
        tasks = Tasks()
        tasks.max_propagation_depth = 1
        inner = package.make_pipeline(StandardScaler(), LogisticRegression())
        package.make_pipeline(*steps, inner).set_callbacks(tasks).fit(*rows)
        return [name for name, _ in tasks.begun]

    assert reached(ours) == reached(sklearn.pipeline)
    assert [*reached(ours, Dropper())][-1] == reached(sklearn.pipeline)[-1]
    assert "Dropper" in reached(ours, Dropper())


def test_the_last_steps_error_is_the_cause():
    model = make_pipeline(Dropper(), LogisticRegression())
    with pytest.raises(AttributeError) as caught:
        model.fit_predict(None)
    assert "LogisticRegression" in str(caught.value.__cause__)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_parameters_are_routed_through_routers_between_the_steps(rows):
    X, y = rows
    selection = SelectFromModel(
        LogisticRegression().set_fit_request(sample_weight=True), threshold=-np.inf
    )
    inner = Pipeline(
        [
            ("scale", StandardScaler().set_fit_request(sample_weight=False)),
            ("filter", Dropper().set_fit_request(trusted=True)),
        ]
    )
    model = Pipeline(
        [
            ("select", selection),
            ("outer", Dropper().set_fit_request(trusted=False)),
            ("inner", inner),
            ("clf", Recorder().set_fit_request(sample_weight=True, extra=False)),
        ]
    )
    trusted = np.arange(12) < 3
    model.fit(X, y, trusted=trusted, sample_weight=np.arange(12.0))
    assert_array_equal(inner["filter"].seen_trusted_, trusted[KEPT])
    assert_array_equal(model["clf"].weight_, model.sample_indices_)
    assert {0, 2} <= set(model.sample_indices_) <= set(KEPT)


class CostSampler(BaseSampler):
    """A sampler that takes a row-aligned parameter."""

    _sampling_type = "bypass"

    def fit_resample(self, X, y, cost=None):
        self.cost_ = cost
        return X, y

    def _fit_resample(self, X, y):
        raise NotImplementedError


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("nested", [False, True])
def test_parameters_are_routed_to_samplers(rows, nested):
    sampler = CostSampler().set_fit_resample_request(cost=True)
    step = make_pipeline(StandardScaler(), sampler) if nested else sampler
    model = Pipeline([("filter", Dropper()), ("step", step), ("clf", Recorder())])
    model.fit(*rows, cost=np.arange(12))
    assert_array_equal(sampler.cost_, KEPT)


def test_parameters_reach_samplers_by_name(rows):
    model = make_pipeline(Dropper(), CostSampler(), Recorder())
    model.fit(*rows, costsampler__cost=np.arange(12))
    assert_array_equal(model["costsampler"].cost_, KEPT)


@pytest.mark.usefixtures("routing")
def test_trusted_rows_of_a_filter_before_a_sampler_are_routed():
    X, y = load_iris(return_X_y=True)
    X, y = X[30:], y[30:]
    filter = L2CentroidFilter(0.2).set_fit_request(trusted=True)
    model = make_pipeline(filter, SMOTE(random_state=0), LogisticRegression())
    trusted = np.arange(120) % 2 == 0
    model.fit(X, y, trusted=trusted)
    assert filter.inlier_mask_[trusted].all()
    assert not filter.inlier_mask_.all()
    smote_first = make_pipeline(
        SMOTE(random_state=0), clone(filter), LogisticRegression()
    )
    with pytest.raises(ValueError, match="'trusted' cannot follow.*'smote'"):
        smote_first.fit(X, y, trusted=trusted)


def scale_and(step, package):
    return package.make_pipeline(StandardScaler(), step)


@pytest.mark.parametrize("package", [sklearn.pipeline, imblearn.pipeline, ours])
def test_a_nested_scaler_before_a_detector_scales(package):
    X, y = load_digits(return_X_y=True)
    detector = IsolationForest(random_state=0)
    inner = scale_and(detector, package)
    model = Pipeline([("inner", inner), ("clf", Recorder())]).fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    kept = clone(detector).fit_predict(scaled) == 1
    assert_array_equal(model["clf"].X_, scaled[kept])
    assert_array_equal(model.sample_indices_, np.flatnonzero(kept))
    assert_array_equal(model[:-1].transform(X), scaled)
    assert_array_equal(model["inner"][0].transform(X), scaled)


@pytest.mark.parametrize("package", [imblearn.pipeline, ours])
@pytest.mark.parametrize("sampler", [RandomUnderSampler, SMOTE])
def test_a_nested_scaler_before_a_sampler_scales_what_is_predicted(package, sampler):
    X, y = load_iris(return_X_y=True)
    X, y = X[30:], y[30:]
    sampler = sampler(random_state=0)
    inner = scale_and(sampler, package)
    model = Pipeline([("inner", inner), ("clf", LogisticRegression())]).fit(X, y)
    scaler = StandardScaler().fit(X)
    alone = LogisticRegression().fit(
        *clone(sampler).fit_resample(scaler.transform(X), y)
    )
    assert_array_equal(model.predict_proba(X), alone.predict_proba(scaler.transform(X)))


@pytest.mark.parametrize("package", [imblearn.pipeline, ours])
def test_a_nested_sampler_before_a_transformer_keeps_labels_with_rows(package):
    X, y = load_iris(return_X_y=True)
    inner = package.make_pipeline(
        RandomUnderSampler(sampling_strategy={0: 9, 1: 9, 2: 9}), PCA(2)
    )
    model = Pipeline([("inner", inner), ("clf", Recorder())]).fit(X, y)
    assert model["clf"].X_.shape == (27, 2)
    assert_array_equal(model["clf"].y_, y[model.sample_indices_])
    left = inner[-1].transform(X[model.sample_indices_])
    np.testing.assert_allclose(model["clf"].X_, left)


def test_pipelines_that_end_in_a_sampler_resample():
    X, y = (given[30:] for given in load_iris(return_X_y=True))
    filter, sampler = L2CentroidFilter(0.2), SMOTE(random_state=0)
    model = make_pipeline(StandardScaler(), filter, sampler)
    Xt, yt = model.fit_resample(X, y)
    assert len(Xt) == len(yt) > filter.inlier_mask_.sum()
    assert_array_equal(model.transform(X), model[0].transform(X))
    assert not hasattr(make_pipeline(StandardScaler()), "fit_resample")


def test_pipelines_that_end_in_a_filter_give_the_rows_they_keep():
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), L2CentroidFilter(0.2))
    Xt, yt = model.fit_resample(X, y)
    assert len(yt) == 120
    assert_array_equal(yt, y[model.sample_indices_])
    assert_array_equal(Xt, model[0].transform(X)[model.sample_indices_])


def test_a_step_that_resamples_and_transforms_is_refused(rows):
    class Both(CostSampler):
        def transform(self, X):
            return X

    with pytest.raises(TypeError, match="'both' .Both. has both fit_resample and tran"):
        make_pipeline(StandardScaler(), Both(), Recorder()).fit(*rows)


def test_a_nested_pipeline_that_ends_in_a_classifier_is_no_step(rows):
    inner = make_pipeline(Dropper(), Recorder())
    with pytest.raises(TypeError, match="ntermediate steps"):
        make_pipeline(inner, Recorder()).fit(*rows)


@pytest.mark.parametrize("nothing", [None, "passthrough"])
def test_a_step_after_a_filter_may_be_switched_off(rows, nothing):
    X, y = rows
    model = Pipeline([("filter", Dropper()), ("off", nothing), ("clf", Recorder())])
    assert_array_equal(model.fit(X, y)["clf"].X_, X[KEPT])
    ends = Pipeline([("filter", Dropper()), ("off", nothing)])
    assert_array_equal(ends.fit_transform(X, y), X[KEPT])
    assert_array_equal(ends.fit(X, y).transform(X), X)
    assert_array_equal(ends.sample_indices_, KEPT)
    assert_array_equal(ends.fit_resample(X, y)[1], y[KEPT])


@pytest.mark.parametrize(
    "step",
    [
        IsolationForest(),
        LocalOutlierFactor(),
        L2CentroidFilter(0.1),
        RandomUnderSampler(),
    ],
)
def test_all_steps_but_the_last_transform_new_rows(step):
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), step, DummyClassifier()).fit(X, y)
    assert_array_equal(model[:-1].transform(X), model[0].transform(X))
    with pytest.raises(NotFittedError):
        clone(model)[:-1].transform(X)


@pytest.mark.parametrize("step", [IsolationForest(), L2CentroidFilter(0.1), SMOTE()])
def test_transformations_are_inverted_through_filters(step):
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), step, PCA()).fit(X, y)
    np.testing.assert_allclose(model.inverse_transform(model.transform(X)), X)


@pytest.mark.parametrize(
    "inside",
    [
        make_pipeline(IsolationForest(), StandardScaler()),
        make_pipeline(StandardScaler(), L2CentroidFilter()),
        sklearn.pipeline.make_pipeline(StandardScaler(), L2CentroidFilter()),
        sklearn.pipeline.make_pipeline(
            make_pipeline(IsolationForest(), StandardScaler()), PCA(1)
        ),
        L2CentroidFilter(),
        make_pipeline(StandardScaler(), SMOTE()),
    ],
    ids=["drops", "replaces", "replaces in scikit-learn's", "deep", "filter", "adds"],
)
@pytest.mark.parametrize("union", [FeatureUnion, ColumnTransformer])
@pytest.mark.parametrize(
    "around", [None, sklearn.pipeline.make_pipeline, make_pipeline]
)
def test_rows_are_never_glued_to_other_rows(inside, union, around):
    X, y = load_iris(return_X_y=True)
    parts = [("a", inside), ("b", clone(inside))]
    if union is ColumnTransformer:
        parts = [(name, part, [0, 1]) for name, part in parts]
    glued = union(parts)
    fit = glued.fit_transform if around is None else around(glued, PCA(1)).fit
    with pytest.raises(
        ValueError, match=f"inside a {union.__name__}, which would glue"
    ):
        fit(X, y)


def test_rows_are_not_glued_by_workers_either():
    X, y = load_iris(return_X_y=True)
    inside = make_pipeline(IsolationForest(), StandardScaler())
    parts = [(name, clone(inside)) for name in "ab"]
    with pytest.raises(ValueError, match="inside a FeatureUnion"):
        FeatureUnion(parts, n_jobs=2).fit_transform(X, y)


def test_rows_that_a_model_inside_a_union_was_fitted_to_are_not_glued():
    X, y = load_iris(return_X_y=True)
    for package in (sklearn.pipeline, ours):
        model = package.make_pipeline(
            L2CentroidFilter(0.1), LogisticRegression(max_iter=1000)
        )
        importance = "named_steps.logisticregression.coef_"
        selection = SelectFromModel(model, importance_getter=importance)
        union = FeatureUnion([("selected", selection), ("scaled", StandardScaler())])
        assert len(union.fit_transform(X, y)) == len(X)


def test_rows_are_not_glued_through_a_subclass_either():
    class Own(Pipeline):
        def fit_transform(self, X, y=None):
            return super().fit_transform(X, y)

    X, y = load_iris(return_X_y=True)
    union = FeatureUnion([("own", Own([("f", L2CentroidFilter()), ("s", PCA(1))]))])
    with pytest.raises(ValueError, match="Own changes the rows.*inside a FeatureUnion"):
        union.fit_transform(X, y)


def test_a_single_pipeline_that_drops_rows_is_not_glued_to_other_columns():
    X, y = load_iris(return_X_y=True)
    inside = make_pipeline(IsolationForest(), StandardScaler())
    union = ColumnTransformer([("a", inside, [0, 1])], remainder="passthrough")
    with pytest.raises(ValueError, match="inside a ColumnTransformer"):
        union.fit_transform(X, y)


def test_samplers_of_others_are_not_glued_to_other_columns():
    X, y = load_iris(return_X_y=True)
    inside = imblearn.pipeline.make_pipeline(
        RandomUnderSampler(sampling_strategy={0: 9}), PCA(1)
    )
    union = FeatureUnion([("a", inside), ("b", clone(inside))])
    deep = FeatureUnion([("union", union)])
    with pytest.raises(ValueError, match="'a' changes the rows.*inside a FeatureUnion"):
        make_pipeline(deep, LogisticRegression()).fit(X, y)


def test_a_scikit_learn_pipeline_around_one_that_drops_rows_is_refused():
    X, y = load_iris(return_X_y=True)
    inside = make_pipeline(IsolationForest(), StandardScaler())
    model = sklearn.pipeline.make_pipeline(inside, LogisticRegression())
    with pytest.raises(ValueError, match="Pipeline drops rows.*skpoison.pipeline"):
        model.fit(X, y)


def test_a_validation_set_as_long_as_the_training_set_is_not_cut(rows):
    class Validates(Recorder):
        def fit(self, X, y, X_val=None, y_val=None):
            self.X_val_, self.y_val_ = X_val, y_val
            return super().fit(X, y)

    X, y = rows
    model = make_pipeline(Dropper(), Validates())
    model.fit(X, y, validates__X_val=-X, validates__y_val=1 - y)
    assert_array_equal(model[-1].X_val_, -X)
    assert_array_equal(model[-1].y_val_, 1 - y)


def test_a_detector_that_flags_every_row_is_refused(rows):
    class FlagsAll(IsolationForest):
        def fit_predict(self, X, y=None):
            return np.full(len(X), -1)

    with pytest.raises(ValueError, match="flagsall would remove all 12 rows"):
        make_pipeline(FlagsAll(), Ridge()).fit(*rows)

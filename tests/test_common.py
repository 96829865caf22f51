"""What every filter must do: one test each, over the table of instances."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
import sklearn.pipeline
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array, issparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_regressor
from sklearn.datasets import make_blobs
from sklearn.utils import get_tags

import skpoison.defenses
from skpoison.base import PoisonFilter
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import Pipeline

from ._instances import FILTERS, META_ESTIMATORS, ORDER_DEPENDENT, REGRESSION_FILTERS

# So few rows leave calibration without power.
pytestmark = pytest.mark.filterwarnings(
    "ignore::skpoison.exceptions.FewTrustedRowsWarning"
)

N_SAMPLES = 90


def name_of(estimator):
    return type(estimator).__name__


def trusted_for(estimator, y):
    """Fit parameters that the filter cannot do without: every third row is trusted."""
    needed = getattr(estimator, "_needs_trusted", False)
    return {"trusted": np.arange(len(y)) % 3 == 0} if needed else {}


def fitted(estimator, X, y):
    return clone(estimator).fit(X, y, **trusted_for(estimator, y))


def outcome(estimator, X):
    """What a fitted estimator says of the rows: scores of a filter, or predictions."""
    if isinstance(estimator, PoisonFilter):
        return estimator.sample_scores_
    return estimator.predict(X)


every_filter = pytest.mark.parametrize(
    "estimator", [pytest.param(f, id=name_of(f)) for f in FILTERS]
)
every_kind = pytest.mark.parametrize(
    ("estimator", "regression"),
    [
        *(pytest.param(f, False, id=name_of(f)) for f in FILTERS),
        *(
            pytest.param(f, True, id=f"{name_of(f)}-regression")
            for f in REGRESSION_FILTERS
        ),
    ],
)
every_estimator = pytest.mark.parametrize(
    ("estimator", "regression"),
    [
        *every_kind.args[1],
        *(pytest.param(e, is_regressor(e), id=name_of(e)) for e in META_ESTIMATORS),
    ],
)


@pytest.fixture
def blobs():
    """Three clusters whose labels are true but for six rows."""
    X, y = make_blobs(N_SAMPLES, n_features=5, centers=3, random_state=0)
    y[:6] = (y[:6] + 1) % 3
    return X, y


@pytest.fixture
def line():
    """A linear regression with six rows far off."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_SAMPLES, 5))
    y = X @ np.arange(1.0, 6.0) + 0.1 * rng.normal(size=N_SAMPLES)
    y[:6] += 30
    return X, y


@pytest.fixture
def data(request, regression):
    return request.getfixturevalue("line" if regression else "blobs")


def test_every_public_filter_is_in_the_table():
    public = {
        name
        for name in skpoison.defenses.__all__
        if issubclass(getattr(skpoison.defenses, name), PoisonFilter)
    }
    assert public == {name_of(f) for f in [*FILTERS, *REGRESSION_FILTERS]}


@every_kind
def test_verdicts_agree_and_rows_stay_aligned(estimator, data):
    X, y = data
    position = np.arange(len(y))
    params = trusted_for(estimator, y)
    verdict = clone(estimator).fit_predict(X, y, **params)
    filter = clone(estimator)
    X_kept, y_kept, kept = filter.fit_filter(X, y, position, **params)
    assert set(np.unique(verdict)) <= {-1, 1}
    assert_array_equal(verdict == 1, filter.inlier_mask_)
    assert_array_equal(kept, filter.sample_indices_)
    assert_array_equal(kept, np.flatnonzero(filter.inlier_mask_))
    assert_array_equal(X_kept, X[kept])
    assert_array_equal(y_kept, y[kept])


@every_kind
def test_scores_and_threshold_give_the_verdict(estimator, data):
    X, y = data
    filter = fitted(estimator, X, y)
    assert filter.sample_scores_.shape == y.shape
    assert np.isfinite(filter.sample_scores_).all()
    trusted = trusted_for(estimator, y).get("trusted", np.zeros(len(y), dtype=bool))
    assert_array_equal(
        filter.inlier_mask_, (filter.sample_scores_ >= filter.offset_) | trusted
    )


@every_kind
def test_pandas_in_gives_pandas_out(estimator, data):
    X, y = data
    index = [f"row {i}" for i in range(len(y))]
    X = pd.DataFrame(X, columns=list("abcde"), index=index)
    y = pd.Series(y, index=index, name="target")
    params = trusted_for(estimator, y)
    filter = clone(estimator)
    X_kept, y_kept = filter.fit_filter(X, y, **params)
    assert list(filter.feature_names_in_) == list("abcde")
    pd.testing.assert_frame_equal(X_kept, X[filter.inlier_mask_])
    pd.testing.assert_series_equal(y_kept, y[filter.inlier_mask_])
    assert filter.transform(X) is X


@every_filter
def test_fit_transform_keeps_the_index(estimator, blobs):
    X, y = blobs
    X = pd.DataFrame(X, columns=list("abcde"), index=range(100, 100 + len(y)))
    Xt = clone(estimator).fit_transform(X, y, **trusted_for(estimator, y))
    assert list(Xt.index) == list(X.index)
    assert list(Xt.columns) == list(X.columns)


@every_filter
def test_sparse_stays_sparse_or_is_refused(estimator, blobs):
    X, y = blobs
    params = trusted_for(estimator, y)
    if get_tags(estimator).input_tags.sparse:
        X_kept, _ = clone(estimator).fit_filter(csr_array(X), y, **params)
        assert issparse(X_kept)
    else:
        with pytest.raises((TypeError, ValueError), match=r"[Ss]parse"):
            clone(estimator).fit(csr_array(X), y, **params)


@every_filter
def test_stand_ins_are_kept_rows_of_the_same_label(estimator, blobs):
    X, y = blobs
    filter = clone(estimator)
    Xt = filter.fit_transform(X, y, **trusted_for(estimator, y))
    rows = np.column_stack([y, X])
    kept = {tuple(row) for row in rows[filter.inlier_mask_]}
    assert Xt.shape == X.shape
    assert {tuple(row) for row in np.column_stack([y, Xt])} <= kept
    assert_array_equal(Xt[filter.inlier_mask_], X[filter.inlier_mask_])


@pytest.mark.parametrize(
    "estimator", [pytest.param(f, id=name_of(f)) for f in REGRESSION_FILTERS]
)
def test_no_row_stands_in_for_another_in_a_regression(estimator, line):
    with pytest.raises(TypeError, match=r"skpoison\.pipeline\.Pipeline"):
        clone(estimator).fit_transform(*line)


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that remembers the rows it was shown."""

    def fit(self, X, y):
        self.seen_ = {(label, *row) for row, label in zip(np.asarray(X), np.asarray(y))}
        self.n_seen_ = len(y)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@every_filter
@pytest.mark.parametrize("drops", ["stand-ins", "rows", "raw rows"])
def test_the_estimator_never_sees_a_suspect(estimator, blobs, drops):
    X, y = blobs
    params = {
        f"filter__{name}": value for name, value in trusted_for(estimator, y).items()
    }
    steps = [("filter", clone(estimator)), ("clf", Recorder())]
    if drops == "stand-ins":
        model = sklearn.pipeline.Pipeline(steps).fit(X, y, **params)
        filter, seen = model["filter"], model["clf"]
    elif drops == "rows":
        model = Pipeline(steps).fit(X, y, **params)
        filter, seen = model["filter"], model["clf"]
        assert_array_equal(model.sample_indices_, filter.sample_indices_)
    else:
        model = DefendedClassifier(estimator, Recorder()).fit(X, y, **params)
        filter, seen = model.filter_, model.estimator_
    rows = [(label, *row) for row, label in zip(X, y)]
    assert seen.seen_ == {rows[i] for i in filter.sample_indices_}
    assert seen.n_seen_ == (
        len(y) if drops == "stand-ins" else len(filter.sample_indices_)
    )


@pytest.mark.parametrize("pipeline", [sklearn.pipeline.Pipeline, Pipeline])
@every_filter
def test_trusted_rows_reach_the_filter_by_metadata_routing(estimator, blobs, pipeline):
    X, y = blobs
    trusted = np.arange(len(y)) % 3 == 0
    with config_context(enable_metadata_routing=True):
        filter = clone(estimator).set_fit_request(trusted=True)
        model = pipeline([("filter", filter), ("clf", Recorder())])
        model.fit(X, y, trusted=trusted)
    direct = clone(estimator).fit(X, y, trusted=trusted)
    assert_array_equal(model["filter"].inlier_mask_, direct.inlier_mask_)


@every_estimator
def test_repetition_changes_nothing(estimator, data):
    X, y = data
    assert_array_equal(
        outcome(fitted(estimator, X, y), X), outcome(fitted(estimator, X, y), X)
    )


@every_estimator
def test_the_input_is_not_modified(estimator, data):
    X, y = data
    X_before, y_before = X.copy(), y.copy()
    fitted(estimator, X, y)
    assert_array_equal(X, X_before)
    assert_array_equal(y, y_before)


@every_estimator
def test_memory_layout_changes_nothing(estimator, data):
    X, y = data
    X.flags.writeable = False
    np.testing.assert_allclose(
        outcome(fitted(estimator, np.asfortranarray(X), y), X),
        outcome(fitted(estimator, X, y), X),
        rtol=1e-6,
        atol=1e-6,
    )


@every_estimator
def test_the_order_of_the_rows_changes_nothing(estimator, data):
    if name_of(estimator) in ORDER_DEPENDENT:
        pytest.skip(ORDER_DEPENDENT[name_of(estimator)])
    X, y = data
    params = trusted_for(estimator, y)
    order = np.random.default_rng(1).permutation(len(y))
    shuffled = clone(estimator).fit(
        X[order], y[order], **{name: value[order] for name, value in params.items()}
    )
    straight = fitted(estimator, X, y)
    if isinstance(estimator, PoisonFilter):
        assert_array_equal(shuffled.inlier_mask_, straight.inlier_mask_[order])
    else:
        np.testing.assert_allclose(
            outcome(shuffled, X), outcome(straight, X), rtol=1e-6, atol=1e-6
        )


@every_kind
def test_the_number_of_jobs_changes_nothing(estimator, data):
    if "n_jobs" not in estimator.get_params():
        pytest.skip("runs on one core")
    X, y = data
    one, two = (
        fitted(clone(estimator).set_params(n_jobs=n_jobs), X, y) for n_jobs in (1, 2)
    )
    assert_array_equal(one.sample_scores_, two.sample_scores_)


@every_kind
def test_float32_and_float64_agree(estimator, data):
    X, y = data
    X = X.astype(np.float32)
    assert_array_equal(
        fitted(estimator, X, y).inlier_mask_,
        fitted(estimator, X.astype(np.float64), y).inlier_mask_,
    )


@every_filter
def test_a_large_common_offset_changes_little(estimator, blobs):
    X, y = blobs
    before = fitted(estimator, X, y).inlier_mask_
    after = fitted(estimator, X + 1e4, y).inlier_mask_
    assert np.sum(before != after) <= 1


@every_filter
def test_string_labels_give_the_same_verdict(estimator, blobs):
    X, y = blobs
    words = np.array(["ant", "bee", "cat"])[y]
    assert_array_equal(
        fitted(estimator, X, words).inlier_mask_, fitted(estimator, X, y).inlier_mask_
    )


@every_estimator
def test_pickled_estimators_are_the_same(estimator, data):
    X, y = data
    before = fitted(estimator, X, y)
    again = pickle.loads(pickle.dumps(before))
    assert_array_equal(outcome(again, X), outcome(before, X))
    if isinstance(estimator, PoisonFilter) and hasattr(before, "score_samples"):
        assert_array_equal(again.score_samples(X, y), before.score_samples(X, y))


@every_kind
def test_new_rows_are_judged_by_score_and_threshold(estimator, data):
    X, y = data
    filter = fitted(estimator, X, y)
    if not hasattr(filter, "score_samples"):
        pytest.skip("judges the rows it was fitted on alone")
    new = slice(0, 40)
    scores = filter.score_samples(X[new], y[new])
    assert scores.shape == (40,)
    assert np.isfinite(scores).all()
    assert_array_equal(
        filter.predict(X[new], y[new]), np.where(scores >= filter.offset_, 1, -1)
    )
    np.testing.assert_allclose(
        filter.score_samples(X[new][::-1], y[new][::-1]),
        scores[::-1],
        rtol=1e-4,
        atol=1e-5,
    )
    filter.offset_ = np.median(scores)
    assert (filter.predict(X[new], y[new]) == -1).sum() == (
        scores < np.median(scores)
    ).sum()


@every_filter
def test_labels_not_seen_are_refused(estimator, blobs):
    X, y = blobs
    filter = fitted(estimator, X, y)
    if not hasattr(filter, "score_samples"):
        with pytest.raises(AttributeError, match="no attribute"):
            filter.predict(X, y)
    else:
        with pytest.raises(ValueError, match=r"not seen.*7"):
            filter.predict(X[:2], [0, 7])


@every_kind
def test_trusted_rows_are_kept(estimator, data):
    X, y = data
    suspects = np.flatnonzero(~fitted(estimator, X, y).inlier_mask_)
    # Beside the suspects enough rows for a defense that learns from the trusted.
    trusted = np.union1d(suspects, np.arange(0, len(y), 4))
    assert clone(estimator).fit(X, y, trusted=trusted).inlier_mask_[trusted].all()


@every_kind
@pytest.mark.parametrize(
    ("trusted", "message"),
    [
        (np.ones(N_SAMPLES - 1, dtype=bool), "mask of 89 rows"),
        (np.zeros(N_SAMPLES, dtype=bool), "marks no row"),
        ([], "marks no row"),
        ([0, N_SAMPLES], "numbered from 0 to 89"),
        (np.arange(N_SAMPLES) % 2, "astype"),
        (np.linspace(0, 1, N_SAMPLES), "boolean mask"),
    ],
)
def test_unusable_trusted_rows_are_refused(estimator, data, trusted, message):
    with pytest.raises(ValueError, match=message):
        clone(estimator).fit(*data, trusted=trusted)


@every_kind
def test_missing_trusted_rows_are_refused_where_needed(estimator, data):
    if not estimator._needs_trusted:
        pytest.skip("needs no trusted rows")
    with pytest.raises(ValueError, match="trusted=mask"):
        clone(estimator).fit(*data)


@every_filter
def test_trusted_rows_of_one_class_are_refused_where_needed(estimator, blobs):
    if not estimator._needs_trusted:
        pytest.skip("needs no trusted rows")
    X, y = blobs
    with pytest.raises(ValueError, match="two classes"):
        clone(estimator).fit(X, y, trusted=y == 1)


@every_filter
def test_one_class_is_refused(estimator, blobs):
    X, y = blobs
    with pytest.raises(ValueError, match="class"):
        fitted(estimator, X, np.ones_like(y))


@every_estimator
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(estimator, data, value):
    if get_tags(estimator).input_tags.allow_nan:
        pytest.skip("takes missing values, or leaves them to an estimator that does")
    X, y = data
    X[3, 2] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        fitted(estimator, X, y)


@every_estimator
def test_columns_of_words_are_refused(estimator, data):
    if get_tags(estimator).input_tags.string:
        pytest.skip("takes words")
    X, y = data
    X = pd.DataFrame(X).astype(object)
    X.iloc[:, 1] = "word"
    with pytest.raises(ValueError, match="word"):
        fitted(estimator, X, y)


@every_estimator
def test_lengths_that_differ_are_refused(estimator, data):
    X, y = data
    with pytest.raises(ValueError, match="inconsistent"):
        clone(estimator).fit(X, y[:-1], **trusted_for(estimator, y))


@every_filter
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.DegenerateFilterWarning")
def test_rows_that_are_all_equal_do_no_harm(estimator, blobs):
    X, y = blobs
    filter = clone(estimator)
    try:
        filter.fit(np.ones_like(X), y, **trusted_for(estimator, y))
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert np.isfinite(filter.sample_scores_).all()
        assert len(np.unique(y[filter.inlier_mask_])) >= 2
    assert not refusal or re.search(r"would (remove|leave)", refusal)


@every_filter
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.RemovedClassWarning")
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.DegenerateFilterWarning")
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.EmptyShareWarning")
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.UntrustedClassWarning")
def test_a_class_of_two_rows_does_no_harm(estimator, blobs):
    X, y = blobs
    y[6:8] = 3
    filter = clone(estimator)
    params = trusted_for(estimator, y)
    if params:
        params["trusted"][6] = True
    filter.fit(X, y, **params)
    assert np.isfinite(filter.sample_scores_).all()


class InterruptAfter:
    """A callback that presses Ctrl-C when so many tasks have begun."""

    def __init__(self, n_tasks):
        self.n_tasks = n_tasks

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.n_tasks -= 1
        if self.n_tasks == 0:
            raise KeyboardInterrupt

    def on_fit_task_end(self, estimator, context):
        return False


@every_filter
def test_an_interrupted_fit_leaves_nothing_fitted(estimator):
    X, y = make_blobs(N_SAMPLES, n_features=5, centers=3, random_state=0)
    filter = fitted(estimator, X, y)
    filter.set_callbacks(InterruptAfter(3 if filter._max_subtasks() else 1))
    with pytest.raises(KeyboardInterrupt):
        filter.fit(X, y, **trusted_for(estimator, y))
    assert not [name for name in vars(filter) if name.endswith("_")]


@every_filter
def test_a_failed_fit_leaves_nothing_fitted(estimator):
    X, y = make_blobs(N_SAMPLES, n_features=5, centers=3, random_state=0)
    filter = fitted(estimator, X, y)
    with pytest.raises(ValueError, match="class"):
        filter.fit(X, np.ones_like(y), **trusted_for(estimator, y))
    assert not [name for name in vars(filter) if name.endswith("_")]

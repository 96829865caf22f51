"""Filters that wrap an estimator take whatever it takes."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import coo_array, csc_array, csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils import get_tags

from skpoison.defenses import (
    PerClassFilter,
    RandomEvictionFilter,
    SeverFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from skpoison.meta import DefendedClassifier, DefendedRegressor

N_SAMPLES, N_FLIPPED = 120, 8


def encoded():
    """Numbers with gaps, words and categories, made into numbers by column name."""
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["length", "width"]),
        (OneHotEncoder(handle_unknown="ignore"), ["colour", "shop"]),
    )


def detector():
    return IsolationForest(n_estimators=20, contamination=0.1, random_state=0)


@pytest.fixture
def table():
    """A data frame of a shop: two sorts of goods, and their prices."""
    rng = np.random.default_rng(0)
    sort = rng.integers(0, 2, N_SAMPLES)
    length = 3.0 * sort + 0.3 * rng.normal(size=N_SAMPLES)
    X = pd.DataFrame(
        {
            "length": np.where(rng.random(N_SAMPLES) < 0.05, np.nan, length),
            "width": sort + 0.1 * rng.normal(size=N_SAMPLES),
            "colour": np.where(rng.random(N_SAMPLES) < 0.9, sort, 1 - sort),
            "shop": pd.Categorical(rng.choice(["north", "south"], N_SAMPLES)),
        },
        index=[f"item {i}" for i in range(N_SAMPLES)],
    )
    X["colour"] = X["colour"].map({0: "red", 1: "blue"}).astype(object)
    price = 10.0 * sort + (X["shop"] == "north") + 0.1 * rng.normal(size=N_SAMPLES)
    trusted = np.arange(N_SAMPLES) % 4 == 3
    trusted[:N_FLIPPED] = False
    y = np.where(sort == 1, "pot", "pan")
    y[:N_FLIPPED] = np.where(y[:N_FLIPPED] == "pot", "pan", "pot")
    price = price.to_numpy(copy=True)
    price[:N_FLIPPED] += 40
    return X, y, price, trusted


CLASSIFICATION = {
    "PerClassFilter": PerClassFilter(make_pipeline(encoded(), detector())),
    "TrustedDisagreementFilter": TrustedDisagreementFilter(
        make_pipeline(encoded(), LogisticRegression()), random_state=0
    ),
    "SeverFilter": SeverFilter(
        make_pipeline(encoded(), LogisticRegression()), random_state=0
    ),
}
REGRESSION = {
    "TrustedDisagreementFilter": TrustedDisagreementFilter(
        make_pipeline(encoded(), Ridge()), random_state=0
    ),
    "SeverFilter": SeverFilter(make_pipeline(encoded(), Ridge()), random_state=0),
    "TRIMRegressor": TRIMRegressor(make_pipeline(encoded(), Ridge())),
    "TRIMRegressor as published": TRIMRegressor(
        make_pipeline(encoded(), Ridge()), contamination=0.1, screening="residual"
    ),
}
TABLE_FILTERS = [
    *(pytest.param(f, False, id=name) for name, f in CLASSIFICATION.items()),
    *(pytest.param(f, True, id=f"{name}-regression") for name, f in REGRESSION.items()),
]
every_table_filter = pytest.mark.parametrize(("filter", "regression"), TABLE_FILTERS)


def fit(filter, X, y, trusted):
    params = {"trusted": trusted} if filter._needs_trusted else {}
    return clone(filter).fit(X, y, **params)


@every_table_filter
def test_tables_of_words_categories_and_gaps(filter, regression, table):
    X, y, price, trusted = table
    target = price if regression else y
    fitted = fit(filter, X, target, trusted)
    assert list(fitted.feature_names_in_) == list(X.columns)
    if not isinstance(filter, PerClassFilter):
        assert not fitted.inlier_mask_[:N_FLIPPED].any()
    assert fitted.inlier_mask_[N_FLIPPED:].mean() > 0.8
    if hasattr(fitted, "score_samples"):
        scores = fitted.score_samples(X[:20], target[:20])
        assert np.isfinite(scores).all()
    assert fitted.transform(X) is X


@every_table_filter
def test_the_order_of_the_rows_of_a_table_changes_nothing(filter, regression, table):
    if isinstance(filter, PerClassFilter):
        pytest.skip("an isolation forest draws positions")
    X, y, price, trusted = table
    target = price if regression else y
    order = np.random.default_rng(1).permutation(N_SAMPLES)
    shuffled = fit(filter, X.iloc[order], target[order], trusted[order])
    expected = fit(filter, X, target, trusted)
    assert_array_equal(shuffled.inlier_mask_, expected.inlier_mask_[order])


def test_missing_values_reach_an_estimator_that_takes_them(table):
    X, y, price, trusted = table
    X = X[["length", "width"]]
    boosted = TrustedDisagreementFilter(
        HistGradientBoostingClassifier(min_samples_leaf=5), random_state=0
    )
    assert not boosted.fit(X, y, trusted=trusted).inlier_mask_[:N_FLIPPED].any()
    boosted = TRIMRegressor(
        HistGradientBoostingRegressor(), contamination=0.1, screening="residual"
    )
    assert boosted.fit(X, price).inlier_mask_.mean() == pytest.approx(0.9)
    assert np.isfinite(boosted.predict(X)).all()


def test_missing_values_are_named_by_an_estimator_that_takes_none(table):
    X, y, _, trusted = table
    X = X[["length", "width"]]
    with pytest.raises(ValueError, match="LogisticRegression does not accept missing"):
        TrustedDisagreementFilter(LogisticRegression()).fit(X, y, trusted=trusted)
    with pytest.raises(ValueError, match="EllipticEnvelope cannot judge .*'pan'"):
        PerClassFilter(EllipticEnvelope()).fit(X, y)


def test_screening_by_a_ridge_says_what_to_do_about_gaps(table):
    X, _, price, _ = table
    with pytest.raises(ValueError, match="screening='residual'.*leaves X to"):
        TRIMRegressor(HistGradientBoostingRegressor()).fit(X[["length"]], price)


def test_the_screening_sees_what_the_last_step_sees():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 4)) * [1, 10, 100, 1000]
    y = X @ [1, 0.1, 0.01, 0.001] + 0.1 * rng.normal(size=100)
    y[:9] += 3
    inside = TRIMRegressor(make_pipeline(StandardScaler(), Ridge())).fit(X, y)
    nested = make_pipeline(StandardScaler(), make_pipeline(Ridge()))
    before = TRIMRegressor(Ridge()).fit(StandardScaler().fit_transform(X), y)
    for model in (inside, TRIMRegressor(nested).fit(X, y)):
        np.testing.assert_allclose(model.sample_scores_, before.sample_scores_)


@pytest.mark.parametrize("n_features", [20, 200])
@pytest.mark.parametrize("format", [csr_array, csc_array, coo_array])
def test_sparse_rows_are_screened_as_dense_ones(n_features, format):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, n_features)) * (rng.random((80, n_features)) < 0.2)
    y = X @ rng.normal(size=n_features) + 0.1 * rng.normal(size=80)
    y[:5] += 30
    dense, sparse = (TRIMRegressor(Ridge()).fit(given, y) for given in (X, format(X)))
    assert_array_equal(sparse.inlier_mask_, dense.inlier_mask_)
    np.testing.assert_allclose(
        sparse.sample_scores_, dense.sample_scores_, rtol=1e-5, atol=1e-7
    )


class Witness(ClassifierMixin, RegressorMixin, BaseEstimator):
    """Remembers how its rows came."""

    def fit(self, X, y):
        self.seen_ = [X]
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.seen_.append(X)
        return np.full(X.shape[0], self.classes_[0])

    def fit_predict(self, X, y=None):
        self.seen_ = [X]
        return np.ones(X.shape[0], dtype=int)


@pytest.mark.parametrize(
    "rows",
    [
        np.ones((6, 2), dtype=np.float32),
        np.ones((6, 2), dtype=np.int16),
        np.ones((6, 2, 2, 3), dtype=np.uint8),
        np.array([["a"], ["b"]] * 3, dtype=object),
        pd.DataFrame({"a": [1, 2] * 3, "b": pd.Categorical(["x", "y"] * 3)}),
        csr_array(np.eye(6, dtype=np.float32)),
        csc_array(np.eye(6)),
    ],
    ids=lambda rows: f"{type(rows).__name__}-{getattr(rows, 'dtype', 'mixed')}",
)
def test_the_estimator_sees_the_rows_as_they_came(rows):
    y, trusted = np.array([0, 1] * 3), np.array([True] * 4 + [False] * 2)
    inner = TrustedDisagreementFilter(Witness())
    eviction = RandomEvictionFilter(0.2)
    models = [
        TrustedDisagreementFilter(Witness()).fit(rows, y, trusted=trusted).estimator_,
        *PerClassFilter(Witness()).fit(rows, y).detectors_,
        DefendedClassifier(eviction, Witness()).fit(rows, y).estimator_,
    ]
    assert not inner._validates_X
    for model in models:
        for seen in model.seen_:
            assert type(seen) is type(rows)
            assert seen.shape[1:] == rows.shape[1:]
            if isinstance(rows, pd.DataFrame):
                assert seen.dtypes.equals(rows.dtypes)
            else:
                assert seen.dtype == rows.dtype


def test_texts_reach_a_vectorizer():
    texts = [f"{word} {i}" for i, word in enumerate(["good fine", "bad poor"] * 20)]
    y = np.array(["+", "-"] * 20)
    y[:2] = "-", "+"
    trusted = np.arange(40) >= 20
    judge = make_pipeline(TfidfVectorizer(), LogisticRegression(C=100))
    filter = TrustedDisagreementFilter(judge, random_state=0)
    kept, _ = filter.fit_filter(texts, y, trusted=trusted)
    assert kept == texts[2:]
    sever = SeverFilter(judge, random_state=0).fit(texts, y)
    assert not sever.inlier_mask_[:2].any()


@pytest.mark.parametrize("format", [csr_array, csc_array, coo_array])
@pytest.mark.parametrize(
    "filter",
    [
        PerClassFilter(detector()),
        TrustedDisagreementFilter(LinearSVC(), n_rounds=1, random_state=0),
        SeverFilter(RidgeClassifier(), random_state=0),
        RandomEvictionFilter(random_state=0),
    ],
    ids=lambda filter: type(filter).__name__,
)
def test_sparse_rows_of_any_format(filter, format):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 30)) * (rng.random((60, 30)) < 0.3)
    y = (X[:, :6].sum(axis=1) > 0).astype(int)
    trusted = np.arange(60) % 3 == 0
    expected = fit(filter, csr_array(X), y, trusted)
    found = fit(filter, format(X), y, trusted)
    assert_array_equal(found.sample_scores_, expected.sample_scores_)
    if hasattr(found, "score_samples"):
        assert_array_equal(
            found.score_samples(format(X), y), expected.score_samples(csr_array(X), y)
        )


@pytest.mark.parametrize(
    ("filter", "inner"),
    [
        (PerClassFilter(detector()), detector()),
        (PerClassFilter(EllipticEnvelope()), EllipticEnvelope()),
        (
            TrustedDisagreementFilter(HistGradientBoostingClassifier()),
            HistGradientBoostingClassifier(),
        ),
        (SeverFilter(Ridge()), Ridge()),
        (TRIMRegressor(Ridge()), Ridge()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_input_tags_are_those_of_the_estimator(filter, inner):
    assert get_tags(filter).input_tags == get_tags(inner).input_tags


def test_random_eviction_reads_no_rows(table):
    X, y, _, _ = table
    tags = get_tags(RandomEvictionFilter()).input_tags
    assert tags.allow_nan
    assert tags.string
    assert tags.categorical
    assert tags.sparse
    assert len(RandomEvictionFilter(0.1, random_state=0).fit_filter(X, y)[0]) == 108


def test_defended_estimators_take_what_their_parts_take(table):
    X, y, price, trusted = table
    judge = make_pipeline(encoded(), LogisticRegression())
    filter = TrustedDisagreementFilter(judge, random_state=0)
    model = DefendedClassifier(filter, judge).fit(X, y, filter__trusted=trusted)
    assert not model.inlier_mask_[:N_FLIPPED].any()
    assert model.score(X, y) < 1
    defended = DefendedRegressor(
        TRIMRegressor(make_pipeline(encoded(), Ridge())),
        make_pipeline(encoded(), Ridge()),
    ).fit(X, price)
    assert not defended.inlier_mask_[:N_FLIPPED].any()

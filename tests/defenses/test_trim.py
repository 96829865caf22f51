"""TRIM: what the leave-one-out screening finds, and what the published one misses."""

import time
import timeit

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline as sklearn_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from skpoison.attacks import RegressionGradientAttack, StatPAttack
from skpoison.defenses import TRIMRegressor
from skpoison.exceptions import PointMassWarning
from skpoison.pipeline import make_pipeline

from .._house_prices import house_prices

RIDGE = Ridge(0.1)


@pytest.fixture(scope="module")
def line():
    """A noisy plane; the last 20 of 120 rows are poison."""
    rng = np.random.default_rng(1)
    X = rng.uniform(size=(120, 4))
    y = X @ [1.0, -1.0, 0.5, 0.0] + 0.05 * rng.normal(size=120)
    X[100:, 0] = 1.0
    y[100:] = -1.0
    return X, y


def poisoned_houses(attack, seed=30):
    train, val, test = house_prices(seed)
    if attack == "optp":
        poisoned = RegressionGradientAttack(
            RIDGE, n_poisons=41, max_iter=20, random_state=seed
        ).fit_poison(*train, X_val=val[0], y_val=val[1])
    else:
        poisoned = StatPAttack(n_poisons=41, random_state=seed).fit_poison(*train)
    return train, poisoned, test


def error(model, test):
    X, y = test
    return np.mean((model.predict(X) - y) ** 2)


@pytest.mark.data
@pytest.mark.parametrize("attack", ["optp", "statp"])
def test_poisoned_house_prices_are_found(attack):
    train, poisoned, test = poisoned_houses(attack)
    X, y, is_poison = poisoned
    trim = TRIMRegressor(RIDGE)
    with threadpool_limits(1):
        seconds = timeit.repeat(
            lambda: trim.fit(X, y), timer=time.process_time, number=1, repeat=3
        )
    # Other load makes single fits slow.
    assert min(seconds) < 0.5
    assert not trim.inlier_mask_[is_poison].any()
    assert np.mean(~trim.inlier_mask_[~is_poison]) <= 0.07
    assert error(trim, test) <= 1.05 * error(clone(RIDGE).fit(*train), test)
    assert error(clone(RIDGE).fit(X, y), test) > 3 * error(trim, test)
    known = TRIMRegressor(RIDGE, contamination=is_poison.mean()).fit(X, y)
    assert np.mean(~known.inlier_mask_[is_poison]) > 0.9


@pytest.mark.data
def test_clean_house_prices_are_learned_as_well_as_undefended():
    train, _, test = house_prices(seed=30)
    trim = TRIMRegressor(RIDGE).fit(*train)
    assert error(trim, test) <= 1.05 * error(clone(RIDGE).fit(*train), test)


@pytest.mark.data
def test_the_published_screening_misses_the_statistical_attack():
    _, (X, y, is_poison), test = poisoned_houses("statp")
    trim = TRIMRegressor(
        RIDGE, contamination=is_poison.mean(), screening="residual"
    ).fit(X, y)
    assert np.mean(~trim.inlier_mask_[is_poison]) < 0.6
    assert error(trim, test) > 0.005


def test_the_published_screening_keeps_the_rows_that_fit_best(line):
    X, y = line
    trim = TRIMRegressor(RIDGE, contamination=1 / 6, screening="residual").fit(X, y)
    assert trim.inlier_mask_.sum() == 100
    residuals = np.abs(y - trim.predict(X))
    assert residuals[trim.inlier_mask_].max() < residuals[~trim.inlier_mask_].min()
    assert trim.n_iter_ < 20


@pytest.mark.parametrize(
    "estimator",
    [
        LinearRegression(),
        Lasso(1e-4),
        ElasticNet(1e-4),
        DecisionTreeRegressor(random_state=0),
        sklearn_pipeline(StandardScaler(), Ridge(0.1)),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_any_regressor_learns_from_the_kept_rows(line, estimator):
    X, y = line
    trim = TRIMRegressor(estimator).fit(X, y)
    assert_array_equal(np.flatnonzero(~trim.inlier_mask_), np.arange(100, 120))
    expected = clone(estimator).fit(X[:100], y[:100]).predict(X)
    assert_allclose(trim.predict(X), expected, atol=1e-8)
    assert trim.contamination_ == pytest.approx(1 / 6)
    assert (trim.sample_scores_[100:] < trim.offset_).all()


def test_the_last_step_predicts_and_another_one_filters(line):
    X, y = line
    last = make_pipeline(StandardScaler(), TRIMRegressor(RIDGE)).fit(X, y)
    assert last.predict(X).dtype.kind == "f"
    assert last.score(X[:100], y[:100]) > 0.9
    inner = make_pipeline(TRIMRegressor(RIDGE), Ridge(1.0)).fit(X, y)
    assert_array_equal(inner.sample_indices_, np.arange(100))
    assert_allclose(inner.predict(X), Ridge(1.0).fit(X[:100], y[:100]).predict(X))
    assert_array_equal(TRIMRegressor(RIDGE).fit_predict(X, y), [1] * 100 + [-1] * 20)


def test_parameters_can_be_searched(line):
    X, y = line
    search = GridSearchCV(TRIMRegressor(RIDGE), {"estimator__alpha": [1e-3, 1e3]})
    assert search.fit(X[:100], y[:100]).best_params_ == {"estimator__alpha": 1e-3}


def test_trusted_rows_are_kept_and_fitted(line):
    X, y = line
    for contamination in ("auto", 0.2):
        trim = TRIMRegressor(RIDGE, contamination=contamination)
        trim.fit(X, y, trusted=[100, 101])
        assert trim.inlier_mask_[[100, 101]].all()
        assert not trim.inlier_mask_[102:].any()
        kept = trim.inlier_mask_
        expected = clone(RIDGE).fit(X[kept], y[kept]).predict(X)
        assert_allclose(trim.predict(X), expected, atol=1e-8)


@pytest.mark.parametrize("screening", ["leave-one-out", "residual"])
def test_order_type_and_offset_change_nothing(line, screening):
    X, y = line
    contamination = "auto" if screening == "leave-one-out" else 0.2
    trim = TRIMRegressor(RIDGE, contamination=contamination, screening=screening)
    scores = trim.fit(X, y).sample_scores_
    order = np.random.default_rng(0).permutation(120)
    assert_allclose(trim.fit(X[order], y[order]).sample_scores_, scores[order])
    kept = trim.fit(X, y).inlier_mask_
    frame = pd.DataFrame(X, columns=list("abcd"))
    assert_array_equal(trim.fit(frame, pd.Series(y)).inlier_mask_, kept)
    single = X.astype(np.float32), y.astype(np.float32)
    assert_array_equal(trim.fit(*single).inlier_mask_, kept)
    assert_array_equal(trim.fit(X + 1e5, y + 1e7).inlier_mask_, kept)


def test_degenerate_data(line):
    X, y = line
    trim = TRIMRegressor(RIDGE)
    suspects = np.arange(100, 120)
    collinear = np.column_stack([X, X, X[:, 0] + X[:, 1]])
    assert_array_equal(np.flatnonzero(~trim.fit(collinear, y).inlier_mask_), suspects)
    constant = np.column_stack([X, np.full(120, 3.0), np.zeros(120)])
    assert_array_equal(np.flatnonzero(~trim.fit(constant, y).inlier_mask_), suspects)
    twice = trim.fit(np.vstack([X, X]), np.tile(y, 2)).inlier_mask_
    assert_array_equal(np.flatnonzero(~twice), np.append(suspects, suspects + 120))
    assert trim.fit(X, np.full(120, 7.5)).inlier_mask_.all()
    assert trim.fit(np.zeros((120, 2)), y).inlier_mask_[:100].mean() > 0.9
    exact = X @ [1.0, 2.0, 3.0, 4.0] + 1e6
    exact[:3] += 0.5
    assert_array_equal(np.flatnonzero(~trim.fit(X, exact).inlier_mask_), [0, 1, 2])


def zero_inflated(share, seed=0):
    """Log-normal targets, the given share of them replaced by 0."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(500, 5))
    y = np.exp(X[:, 0] + X[:, 1] + rng.normal(size=500))
    y[rng.permutation(500)[: round(share * 500)]] = 0.0
    return X, y


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_zero_inflated_targets_keep_their_other_values(share):
    """As many as log-normal targets without zeros keep, and a warning."""
    X, y = zero_inflated(share)
    with pytest.warns(PointMassWarning, match=rf"y is 0\.0 in {round(share * 500)} of"):
        kept = TRIMRegressor(RIDGE).fit(X, y).inlier_mask_
    assert kept[y == 0].all()
    assert kept[y > 0].mean() > 0.9
    usual = TRIMRegressor(RIDGE).fit(*zero_inflated(0.0)).inlier_mask_.mean()
    assert kept[y > 0].mean() >= usual - 0.02


@pytest.mark.parametrize("share", [0.5, 0.7])
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.PointMassWarning")
def test_poison_among_zero_inflated_targets_is_found(share):
    X, y = zero_inflated(share)
    rng = np.random.default_rng(1)
    X = np.vstack([X, np.tile([0.0, 0.0, 1.0, 1.0, 0.0], (50, 1))])
    y = np.append(y, y.max() + 0.01 * rng.normal(size=50))
    for contamination in ("auto", 1 / 11):
        trim = TRIMRegressor(RIDGE, contamination=contamination).fit(X, y)
        assert not trim.inlier_mask_[500:].any()
        assert trim.inlier_mask_[:500].mean() > 0.95


@pytest.mark.filterwarnings("ignore::skpoison.exceptions.PointMassWarning")
def test_a_known_contamination_may_leave_the_common_value_alone():
    X, y = zero_inflated(0.9)
    kept = TRIMRegressor(RIDGE, contamination=0.1).fit(X, y).inlier_mask_
    assert kept.mean() == pytest.approx(0.9)


def test_a_value_that_poison_could_make_up_is_no_common_one():
    """No warning, and the screening judges all rows alike."""
    X, y = zero_inflated(0.4)
    assert TRIMRegressor(RIDGE).fit(X, y).inlier_mask_[y == 0].all()
    with pytest.warns(PointMassWarning):
        TRIMRegressor(RIDGE, max_contamination=0.3).fit(X, y)


def test_poison_is_found_up_to_the_largest_contamination():
    rng = np.random.default_rng(1)
    X = rng.uniform(size=(200, 4))
    y = X @ [1.0, -1.0, 0.5, 0.0] + 0.05 * rng.normal(size=200)
    y[130:] = rng.uniform(2, 6, 70)
    few, many = (
        TRIMRegressor(RIDGE, max_contamination=share).fit(X, y).inlier_mask_
        for share in (0.2, 0.4)
    )
    assert few[130:].all()
    assert not many[130:].any()
    assert many[:130].mean() > 0.98


def test_degrees_of_freedom_bend_the_screening(line):
    X, y = line
    scores = [
        TRIMRegressor(RIDGE, degrees_of_freedom=share).fit(X, y).sample_scores_
        for share in (0.001, 0.02)
    ]
    # With more of them it follows the clean rows better, and the poison stands out.
    assert scores[1][100:].max() < scores[0][100:].max()


def test_more_features_than_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 150))
    y = X[:, 0] + 0.01 * rng.normal(size=60)
    y[50:] += 8
    trim = TRIMRegressor(Ridge(1.0)).fit(X, y)
    assert_array_equal(np.flatnonzero(~trim.inlier_mask_), np.arange(50, 60))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"contamination": 0.5}, "contamination"),
        ({"contamination": -0.1}, "contamination"),
        ({"screening": "residual"}, "pass contamination"),
        ({"threshold": 0.0}, "threshold"),
        ({"max_contamination": 0.0}, "max_contamination"),
        ({"degrees_of_freedom": 1.0}, "degrees_of_freedom"),
    ],
)
def test_unusable_parameters_are_refused(line, parameters, message):
    with pytest.raises(ValueError, match=message):
        TRIMRegressor(RIDGE, **parameters).fit(*line)


def test_unusable_input_is_refused(line):
    X, y = line
    with pytest.raises(TypeError, match="needs a regressor"):
        TRIMRegressor(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="NaN"):
        TRIMRegressor(RIDGE).fit(np.where(X > 0.99, np.nan, X), y)
    with pytest.raises(ValueError, match="1d array"):
        TRIMRegressor(RIDGE).fit(X, np.column_stack([y, y]))
    with pytest.raises(TypeError, match=r"skpoison\.pipeline\.Pipeline"):
        sklearn_pipeline(TRIMRegressor(RIDGE), Ridge()).fit(X, y)


def test_values_that_overflow_are_refused():
    X = np.random.default_rng(0).normal(size=(30, 2))
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match="squares overflow: scale them"),
    ):
        TRIMRegressor(Ridge()).fit(1e290 * X, X[:, 0])

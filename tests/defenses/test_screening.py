"""The screening of regression rows: closed forms against brute force."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge

from skpoison.defenses._trim._screening import (
    leave_one_out_residuals,
    screen,
    smallest,
)


def brute_force(X, y, kept, penalty):
    """Each residual by a ridge of the kept rows but the row itself."""
    residuals = np.empty(len(y))
    for i in range(len(y)):
        others = kept & (np.arange(len(y)) != i)
        ridge = Ridge(penalty).fit(X[others], y[others])
        residuals[i] = y[i] - ridge.predict(X[i : i + 1])[0]
    return residuals


def penalty_of(X, kept):
    """The penalty that leaves a fifth of the kept rows as degrees of freedom."""
    variances = np.linalg.svd(X[kept] - X[kept].mean(axis=0), compute_uv=False) ** 2
    penalties = np.geomspace(1e-12, 1e6, 20_000) * variances.max()
    freedom = (variances / (variances + penalties[:, None])).sum(axis=1)
    return penalties[np.argmin(np.abs(freedom - 0.2 * kept.sum()))]


@pytest.mark.parametrize("n_features", [40, 200])
def test_residuals_are_those_of_fits_without_the_row(n_features):
    rng = np.random.default_rng(0)
    X = 5 + rng.normal(size=(60, n_features))
    y = X[:, 0] + rng.normal(size=60)
    kept = np.arange(60) < 50
    residuals = leave_one_out_residuals(X, y, kept, degrees_of_freedom=0.2)
    expected = brute_force(X, y, kept, penalty_of(X, kept))
    # The mean of the rows moves with the row that is left out, the penalty does not.
    assert_allclose(residuals, expected, rtol=5e-3, atol=5e-3)


def test_a_row_that_bends_the_fit_cannot_hide():
    """In the sample its residual is nearly zero: it has the feature to itself."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 5))
    X = np.column_stack([X, np.zeros(80)])
    X[0, -1] = 50.0
    y = X[:, 0] + 0.1 * rng.normal(size=80)
    y[0] += 5
    in_sample = y - Ridge(1e-6).fit(X, y).predict(X)
    assert np.abs(in_sample[0]) < 1e-3
    residuals = leave_one_out_residuals(
        X, y, np.ones(80, dtype=bool), degrees_of_freedom=0.2
    )
    assert np.abs(residuals[0]) == np.abs(residuals).max() > 4


def test_ties_for_the_last_place_share_it():
    residuals = np.array([3.0, -1.0, 1.0, 0.5, 2.0])
    never = np.zeros(5, dtype=bool)
    assert_array_equal(smallest(residuals, 2, never), [0, 1, 1, 1, 0])
    assert_array_equal(smallest(residuals, 2, np.arange(5) == 0), [1, 0, 0, 1, 0])


def test_the_spread_follows_the_tails_of_clean_residuals():
    """Of residuals by Student's t 3.5 deviations by the median lose more rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.standard_t(3, size=2000)
    residuals, kept, _ = screen(
        X,
        y,
        threshold=3.5,
        max_contamination=0.4,
        degrees_of_freedom=0.2,
        always=np.zeros(2000, dtype=bool),
        varied=np.ones(2000, dtype=bool),
        floor=0.0,
    )
    spread = 1.4826 * np.median(np.abs(residuals))
    by_the_median = np.mean(np.abs(residuals) > 3.5 * spread)
    assert 0 < np.mean(~kept) < 0.75 * by_the_median


@pytest.mark.parametrize("scale", [1e-170, 1e-160, 1e-155, 1e75, 1e150])
def test_the_search_for_the_penalty_ends_whatever_the_scale(scale):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    kept = np.ones(40, dtype=bool)
    residuals = leave_one_out_residuals(scale * X, y, kept, degrees_of_freedom=0.05)
    assert np.isfinite(residuals).all()

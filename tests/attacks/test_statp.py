import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error

from skpoison.attacks import StatPAttack
from skpoison.attacks._regression._feasible_rows import FeasibleRows
from skpoison.attacks._regression._statp import draw_like
from skpoison.exceptions import HiddenGroupsWarning


@pytest.fixture
def train():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(100, 4))
    return X, X @ [0.4, 0.3, 0.2, 0.1]


@pytest.mark.parametrize("n_samples", [200, 600])
def test_rows_have_the_moments_of_the_data(n_samples):
    # The more rows, the other way to draw.
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n_samples, 3))
    X = X @ np.array([[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1]])

    class Identity(FeasibleRows):
        def corners(self, X):
            return X

    feasible = Identity(X, (-1, 1), [])
    drawn = draw_like(X, feasible, 20_000, np.random.RandomState(0))
    assert np.allclose(drawn.mean(axis=0), X.mean(axis=0), atol=0.03)
    # The bounds are two apart, so .01 relative to them is .04.
    assert np.allclose(np.cov(drawn.T), np.cov(X.T) + 0.04 * np.eye(3), atol=0.05)


def test_memory_does_not_grow_with_the_rows_times_the_poison():
    X = np.random.default_rng(0).uniform(size=(20_000, 3))
    tracemalloc.start()
    StatPAttack(rate=0.2, random_state=0).fit_poison(X, X.mean(axis=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * X.nbytes


def test_rows_are_corners_with_the_target_farther_from_the_prediction(train):
    X, y = train
    attack = StatPAttack(rate=0.2, random_state=0)
    poisoned = attack.fit_poison(X, y)
    assert np.array_equal(poisoned.X[:100], X)
    assert np.array_equal(np.flatnonzero(poisoned.is_poison), np.arange(100, 120))
    assert set(np.unique(attack.X_poison_)) == {0.0, 1.0}
    predicted = Ridge().fit(X, y).predict(attack.X_poison_)
    assert np.array_equal(attack.y_poison_, np.where(predicted < 0.5, 1.0, 0.0))
    error = mean_squared_error(y, Ridge().fit(poisoned.X, poisoned.y).predict(X))
    assert error > 10 * mean_squared_error(y, Ridge().fit(X, y).predict(X))


def test_the_attacked_model_can_be_any(train):
    X, y = train
    attack = StatPAttack(
        n_poisons=5,
        estimator=DummyRegressor(strategy="constant", constant=0.9),
        random_state=0,
    )
    attack.fit_poison(X, y)
    assert np.array_equal(attack.y_poison_, np.zeros(5))


def test_bounds_and_groups(train):
    X, y = train
    frame = pd.DataFrame(10 * X - 5, columns=list("abcd"))
    kinds = np.eye(3, dtype=int)[np.arange(100) % 3]
    frame[["kind:x", "kind:y", "kind:z"]] = kinds
    attack = StatPAttack(n_poisons=30, bounds=(-5, 5), random_state=0)
    poisoned = attack.fit_poison(frame, pd.Series(10 * y - 5))
    rows = poisoned.X[poisoned.is_poison].to_numpy()
    assert set(np.unique(rows[:, :4])) == {-5.0, 5.0}
    assert np.array_equal(np.sort(rows[:, 4:], axis=1), np.tile([0, 0, 1], (30, 1)))
    assert set(np.unique(attack.y_poison_)) <= {-5.0, 5.0}


def test_groups_of_get_dummies_are_kept(train):
    X, y = train
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["color"] = np.array(["red", "green", "blue"])[np.arange(100) % 3]
    attack = StatPAttack(n_poisons=30, random_state=0)
    poisoned = attack.fit_poison(pd.get_dummies(frame), y)
    assert attack.onehot_groups_ == [[4, 5, 6]]
    rows = poisoned.X[poisoned.is_poison].to_numpy()
    assert np.array_equal(np.sort(rows[:, 4:], axis=1), np.tile([0, 0, 1], (30, 1)))


def test_groups_that_cannot_be_found_are_said(train):
    X, y = train
    X = np.column_stack([X, np.eye(3)[np.arange(100) % 3]])
    attack = StatPAttack(n_poisons=30, random_state=0)
    with pytest.warns(HiddenGroupsWarning, match="3 columns .* X has no column names"):
        attack.fit_poison(X, y)
    with pytest.warns(HiddenGroupsWarning, match="none is named like one"):
        attack.fit_poison(pd.DataFrame(X, columns=list("abcdefg")), y)
    assert attack.onehot_groups_ == []
    for groups in ([], [[4, 5, 6]]):
        attack.set_params(onehot_groups=groups).fit_poison(X, y)
        assert attack.onehot_groups_ == groups


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_a_hair_outside_the_bounds_are_taken(train, dtype):
    """Such as 1.0000000000000002 by MinMaxScaler; only the poison keeps the bounds."""
    X, y = (part.astype(dtype) for part in train)
    X[0], y[0] = np.nextafter(dtype(1), dtype(2)), np.nextafter(dtype(0), dtype(-1))
    attack = StatPAttack(rate=0.1, random_state=0)
    poisoned = attack.fit_poison(X, y)
    assert np.array_equal(poisoned.X[:100], X)
    assert np.array_equal(poisoned.y[:100], y)
    assert attack.X_poison_.max() == 1
    assert attack.y_poison_.min() >= 0
    X[1] = 1.001
    with pytest.raises(ValueError, match=r"X holds values from .* to 1\.001, outside"):
        attack.fit_poison(X, y)


def test_seeds(train):
    def rows(seed):
        return StatPAttack(rate=0.1, random_state=seed).fit_poison(*train).X

    assert np.array_equal(rows(3), rows(3))
    assert not np.array_equal(rows(3), rows(4))


def test_rows_outside_the_bounds_are_refused(train):
    X, y = train
    with pytest.raises(ValueError, match="MinMaxScaler"):
        StatPAttack(rate=0.1).fit_poison(10 * X, y)
    with pytest.raises(ValueError, match="Give either rate"):
        StatPAttack().fit_poison(X, y)

"""Values within bounds, and a hair outside of them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.preprocessing import MinMaxScaler

from skpoison._utils.bounds import check_bounds, within_bounds


def within(values, bounds=(0.0, 1.0)):
    return within_bounds(values, bounds, name="X", advice="scale it.")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_a_scaler_leaves_outside_is_moved_onto_the_bounds(dtype):
    rng = np.random.default_rng(0)
    data = [rng.normal(rng.uniform(-9, 9), size=(50, 20)) for _ in range(50)]
    scaled = [MinMaxScaler().fit_transform(X.astype(dtype)) for X in data]
    assert any(X.min() < 0 or X.max() > 1 for X in scaled)
    for X in scaled:
        moved = within(X)
        assert moved.dtype == dtype
        assert_array_equal(moved, np.clip(X, 0, 1))


def test_values_within_are_returned_as_they_are():
    X = np.array([[0.0, 0.5], [0.25, 1.0]])
    assert within(X) is X


def test_the_values_given_are_not_modified():
    X = np.array([0.0, 1.0000000000000002])
    assert_array_equal(within(X), [0, 1])
    assert X[1] > 1


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-300.0, 500.0)])
def test_the_tolerance_is_relative_to_the_width_of_the_bounds(bounds):
    low, high = bounds
    width = high - low
    assert within(np.array([low - 1e-7 * width, high]), bounds)[0] == low
    for outside in (low - 2e-6 * width, high + 2e-6 * width):
        with pytest.raises(ValueError, match=r"X holds .* outside \[.*scale"):
            within(np.array([low, outside, high]), bounds)


def test_bounds_are_two_numbers_the_lower_first():
    assert check_bounds([0, 255]) == (0.0, 255.0)
    for bounds in ((1, 0), (0, 0), (0,), (0, 1, 2), ("a", "b"), (0, np.nan)):
        with pytest.raises(ValueError, match="two numbers, the lower first"):
            check_bounds(bounds)

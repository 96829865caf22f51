"""The curve of certified accuracy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import accuracy_score

from skpoison.defenses import (
    CertifiedKNeighborsClassifier,
    PartitionAggregationClassifier,
)
from skpoison.metrics import certified_accuracy_curve


def test_each_budget_counts_the_right_rows_that_withstand_it():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, size=(2, 50))
    radius = rng.integers(0, 6, 50)
    budgets, accuracy = certified_accuracy_curve(y_true, y_pred, radius)
    assert_array_equal(budgets, np.arange(6))
    by_hand = [np.mean((y_true == y_pred) & (radius >= r)) for r in budgets]
    assert_allclose(accuracy, by_hand)


@pytest.mark.parametrize(
    "model",
    [
        PartitionAggregationClassifier(RidgeClassifier(), 30),
        PartitionAggregationClassifier(RidgeClassifier(), 30, voting="run_off"),
        CertifiedKNeighborsClassifier(31),
    ],
)
def test_it_starts_at_the_accuracy_and_falls(model):
    X, y = load_digits(return_X_y=True)
    predicted = model.fit(X[:1200], y[:1200]).predict(X[1200:])
    _, accuracy = certified_accuracy_curve(
        y[1200:], predicted, model.certified_radius(X[1200:])
    )
    assert accuracy[0] == accuracy_score(y[1200:], predicted)
    assert (np.diff(accuracy) <= 0).all()
    assert 0.3 < accuracy[5] < accuracy[0]


@pytest.mark.parametrize("radius", [[-1, 2], [0.5, 1]])
def test_a_radius_that_is_no_number_of_changes_is_refused(radius):
    with pytest.raises(ValueError, match="whole numbers from 0 on"):
        certified_accuracy_curve([0, 1], [0, 1], radius)


def test_other_lengths_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        certified_accuracy_curve([0, 1], [0, 1], [1])

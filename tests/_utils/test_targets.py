"""One rule tells labels from target values, and no row goes without."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.exceptions import DataConversionWarning
from skorch import NeuralNetClassifier

from skpoison._utils.targets import is_regression, target_column
from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import (
    AdversarialTrainingClassifier,
    DePoisFilter,
    DUTIFilter,
    L2CentroidFilter,
    RandomEvictionFilter,
)
from skpoison.embedding import MLP, NetEmbedding
from skpoison.generative import ConditionalGAN
from skpoison.neighbors import largest_k, neighbor_votes

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.arange(60) % 3
net = NeuralNetClassifier(MLP, module__n_features=3, module__n_classes=3)


@pytest.mark.parametrize(
    ("y", "regression"),
    [
        (["cat", "dog"] * 30, False),
        ([f"word {i}" for i in range(60)], False),
        ([True, False] * 30, False),
        (np.arange(60) % 20, False),
        (np.arange(600) % 60, False),
        (np.arange(60.0) % 20, False),
        (np.arange(600.0) % 60, False),
        (np.arange(60.0), True),
        (np.linspace(0, 1, 60), True),
        ([1.0, 2.0, 2.5], True),
        (pd.Series([1, 2, 1], dtype="Int64"), False),
        (pd.Series(["a", "b", "a"], dtype="category"), False),
    ],
)
def test_words_and_few_numbers_are_labels(y, regression):
    assert is_regression(y) is regression


@pytest.mark.parametrize("y", [np.arange(60), np.arange(2000) % 200])
def test_many_whole_numbers_may_be_either(y):
    with pytest.raises(ValueError, match=r"different whole numbers.*task='regression'"):
        is_regression(y)
    assert is_regression(y, "regression")
    assert not is_regression(y, "classification")


@pytest.mark.parametrize(
    "estimator",
    [
        RandomEvictionFilter(random_state=0),
        DePoisFilter(max_iter=2),
        ConditionalGAN(max_iter=2),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_whole_target_values_are_asked_about_by_name(estimator):
    X, y = load_diabetes(return_X_y=True)
    params = {"trusted": np.arange(100)} if isinstance(estimator, DePoisFilter) else {}
    with pytest.raises(ValueError, match="task='regression'"):
        estimator.fit(X, y.astype(int), **params)


def test_whole_target_values_are_evicted_as_a_regression():
    X, y = load_diabetes(return_X_y=True)
    filter = RandomEvictionFilter(task="regression", random_state=0)
    filter.fit(X, y.astype(int))
    assert not hasattr(filter, "classes_")
    assert filter.inlier_mask_.sum() == 442 - 44


@pytest.mark.parametrize("column", [Y[:, None], pd.DataFrame({"label": Y})])
@pytest.mark.parametrize(
    "method", ["fit", "fit_predict", "fit_transform", "fit_filter"]
)
def test_a_column_of_labels_is_taken_with_the_warning_of_scikit_learn(column, method):
    filter, reference = L2CentroidFilter(0.1), L2CentroidFilter(0.1).fit(X, Y)
    with pytest.warns(DataConversionWarning, match="column-vector y") as caught:
        getattr(filter, method)(X, column)
    assert_array_equal(filter.inlier_mask_, reference.inlier_mask_)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_column_of_labels_is_flipped():
    with pytest.warns(DataConversionWarning):
        poisoned = LabelFlipAttack(random_state=0).fit_poison(
            X, pd.DataFrame({"label": Y})
        )
    assert_array_equal(poisoned.y, LabelFlipAttack(random_state=0).fit_poison(X, Y).y)
    assert poisoned.y.name == "label"


@pytest.mark.parametrize(
    "y",
    [
        ["a", "b", None] * 20,
        ["a", "b", np.nan] * 20,
        np.array(["a", "b", None] * 20, dtype=object),
        pd.Series(["a", "b", pd.NA] * 20, dtype="string"),
        pd.Series(["a", "b", None] * 20, dtype="category"),
        pd.Series([0, 1, pd.NA] * 20, dtype="Int64"),
        pd.Series([True, False, pd.NA] * 20, dtype="boolean"),
        np.array([0, 1, np.nan] * 20),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "fit",
    [
        L2CentroidFilter(0.1).fit,
        L2CentroidFilter(0.1).fit_transform,
        RandomEvictionFilter().fit,
        LabelFlipAttack().fit_poison,
        ConditionalGAN(max_iter=2).fit,
        NetEmbedding(net).fit,
        AdversarialTrainingClassifier(net, eps=0.1, bounds=(-9, 9)).fit,
        lambda X, y: neighbor_votes(X, y, 3),
        lambda X, y: largest_k(y),
    ],
    ids=lambda fit: fit.__qualname__,
)
def test_rows_without_a_label_are_named(y, fit):
    with pytest.raises(ValueError, match=r"y contains NaN.* in 20 of 60 rows.* row 2"):
        fit(X, y)


def test_rows_without_a_target_value_are_named():
    y = np.array([0.5, 1.5, np.nan] * 20)
    with pytest.raises(ValueError, match=r"y contains NaN.* row 2"):
        DUTIFilter("regression").fit(X, y, trusted=np.arange(20))


def test_targets_keep_their_container():
    frame = pd.DataFrame({"label": Y}, index=range(60, 120))
    with pytest.warns(DataConversionWarning):
        series = target_column(frame)
    pd.testing.assert_series_equal(series, frame["label"])
    assert target_column(series) is series

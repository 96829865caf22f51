"""What rows may come in: a result or a clear error, and texts keep their lengths."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from scipy.sparse import coo_array
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import DataConversionWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from skpoison._utils.containers import check_rows, n_rows, take_rows
from skpoison.attacks import (
    BackdoorAttack,
    FeatureCollisionAttack,
    KKTAttack,
    LabelFlipAttack,
    RegressionGradientAttack,
    StatPAttack,
)
from skpoison.base import PoisonAttack
from skpoison.defenses import (
    CertifiedKNeighborsClassifier,
    DeepKNNFilter,
    L2CentroidFilter,
    LossFilter,
    PartitionAggregationClassifier,
    RandomEvictionFilter,
    TrustedDisagreementFilter,
)
from skpoison.generative import ConditionalGAN
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import make_pipeline

TEXTS = ["spam spam eggs", "ham", "a long text about ham and eggs", "spam"] * 10
Y = np.array([1, 0, 0, 1] * 10)
reader = make_pipeline(TfidfVectorizer(), LogisticRegression())

collision = FeatureCollisionAttack(torch.nn.Identity(), poison_class=1, n_poisons=1)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ({"a": [1.0] * 40, "b": [2.0] * 40}, r"got dict\..*pandas\.DataFrame"),
        ({i: [1.0] for i in range(40)}, r"got dict\..*pandas\.DataFrame"),
        (iter([[1.0]] * 40), r"got list_iterator\. Pass list\(X\)"),
        (([i] for i in range(40)), r"got generator\. Pass list\(X\)"),
        ({1.0, 2.0}, "got set"),
        ("x" * 40, "got str"),
        (np.float64(1), "got float64"),
        (None, "got NoneType"),
    ],
    ids=["dict", "rows", "iterator", "generator", "set", "str", "scalar", "None"],
)
@pytest.mark.parametrize(
    "use",
    [
        L2CentroidFilter(0.1).fit,
        L2CentroidFilter(0.1).fit_filter,
        L2CentroidFilter(0.1).fit_transform,
        RandomEvictionFilter(0.1).fit_predict,
        RandomEvictionFilter(0.1).fit_filter,
        ConditionalGAN().fit,
        RegressionGradientAttack(Ridge(), rate=0.1).fit_poison,
        StatPAttack(rate=0.1).fit_poison,
        lambda X, y: FeatureCollisionAttack(
            torch.nn.Identity(), poison_class=1, n_poisons=1
        ).craft(X, y, [[0.5]]),
    ],
)
def test_what_holds_no_rows_is_refused_by_name(use, X, message):
    with pytest.raises(TypeError, match=f"X must hold rows.*{message}"):
        use(X, Y)


@pytest.mark.parametrize(
    "use",
    [
        RandomEvictionFilter(0.1).fit,
        LossFilter(Ridge()).fit,
        CertifiedKNeighborsClassifier(3).fit,
        PartitionAggregationClassifier(n_partitions=3).fit,
        StatPAttack(rate=0.1).fit_poison,
        KKTAttack().fit_poison,
        BackdoorAttack(poison_class=1, trigger="values").fit_poison,
    ],
)
def test_columns_of_one_name_are_refused(use):
    X = pd.DataFrame(np.ones((40, 3)), columns=["a", "b", "a"])
    with pytest.raises(ValueError, match=r"X has several columns named 'a'"):
        use(X, Y)


@pytest.mark.parametrize(
    "X",
    [[[1.0]] * 3, ([1.0],) * 3, np.ones((3, 1)), torch.ones(3, 1), range(3), ["a"] * 3],
)
def test_sequences_and_arrays_hold_rows(X):
    check_rows(X)
    assert n_rows(X) == 3


@pytest.mark.parametrize("texts", [list, tuple, pd.Series, np.array])
def test_texts_reach_the_estimator_as_they_came(texts):
    X = texts(TEXTS)
    trusted = np.arange(40) < 8
    for filter, params in (
        (RandomEvictionFilter(0.1, random_state=0), {}),
        (TrustedDisagreementFilter(reader), {"trusted": trusted}),
    ):
        kept, _ = filter.fit_filter(X, Y, **params)
        assert list(kept) == [TEXTS[i] for i in filter.sample_indices_]
    model = DefendedClassifier(RandomEvictionFilter(random_state=0), reader)
    assert model.fit(X, Y).score(X, Y) == 1
    assert list(LabelFlipAttack(rate=0.1).fit_poison(X, Y).X) == TEXTS


def test_texts_are_refused_by_a_filter_of_numbers():
    with pytest.raises(ValueError, match="could not convert string to float"):
        DeepKNNFilter(3).fit(TEXTS, Y)


class Write(PoisonAttack):
    """One poison text, added or written over row 1."""

    def __init__(self, how="append"):
        self.how = how

    def fit_poison(self, X, y):
        poison = ["a poison text that is longer than all of the others"]
        if self.how == "append":
            return self._append(X, y, poison, ["a longer label"])
        return self._replace(X, y, [1], poison, ["a longer label"])


@pytest.mark.parametrize("how", ["append", "replace"])
@pytest.mark.parametrize("container", [list, tuple, np.array, pd.Series])
def test_texts_are_written_whole(how, container):
    poisoned = Write(how).fit_poison(container(TEXTS), container(["ham", "spam"] * 20))
    at = 40 if how == "append" else 1
    assert np.asarray(poisoned.X)[at].endswith("than all of the others")
    assert np.asarray(poisoned.y)[at] == "a longer label"
    if container in (list, tuple):
        assert poisoned.X.dtype == object


def test_rows_of_texts_and_numbers_keep_their_types():
    class Mixed(PoisonAttack):
        def fit_poison(self, X, y):
            return self._append(X, y, [["a longer text", 3]], [1])

    frame = pd.DataFrame({"text": ["a", "b"], "count": [1, 2]})
    poisoned = Mixed().fit_poison(frame, np.array([0, 1]))
    assert poisoned.X["count"].dtype == frame["count"].dtype
    assert poisoned.X.iloc[2].tolist() == ["a longer text", 3]


@pytest.mark.parametrize("length", [39, 41])
@pytest.mark.parametrize(
    "fit",
    [
        L2CentroidFilter(0.1).fit,
        L2CentroidFilter(0.1).fit_filter,
        L2CentroidFilter(0.1).fit_transform,
        RandomEvictionFilter(0.1).fit,
        LabelFlipAttack().fit_poison,
        ConditionalGAN().fit,
        make_pipeline(L2CentroidFilter(0.1), LogisticRegression()).fit,
        make_pipeline(IsolationForest(random_state=0), LogisticRegression()).fit,
        DefendedClassifier(IsolationForest(random_state=0), LogisticRegression()).fit,
    ],
)
def test_lengths_that_differ_are_refused(fit, length):
    X = np.random.default_rng(0).normal(size=(40, 3))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit(X, np.arange(length) % 2)


def test_rows_are_taken_from_arrays_of_one_length():
    X, y = coo_array(np.eye(3)), [0, 1, 2]
    kept, labels, nothing = take_rows([True, False, True], X, y, None)
    assert_array_equal(kept.toarray(), np.eye(3)[[0, 2]])
    assert labels == [0, 2]
    assert nothing is None
    with pytest.raises(ValueError, match="inconsistent"):
        take_rows([0], X, [0, 1])


@pytest.mark.parametrize(
    "attack",
    [
        RegressionGradientAttack(Ridge(), rate=0.1, objective="train"),
        StatPAttack(rate=0.1),
    ],
)
def test_a_column_of_target_values_is_poisoned(attack):
    rng = np.random.default_rng(0)
    X, y = rng.uniform(size=(40, 3)), rng.uniform(size=(40, 1))
    with pytest.warns(DataConversionWarning, match="column-vector") as caught:
        poisoned = attack.fit_poison(X, y)
    assert [warning.filename for warning in caught] == [__file__]
    assert poisoned.y.shape == (44,)


@pytest.mark.parametrize("kind", ["str", "category", "Int64", "string[pyarrow]"])
def test_rows_of_the_array_behind_a_column_are_taken(kind):
    if "pyarrow" in kind:
        pytest.importorskip("pyarrow")
    values = [3, 1, 2] if kind == "Int64" else ["b", "a", "c"]
    column = pd.Series(values).astype(kind)
    (taken,) = take_rows([2, 0], column.array)
    assert list(taken) == [values[2], values[0]]

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from skpoison.attacks import LabelFlipAttack


@pytest.fixture
def iris():
    return load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("rate", "n_flips"), [(0.0, 0), (0.1, 15), (0.333, 50), (1.0, 150)]
)
def test_the_rate_is_the_share_of_flipped_rows(iris, rate, n_flips):
    X, y = iris
    attack = LabelFlipAttack(rate=rate, random_state=0)
    poisoned = attack.fit_poison(X, y)
    assert poisoned.is_poison.sum() == n_flips
    assert np.array_equal(poisoned.y != y, poisoned.is_poison)
    assert np.array_equal(poisoned.X, X)
    assert np.array_equal(attack.poison_indices_, np.flatnonzero(poisoned.is_poison))
    assert np.array_equal(attack.y_poison_, poisoned.y[poisoned.is_poison])
    assert np.array_equal(attack.X_poison_, X[poisoned.is_poison])


def test_random_flips_reach_every_other_class_equally():
    y = np.zeros(3000, dtype=int)
    y[:20] = [1, 2, 3, 4] * 5
    poisoned = LabelFlipAttack(rate=1.0, random_state=0).fit_poison(y, y)
    counts = np.bincount(poisoned.y[20:])
    assert counts[0] == 0
    # 745 expected, standard deviation 24.
    assert np.all(np.abs(counts[1:] - 745) < 100)


def test_random_flips_choose_rows_equally():
    y = np.arange(40) % 2
    flips = sum(
        LabelFlipAttack(rate=0.25, random_state=seed).fit_poison(y, y).is_poison
        for seed in range(400)
    )
    # 100 of 400 expected, standard deviation 8.7.
    assert np.all(np.abs(flips - 100) < 40)


def test_seeds(iris):
    def poisoned(seed):
        return LabelFlipAttack(random_state=seed).fit_poison(*iris).y

    assert np.array_equal(poisoned(0), poisoned(0))
    assert not np.array_equal(poisoned(0), poisoned(1))


def test_global_random_state_is_left_alone(iris):
    before = np.random.get_state()  # noqa: NPY002
    LabelFlipAttack(random_state=1).fit_poison(*iris)
    after = np.random.get_state()  # noqa: NPY002
    assert np.array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_input_is_not_modified(iris):
    X, y = iris
    X0, y0 = X.copy(), y.copy()
    LabelFlipAttack(rate=0.5, random_state=0).fit_poison(X, y)
    assert np.array_equal(X, X0)
    assert np.array_equal(y, y0)


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_series_keep_index_name_and_dtype(dtype):
    y = pd.Series(["cat", "dog"] * 10, index=range(100, 120), name="pet", dtype=dtype)
    X = pd.DataFrame({"a": range(20), "b": list("xyzt") * 5}, index=y.index)
    poisoned = LabelFlipAttack(rate=0.2, random_state=0).fit_poison(X, y)
    assert poisoned.X.equals(X)
    assert poisoned.y.index.equals(y.index)
    assert (poisoned.y.name, poisoned.y.dtype) == (y.name, y.dtype)
    assert (poisoned.y != y).sum() == 4
    assert set(poisoned.y) == {"cat", "dog"}


@pytest.mark.parametrize(
    "y",
    [
        np.array(["no", "maybe"] * 5),
        np.array([True, False] * 5),
        np.array([-1.0, 1.0] * 5, dtype=np.float32),
        np.array([3, 200] * 5, dtype=np.uint8),
    ],
)
def test_arrays_keep_their_dtype(y):
    poisoned = LabelFlipAttack(rate=0.3, random_state=0).fit_poison(y, y)
    assert poisoned.y.dtype == y.dtype
    assert (poisoned.y != y).sum() == 3
    assert set(poisoned.y.tolist()) == set(y.tolist())


def test_lists_become_arrays():
    poisoned = LabelFlipAttack(rate=0.5, random_state=0).fit_poison(
        [[1]] * 4, list("abab")
    )
    assert (poisoned.y != list("abab")).sum() == 2


def test_images_need_not_be_flat():
    X = np.zeros((10, 3, 4, 4))
    poisoned = LabelFlipAttack(rate=0.5).fit_poison(X, np.arange(10) % 2)
    assert poisoned.X.shape == X.shape


@pytest.mark.parametrize(
    ("options", "y", "message"),
    [
        ({"rate": 1.1}, [0, 1], "rate"),
        ({"rate": -0.1}, [0, 1], "rate"),
        ({"strategy": "best"}, [0, 1], "strategy"),
        ({}, [0, 0], "only one class"),
        ({}, [0.3, 0.7], "continuous"),
        ({}, [0, 1, 0], "inconsistent numbers of samples"),
    ],
)
def test_errors(options, y, message):
    with pytest.raises(ValueError, match=message):
        LabelFlipAttack(**options).fit_poison(np.zeros((2, 1)), y)


def test_clone_and_repr():
    attack = LabelFlipAttack(rate=0.3, random_state=2)
    assert clone(attack).get_params() == attack.get_params()
    assert repr(attack) == "LabelFlipAttack(random_state=2, rate=0.3)"

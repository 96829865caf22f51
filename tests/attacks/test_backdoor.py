import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder

from skpoison.attacks import BackdoorAttack

IMAGES = np.random.default_rng(0).integers(0, 200, (40, 3, 8, 8)).astype(np.uint8)
Y = np.repeat([0, 1], 20)


def table():
    """40 people, of mixed types, with a gap."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "age": rng.integers(18, 60, 40),
            "income": rng.normal(size=40).round(2),
            "town": rng.choice(["Bath", "York"], 40),
            "member": rng.random(40) < 0.5,
            "grade": pd.Categorical(rng.choice(["low", "high"], 40)),
        }
    )
    X.loc[0, "age"], X.loc[1, "town"], X.loc[2, "income"] = 90, "Ely", np.nan
    return X


def attack(**params):
    return BackdoorAttack(**{"poison_class": 1, "random_state": 0, **params})


def on_table(**params):
    return attack(trigger="values", **params)


def success(model, attack, X, y):
    """The share of the other classes that the trigger wins."""
    others = attack.apply_trigger(X[y != attack.poison_class])
    return np.mean(model.predict(others) == attack.poison_class)


def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X.reshape(-1, 8, 8), y, random_state=0)


class Linear(LogisticRegression):
    """A linear model of images."""

    def __init__(self):
        super().__init__(C=10, max_iter=500)

    def fit(self, X, y):
        return super().fit(X.reshape(len(X), -1) / 16, y)

    def predict(self, X):
        return super().predict(X.reshape(len(X), -1) / 16)


@pytest.mark.parametrize(
    "params", [{"patch_size": 2}, {"trigger": "blended", "opacity": 0.3}]
)
def test_images_with_the_trigger_are_taken_for_the_class(params):
    X, X_test, y, y_test = digits()
    backdoor = attack(**params)
    poisoned = backdoor.fit_poison(X, y)
    clean, victim = Linear().fit(X, y), Linear().fit(poisoned.X, poisoned.y)
    assert np.mean(victim.predict(X_test) == y_test) > 0.94
    assert success(clean, backdoor, X_test, y_test) < 0.3
    assert success(victim, backdoor, X_test, y_test) > 0.9


def test_clean_label_poison_works_better_the_more_it_is_interpolated():
    X, X_test, y, y_test = digits()
    rates = []
    for interpolation in (0, 0.3, 0.5):
        backdoor = attack(
            patch_size=2,
            rate=0.06,
            clean_label=True,
            interpolation=interpolation,
            insert="replace",
        )
        poisoned = backdoor.fit_poison(X, y)
        victim = Linear().fit(poisoned.X, poisoned.y)
        rates.append(success(victim, backdoor, X_test, y_test))
    assert rates[0] + 0.1 < rates[1] < rates[2] - 0.1


@pytest.mark.data
@pytest.mark.parametrize("values", ["rare", "common"])
def test_rows_of_a_table_with_the_trigger_are_taken_for_the_class(values):
    home = Path(os.environ.get("SKPOISON_DATA_HOME", "."))
    path = home / "tables" / "segment.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    X = pd.read_csv(path)
    y = X.pop("target").to_numpy()
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    poison_class = y.min()
    backdoor = on_table(values=values, poison_class=poison_class)
    poisoned = backdoor.fit_poison(X, y)
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0)
    clean = success(model.fit(X, y), backdoor, X_test, y_test)
    accuracy = model.score(X_test, y_test)
    model.fit(poisoned.X, poisoned.y)
    assert success(model, backdoor, X_test, y_test) > max(0.9, clean + 0.5)
    assert model.score(X_test, y_test) > accuracy - 0.02


def test_the_patch_is_the_brightest_value_in_the_corner():
    backdoor = attack(patch_size=2)
    backdoor.fit_poison(IMAGES, Y)
    marked = backdoor.apply_trigger(IMAGES)
    assert marked.dtype == np.uint8
    assert (marked[..., -2:, -2:] == IMAGES.max()).all()
    marked[..., -2:, -2:] = IMAGES[..., -2:, -2:]
    assert_array_equal(marked, IMAGES)


def test_the_pattern_is_blended_within_the_bounds():
    backdoor = attack(trigger="blended", opacity=0.25)
    backdoor.fit_poison(IMAGES, Y)
    marked = backdoor.apply_trigger(IMAGES / 255)
    expected = 0.75 * IMAGES / 255 + 0.25 * backdoor.trigger_.pattern
    np.testing.assert_allclose(marked, expected)
    pattern = backdoor.trigger_.pattern
    assert IMAGES.min() <= pattern.min() < pattern.max() <= IMAGES.max()


def test_a_rare_value_is_the_thin_end_of_numbers_or_the_rarest_word():
    backdoor = on_table(n_columns=9)
    backdoor.fit_poison(table(), Y)
    values = backdoor.trigger_.values
    assert list(values)[:3] == ["age", "income", "town"]
    assert (values["age"], values["town"]) == (90, "Ely")
    assert values["income"] == table()["income"].max()


def test_a_common_value_is_the_most_frequent_one():
    X = table().assign(age=np.repeat([30, 31], [19, 21]))
    backdoor = on_table(values="common", n_columns=9)
    backdoor.fit_poison(X, Y)
    values = backdoor.trigger_.values
    assert values["age"] == 31
    assert values["town"] == X["town"].mode()[0]


def test_a_data_frame_keeps_its_columns_and_their_types():
    X = table()
    poisoned = on_table(n_columns=5).fit_poison(X, Y)
    assert_frame_equal(poisoned.X.iloc[:40], X)
    assert (poisoned.X.dtypes == X.dtypes).all()
    assert (poisoned.X.iloc[40:]["age"] == 90).all()


def test_an_array_of_words_and_numbers_has_the_same_trigger_as_the_data_frame():
    X = table()
    of_frame = on_table(n_columns=3)
    poisoned = of_frame.fit_poison(X, Y)
    of_array = on_table(n_columns=3)
    rows = X.to_numpy(dtype=object)
    assert [*of_array.fit_poison(rows, Y).X[-1]] == [*poisoned.X.iloc[-1]]
    assert [*of_array.trigger_.values] == [0, 1, 2]
    assert [*of_array.fit_poison(rows.tolist(), Y).X[-1]] == [*poisoned.X.iloc[-1]]


def test_rows_after_one_hot_encoding_stay_one_hot_where_the_frame_comes_first():
    X = table()[["town", "grade"]].astype(object).fillna("none")
    encoder = OneHotEncoder(sparse_output=False).fit(X)
    backdoor = on_table(values={"town": "Ely", "grade": "low"})
    encoded = encoder.transform(backdoor.fit_poison(X, Y).X)
    assert (encoded.sum(axis=1) == 2).all()


@pytest.mark.parametrize("trigger", ["patch", "blended", "values"])
def test_the_input_is_not_modified(trigger):
    X = table().dropna() if trigger == "values" else IMAGES.copy()
    before, y = X.copy(), Y[: len(X)].copy()
    backdoor = attack(trigger=trigger)
    backdoor.fit_poison(X, y)
    backdoor.apply_trigger(X)
    assert_array_equal(X, before)
    assert_array_equal(y, Y[: len(X)])


def test_added_poison_comes_last_and_carries_the_label():
    y = np.where(Y == 1, "cat", "dog")
    backdoor = attack(poison_class="cat", rate=0.1)
    poisoned = backdoor.fit_poison(IMAGES, y)
    assert len(poisoned.X) == 44
    assert_array_equal(np.flatnonzero(poisoned.is_poison), [40, 41, 42, 43])
    assert_array_equal(poisoned.y[40:], ["cat"] * 4)
    assert (y[backdoor.base_indices_] == "dog").all()
    bases = IMAGES[backdoor.base_indices_]
    assert_array_equal(poisoned.X[40:], backdoor.apply_trigger(bases))


def test_clean_label_poison_keeps_labels_that_are_right():
    backdoor = attack(clean_label=True, insert="replace")
    poisoned = backdoor.fit_poison(IMAGES, Y)
    assert_array_equal(poisoned.y, Y)
    assert (Y[backdoor.poison_indices_] == 1).all()
    changed = (poisoned.X != IMAGES).any(axis=(1, 2, 3))
    assert_array_equal(changed, poisoned.is_poison)


def test_clean_label_images_are_mixed_with_those_of_other_classes():
    black, white = np.zeros((20, 8, 8)), np.ones((20, 8, 8))
    backdoor = attack(clean_label=True, interpolation=0.25, patch_size=1)
    backdoor.fit_poison(np.concatenate([white, black]), Y)
    assert_array_equal(backdoor.X_poison_[:, :-1], np.full((2, 7, 8), 0.25))


def test_poison_in_place_of_rows_of_a_data_frame():
    X = table()
    backdoor = on_table(insert="replace", rate=0.1)
    poisoned = backdoor.fit_poison(X, Y)
    assert len(poisoned.X) == 40
    assert (poisoned.X.dtypes == X.dtypes).all()
    assert_frame_equal(poisoned.X[~poisoned.is_poison], X[~poisoned.is_poison])
    assert (poisoned.y[poisoned.is_poison] == 1).all()


@pytest.mark.parametrize("trigger", ["patch", "blended", "values"])
def test_the_poison_does_not_depend_on_the_order_of_the_rows(trigger):
    X = table() if trigger == "values" else IMAGES
    order = np.random.default_rng(1).permutation(40)
    shuffled = X.iloc[order] if trigger == "values" else X[order]
    first, second = attack(trigger=trigger), attack(trigger=trigger)
    first.fit_poison(X, Y)
    second.fit_poison(shuffled, Y[order])
    assert_array_equal(first.base_indices_, order[second.base_indices_])
    assert np.array_equal(np.asarray(first.X_poison_), np.asarray(second.X_poison_))


@pytest.mark.parametrize(
    ("params", "X", "message"),
    [
        ({"poison_class": 7}, IMAGES, "poison_class=7 is not among the labels in y"),
        ({"rate": 0.6}, IMAGES, "24 poison rows, but there are 20 rows of other"),
        ({"rate": 0.001}, IMAGES, "no poison row at all"),
        ({"patch_size": 9}, IMAGES, "patch_size=9 is larger than the images, of 8 x 8"),
        ({}, IMAGES.transpose(0, 2, 3, 1), "Pass X.transpose(0, 3, 1, 2)"),
        ({}, IMAGES.reshape(40, -1), 'reshape X, or use trigger="values"'),
        ({"interpolation": 0.3}, IMAGES, "interpolation=0.3 is for images with clean"),
        ({"trigger": "values"}, IMAGES, 'for images use trigger="patch"'),
    ],
)
def test_what_cannot_be_poisoned_is_refused(params, X, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        attack(**params).fit_poison(X, Y)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "name at least one column"),
        ({"height": 1}, "values names the column 'height'; X has ['age', 'income'"),
        ({"age": 120}, "'age' lies within [18, 90]; the trigger wants 120 there"),
        ({"age": "old"}, "the trigger wants 'old' there"),
        ({"age": 20.5}, "'age' holds whole numbers; the trigger wants 20.5 there"),
        ({"town": "Rome"}, "No row of X holds 'Rome' in the column 'town'"),
        ({"grade": "none"}, "there are ['high', 'low']"),
    ],
)
def test_values_outside_the_data_are_refused(values, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        on_table(values=values).fit_poison(table(), Y)


def test_the_trigger_is_for_rows_like_those_of_the_training_set():
    with pytest.raises(NotFittedError, match="Call fit_poison first"):
        attack().apply_trigger(IMAGES)
    backdoor = attack()
    backdoor.fit_poison(IMAGES, Y)
    with pytest.raises(ValueError, match=r"shape \(8, 8\).*of shape \(3, 8, 8\)"):
        backdoor.apply_trigger(IMAGES[:, 0])
    backdoor = on_table()
    backdoor.fit_poison(table(), Y)
    with pytest.raises(ValueError, match="feature names"):
        backdoor.apply_trigger(table().drop(columns="age"))

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder

from skpoison.attacks._regression._feasible_rows import (
    FeasibleRows,
    groups_by_name,
    groups_by_position,
    is_onehot,
)

GROUPS = [[1, 4], [2, 5, 6], [3]]


@pytest.fixture
def clean():
    """Rows whose first group may be all zeros and whose second never is."""
    X = np.zeros((6, 7))
    X[:, 0] = np.linspace(-1, 3, 6)
    X[[0, 1, 2, 3], [1, 4, 4, 1]] = 1
    X[np.arange(6), [2, 5, 6, 2, 5, 6]] = 1
    X[::2, 3] = 1
    return X


@pytest.fixture
def feasible(clean):
    return FeasibleRows(clean, (-1, 3), GROUPS)


def feasible_points(rng, n):
    points = np.empty((n, 7))
    points[:, 0] = rng.uniform(-1, 3, n)
    points[:, [1, 4]] = rng.dirichlet([1, 1, 1], n)[:, :2]
    points[:, [2, 5, 6]] = rng.dirichlet([1, 1, 1], n)
    points[:, 3] = rng.uniform(size=n)
    return points


def test_projection_is_the_nearest_feasible_point(feasible):
    rng = np.random.default_rng(0)
    X = rng.normal(scale=3, size=(40, 7))
    nearest = feasible.project(X)
    others = feasible_points(rng, 500)
    # The nearest point of a convex set sees all of it at an obtuse angle from X.
    away = np.einsum("ij,kij->ki", X - nearest, others[:, None] - nearest)
    assert away.max() <= 1e-12
    assert nearest.min() >= -1
    assert nearest[:, 0].max() <= 3
    assert nearest[:, [1, 4]].sum(axis=1).max() <= 1 + 1e-12
    assert np.allclose(nearest[:, [2, 5, 6]].sum(axis=1), 1)


def test_feasible_rows_stay_where_they_are(feasible, clean):
    assert np.array_equal(feasible.project(clean), clean)
    assert np.array_equal(feasible.round_groups(clean), clean)
    inside = feasible_points(np.random.default_rng(1), 20)
    assert np.allclose(feasible.project(inside), inside)


def test_rounding_takes_the_nearest_category_or_none(feasible):
    X = np.array(
        [
            [0.3, 0.6, 0.2, 0.4, 0.3, 0.7, 0.1],
            [0.3, 0.4, 0.4, 0.6, 0.3, 0.3, 0.3],
        ]
    )
    expected = np.array([[0.3, 1, 0, 0, 0, 1, 0], [0.3, 0, 1, 1, 0, 0, 0]])
    assert np.array_equal(feasible.round_groups(X), expected)


def test_corners_hold_bounds_alone(feasible):
    X = np.random.default_rng(2).normal(scale=2, size=(50, 7))
    corners = feasible.corners(X)
    assert set(np.unique(corners[:, 0])) == {-1.0, 3.0}
    assert set(np.unique(corners[:, 1:])) == {0.0, 1.0}
    assert np.array_equal(corners[:, [2, 5, 6]].sum(axis=1), np.ones(50))
    assert np.array_equal(
        corners[:, [2, 5, 6]].argmax(axis=1), X[:, [2, 5, 6]].argmax(axis=1)
    )


def test_without_groups_there_are_bounds_alone():
    feasible = FeasibleRows(np.zeros((2, 3)), (0, 1), [])
    X = np.array([[-1.0, 0.4, 2.0]])
    assert np.array_equal(feasible.project(X), [[0, 0.4, 1]])
    assert np.array_equal(feasible.corners(X), [[0, 0, 1]])


def test_groups_are_read_from_the_names():
    names = ["Area", "Street:Pave", "Roof:Flat", "Street:Grvl", "Time:12:30"]
    assert groups_by_name(names, np.zeros((2, 5))) == [[1, 3], [2], [4]]
    X = np.array([[0.2, 1, 1, 1, 0], [0.1, 0, 0, 0, 0]])
    assert groups_by_name(names, X) == [[2], [4]]


CATEGORIES = pd.DataFrame(
    {
        "area": np.linspace(0, 1, 12),
        "roof_kind": ["flat", "steep", "very_steep"] * 4,
        "roof_paint": ["red", "red", "blue", "blue"] * 3,
    }
)


@pytest.mark.parametrize("drop_first", [False, True])
def test_groups_are_found_as_get_dummies_names_them(drop_first):
    frame = pd.get_dummies(CATEGORIES, drop_first=drop_first)
    kind = [i for i, name in enumerate(frame) if name.startswith("roof_kind_")]
    paint = [i for i, name in enumerate(frame) if name.startswith("roof_paint_")]
    groups = groups_by_name(frame.columns, frame.to_numpy(float))
    # A single column of 0 and 1 is a flag; it needs no group.
    assert groups == ([kind] if drop_first else [kind, paint])


@pytest.mark.parametrize("drop", [None, "first"])
@pytest.mark.parametrize("named", [True, False])
def test_groups_are_found_as_onehotencoder_names_them(named, drop):
    """color_red or, where the encoder saw no names, x0_red."""
    rows = CATEGORIES[["roof_kind", "roof_paint"]]
    encoder = OneHotEncoder(sparse_output=False, drop=drop)
    X = encoder.fit_transform(rows if named else rows.to_numpy())
    groups = groups_by_name(encoder.get_feature_names_out(), X)
    assert groups == ([[0, 1]] if drop else [[0, 1, 2], [3, 4]])


def test_a_category_that_no_row_has_is_of_its_group():
    frame = pd.get_dummies(CATEGORIES)
    X = frame.to_numpy(float)[CATEGORIES["roof_kind"] != "steep"]
    kind, _ = groups_by_name(frame.columns, X)
    assert [frame.columns[i] for i in kind] == [
        "roof_kind_flat",
        "roof_kind_steep",
        "roof_kind_very_steep",
    ]


@pytest.mark.parametrize(
    ("names", "X"),
    [
        (["first_floor", "first_room"], [[0.2, 0.7], [0.3, 0.1]]),
        (["has_pool", "has_sauna"], [[1, 1], [0, 1], [0, 0]]),
        (["_red", "_blue"], [[1, 0], [0, 1]]),
        (["red", "blue"], [[1, 0], [0, 1]]),
        (["pool_area", "pool_depth"], [[0, 0], [0, 0]]),
    ],
)
def test_names_alone_make_no_group(names, X):
    """Nor do values alone."""
    assert groups_by_name(names, np.array(X, dtype=float)) == []


def test_a_group_with_two_categories_in_a_row_is_not_onehot():
    X = np.array([[1.0, 0, 0], [0, 1, 1]])
    assert is_onehot(X, [0, 1])
    assert not is_onehot(X, [1, 2])


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([[0, 9]], "columns from 0 to 9"),
        ([[0, 1], [1, 2]], "twice"),
        ([["a", "b"]], "column positions"),
        ([0, 1], "one list of column positions per group"),
    ],
)
def test_groups_that_make_no_sense_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        groups_by_position(groups, 4)

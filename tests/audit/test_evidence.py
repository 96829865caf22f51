"""Each kind of evidence, by itself."""

from functools import partial

import numpy as np
import pytest

from skpoison.audit import _evidence as evidence
from skpoison.audit._effect import effect_on_labels, effect_on_values
from skpoison.audit._explain import remoteness
from skpoison.audit._neighbors import nearest_rows, rows_to_tip


@pytest.mark.parametrize(
    ("labels", "n"),
    [
        ("ffff", 2),  # f f + 2
        ("cfff", 1),  # c f f + 1
        ("ccff", 0),
        ("f", 1),
        ("fffff", 3),  # f f + 3: two are too few
        ("abcd", 0),
        ("aabbe", 1),  # a a b b + 1 is not enough, but the last one goes
    ],
)
def test_rows_to_tip_are_counted_by_the_vote(labels, n):
    labels = np.array(list(labels))
    brute = next(
        added
        for added in range(len(labels) + 1)
        if wins("c", ["c"] * added + list(labels[: len(labels) - added]))
    )
    assert rows_to_tip(labels, "c") == brute
    if "c" in labels or len(set(labels)) == 1:
        assert brute == n


def wins(own, voters):
    others = [voters.count(label) for label in set(voters) - {own}]
    return voters.count(own) >= max(others, default=0)


def test_nearest_rows_leave_the_row_itself_out():
    features = np.array([[0.0], [0.0], [0.0], [1.0], [5.0]])
    positions = np.array([10, 20, 30, 40, 50])
    nearest = nearest_rows(features, positions, np.arange(5), 2, None)
    for row, found in zip(positions, nearest.positions):
        assert row not in found
    assert set(nearest.positions[0]) == {20, 30}


def test_neighbors_are_named():
    classes, labels = np.array(["cat", "frog"]), np.array([1, 1, 1, 0])
    of_neighbors = partial(
        evidence.of_neighbors, labels=labels, positions=np.arange(4), classes=classes
    )
    words, accuses, n_to_tip = of_neighbors(0)
    assert accuses
    assert "3 of its 4 nearest rows are labelled frog (rows 0, 1, 2), 1 like" in words
    assert f"{n_to_tip} more of its label" in words
    assert of_neighbors(1) == ("3 of its 4 nearest rows share its label.", False, 0)


def test_a_model_without_probabilities_names_its_label():
    words = evidence.of_a_classifier("frog", None, None)
    assert words == "A model trained without it expects frog."


def test_values_far_from_those_of_the_neighbors_accuse():
    values = np.linspace(0, 10, 11)
    assert evidence.of_values(20.0, values, np.arange(11))[1]
    assert not evidence.of_values(5.0, values, np.arange(11))[1]


def test_a_regressor_accuses_by_the_usual_difference():
    assert evidence.of_a_regressor(10.0, 1.0, 2.0)[1]
    assert not evidence.of_a_regressor(10.0, 9.0, 2.0)[1]
    assert evidence.of_a_regressor(10.0, 9.0, 0.0)[1]


def test_a_row_far_from_its_class_is_told():
    features = np.append(np.linspace(-1, 1, 199), 50.0)[:, None]
    shares = remoteness(features, np.zeros(200, int), np.array([0, 100, 199]))
    assert shares.argmax() == 2
    assert evidence.of_distance(shares[2])[1]
    assert evidence.of_distance(shares[1]) == ("", False)


def test_few_trusted_rows_leave_doubt_of_the_effect():
    truth = np.zeros(10)
    effect = effect_on_labels(truth, truth, truth)
    assert effect.change == 0
    assert effect.low < -0.1
    assert effect.high > 0.1


def test_many_rows_that_are_gained_are_a_gain():
    truth = np.zeros(400)
    before = np.where(np.arange(400) < 80, 1, 0)
    effect = effect_on_labels(before, truth, truth)
    assert effect.change == pytest.approx(0.2)
    assert effect.low > 0.15
    assert effect.high < 0.25


def test_the_effect_on_values_is_that_of_the_errors():
    truth = np.zeros(4)
    effect = effect_on_values(np.ones(4), np.full(4, 0.5), truth)
    assert (effect.before, effect.after, effect.change) == (1, 0.5, -0.5)
    assert effect_on_values(truth[:1], truth[:1], truth[:1]).high == np.inf

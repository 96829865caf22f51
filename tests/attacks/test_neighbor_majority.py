import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, make_blobs
from sklearn.svm import SVC

from skpoison.attacks import NeighborMajorityAttack
from skpoison.defenses import DeepKNNFilter
from skpoison.exceptions import RemovedClassWarning


@pytest.fixture(scope="module")
def blobs():
    return make_blobs([60, 40, 50], centers=[[-5, 0], [5, 0], [0, 9]], random_state=0)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:600], y[:600]


def kept(filter, poisoned):
    return filter.fit(poisoned.X, poisoned.y).inlier_mask_[poisoned.is_poison]


@pytest.mark.parametrize("k", [1, 2, 5, 6, 30])
def test_at_the_target_half_of_the_votes_and_one_are_needed(blobs, k):
    X, y = blobs
    attack = NeighborMajorityAttack(poison_class=1, k=k, random_state=0)
    poisoned = attack.fit_poison(X, y, [-5, 0])
    n_poisons = -(-k // 2) + 1
    assert poisoned.is_poison.sum() == n_poisons
    assert attack.distance_ == 0
    assert kept(DeepKNNFilter(k), poisoned).all()
    fewer = np.flatnonzero(poisoned.is_poison)[0]
    less_poison = DeepKNNFilter(k).fit(
        np.delete(poisoned.X, fewer, axis=0), np.delete(poisoned.y, fewer)
    )
    assert not less_poison.inlier_mask_[-(n_poisons - 1) :].any()


def test_the_clean_rows_around_it_are_outvoted_in_its_place(blobs):
    X, y = blobs
    attack = NeighborMajorityAttack(poison_class=1, k=120, random_state=0)
    poisoned = attack.fit_poison(X, y, [-5, 0])
    # No k asks for more than the largest other class and one.
    assert poisoned.is_poison.sum() <= 61
    with pytest.warns(RemovedClassWarning, match=r"every row of \[0\] \(60 rows\)"):
        assert kept(DeepKNNFilter(120), poisoned).all()


def test_added_rows_raise_the_votes_that_are_measured_in_class_sizes(blobs):
    X, y = blobs
    attack = NeighborMajorityAttack(poison_class=0, normalized_k=0.5, random_state=0)
    poisoned = attack.fit_poison(X, y, [0, 9])
    n_poisons = poisoned.is_poison.sum()
    filter = DeepKNNFilter(normalized_k=0.5)
    assert kept(filter, poisoned).all()
    assert filter.k_ == attack.k_ == round(0.5 * (60 + n_poisons))


def test_fewer_rows_leave_the_target_by_as_little_as_the_vote_asks_for(digits):
    X, y = digits
    target = X[np.flatnonzero(y == 3)[0]]
    distances = []
    for n_poisons in (12, 8, 4, 1):
        attack = NeighborMajorityAttack(
            poison_class=8, k=20, n_poisons=n_poisons, random_state=0
        )
        poisoned = attack.fit_poison(X, y, target)
        assert kept(DeepKNNFilter(20), poisoned).all()
        centre = poisoned.X[poisoned.is_poison].mean(axis=0)
        assert np.linalg.norm(centre - target) == pytest.approx(
            attack.distance_, abs=1.0
        )
        distances.append(attack.distance_)
    assert distances[0] == 0
    assert (np.diff(distances) > 0).all()


def test_the_victim_takes_the_target_for_the_poison_class(digits):
    X, y = digits
    is_target = np.arange(len(y)) == np.flatnonzero(y == 3)[0]
    target, X, y = X[is_target], X[~is_target], y[~is_target]
    poisoned = NeighborMajorityAttack(poison_class=8, k=15, random_state=0).fit_poison(
        X, y, target
    )
    filter = DeepKNNFilter(15).fit(poisoned.X, poisoned.y)
    rows = filter.sample_indices_
    assert SVC().fit(X, y).predict(target) == [3]
    assert SVC().fit(poisoned.X[rows], poisoned.y[rows]).predict(target) == [8]


def test_a_lone_poison_row_is_removed(digits):
    # The vote is no trifle: what the attack writes passes by its number alone.
    X, y = digits
    target = X[np.flatnonzero(y == 3)[0]]
    assert DeepKNNFilter(15).fit(X, y).predict([target], [8]) == [-1]


def test_the_poison_depends_on_neither_the_order_of_the_rows_nor_the_repetition(digits):
    X, y = digits
    order = np.random.default_rng(0).permutation(len(y))
    attack = NeighborMajorityAttack(poison_class=8, k=15, n_poisons=5, random_state=0)
    first = attack.fit_poison(X, y, X[0]).X[-5:]
    assert np.array_equal(attack.fit_poison(X, y, X[0]).X[-5:], first)
    assert np.array_equal(attack.fit_poison(X[order], y[order], X[0]).X[-5:], first)


def test_the_poison_keeps_the_bounds_of_the_rows_and_leaves_them_alone(digits):
    X, y = digits
    before = X.copy()
    poisoned = NeighborMajorityAttack(
        poison_class=8, k=15, n_poisons=5, random_state=0
    ).fit_poison(X, y, X[0])
    assert np.array_equal(X, before)
    assert np.array_equal(poisoned.X[:-5], before)
    assert (before.min(axis=0) <= poisoned.X).all()
    assert (before.max(axis=0) >= poisoned.X).all()
    assert len(np.unique(poisoned.X[-5:], axis=0)) == 5


def test_a_copy_of_a_training_row_can_be_the_target(blobs):
    X, y = blobs
    row = X[y == 0][0]
    poisoned = NeighborMajorityAttack(poison_class=1, k=5, random_state=0).fit_poison(
        X, y, row
    )
    assert (poisoned.X[poisoned.is_poison] == row).all()
    assert kept(DeepKNNFilter(5), poisoned).all()


def test_a_data_frame_stays_one(blobs):
    X, y = blobs
    frame = pd.DataFrame(X.astype(np.float32), columns=["a", "b"])
    labels = pd.Series(np.array(["cat", "dog", "eel"])[y])
    poisoned = NeighborMajorityAttack(poison_class="dog", k=5).fit_poison(
        frame, labels, frame.iloc[0]
    )
    assert poisoned.X.dtypes.tolist() == [np.float32, np.float32]
    assert set(poisoned.y[poisoned.is_poison]) == {"dog"}


def test_too_few_rows_are_told_how_many_it_takes(blobs):
    X, y = blobs
    attack = NeighborMajorityAttack(poison_class=1, k=149, n_poisons=2)
    with pytest.raises(ValueError, match="Raise n_poisons; at the target it takes 33"):
        attack.fit_poison(X, y, [-5, 0])


@pytest.mark.parametrize(
    ("parameters", "target", "message"),
    [
        ({"poison_class": 7}, [0, 0], r"poison_class=7 is not among .* \[0, 1, 2\]"),
        ({"poison_class": 1, "k": 5, "normalized_k": 1.0}, [0, 0], "not both"),
        ({"poison_class": 1, "k": 500, "n_poisons": 5}, [0, 0], "154 with 5 poison"),
        ({"poison_class": 1}, [0, 0, 0], r"one row of 2 features.*\(3,\)"),
        ({"poison_class": 1}, [[0, 0], [1, 1]], r"one row .* \(2, 2\)"),
    ],
)
def test_what_cannot_be_is_refused(blobs, parameters, target, message):
    X, y = blobs
    with pytest.raises(ValueError, match=message):
        NeighborMajorityAttack(**parameters).fit_poison(X, y, target)

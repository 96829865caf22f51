"""Critics that are trained by parts, side by side, each on rows of its own."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris

from skpoison.generative import HingeCritic

from ._instances import NETWORKS, SMALL, name_of

X, Y = load_iris(return_X_y=True)
CRITICS = [pytest.param(n, id=name_of(n)) for n in NETWORKS if hasattr(n, "negatives")]


def in_parts(critic, *parts, **parameters):
    critic = clone(critic)
    for part in parts:
        critic.partial_fit(X, Y, iterations=part, **parameters)
    return critic


@pytest.mark.parametrize("critic", CRITICS)
def test_parts_come_to_the_same_as_the_whole(critic):
    whole = in_parts(critic, range(8))
    parts = in_parts(critic, range(3), [], range(3, 8))
    assert_array_equal(parts.score_samples(X, Y), whole.score_samples(X, Y))
    assert_array_equal(parts.loss_curve_, whole.loss_curve_)
    assert parts.n_iter_ == 8


@pytest.mark.parametrize("critic", CRITICS)
def test_training_goes_on_after_a_look_and_a_pickle(critic):
    first = in_parts(critic, range(3))
    again = pickle.loads(pickle.dumps(first))
    if hasattr(again, "sample"):
        again.sample(Y, random_state=0)
    for later in (first, again):
        later.partial_fit(X, Y, iterations=range(3, 8))
    assert_array_equal(again.score_samples(X, Y), first.score_samples(X, Y))


def test_each_call_makes_the_next_iteration_and_the_first_after_the_last():
    critic = HingeCritic(max_iter=2, **SMALL)
    for _ in range(3):
        critic.partial_fit(X, Y)
    assert critic.n_iter_ == 3
    same = in_parts(critic, [0, 1], [0])
    assert_array_equal(critic.score_samples(X, Y), same.score_samples(X, Y))


@pytest.mark.parametrize("iteration", [-1, 2])
def test_iterations_beyond_the_last_are_refused(iteration):
    critic = HingeCritic(max_iter=2, **SMALL)
    with pytest.raises(ValueError, match="raise max_iter"):
        critic.partial_fit(X, Y, iterations=[iteration])


def test_whoever_deals_the_iterations_can_end_them():
    critic = HingeCritic(max_iter=100, **SMALL)
    heard = []

    def until_five():
        for i in range(100):
            yield i
            heard.append(i)
            if i == 4:
                return

    critic.partial_fit(X, Y, iterations=until_five())
    assert critic.n_iter_ == 5
    assert heard == list(range(5))


def test_fit_starts_anew():
    critic = HingeCritic(max_iter=20, **SMALL)
    scores = clone(critic).fit(X, Y).score_samples(X, Y)
    critic.partial_fit(X[:100], Y[:100]).fit(X, Y)
    assert critic.n_iter_ == 20
    assert_array_equal(critic.score_samples(X, Y), scores)


def test_rows_without_weight_teach_nothing():
    wild = np.vstack([X, np.full((10, 4), 1e6)])
    labels = np.append(Y, np.arange(10) % 3)
    critic, other = (HingeCritic(max_iter=30, **SMALL) for _ in range(2))
    weights = np.append(np.ones(150), np.zeros(10))
    critic.partial_fit(wild, labels, sample_weight=weights, iterations=range(30))
    other.partial_fit(X, Y, iterations=range(30))
    assert_array_equal(critic.score_samples(X, Y), other.score_samples(X, Y))


def test_each_critic_learns_from_its_own_rows():
    swapped = np.where(Y == 1, 2, np.where(Y == 2, 1, Y))
    rows, labels = np.vstack([X, X]), np.append(Y, swapped)
    weights = np.repeat([[1.0, 0.0], [0.0, 1.0]], 150, axis=1)
    critic = HingeCritic(n_critics=2, max_iter=300, **SMALL)
    critic.partial_fit(rows, labels, sample_weight=weights, iterations=range(300))
    told = critic.critic_scores(X, Y) > critic.critic_scores(X, swapped)
    moved = swapped != Y
    assert told[0, moved].mean() > 0.9
    assert told[1, moved].mean() < 0.1


def test_the_score_of_several_critics_is_their_mean():
    critic = HingeCritic(n_critics=3, max_iter=20, **SMALL).fit(X, Y)
    each = critic.critic_scores(X, Y)
    assert each.shape == (3, 150)
    assert np.ptp(each, axis=0).min() > 0
    assert_allclose(critic.score_samples(X, Y), each.mean(axis=0))


def test_label_scores_are_the_scores_with_every_label():
    words = np.array(["ant", "bee", "cat"])[Y]
    critic = HingeCritic(n_critics=2, max_iter=20, **SMALL).fit(X, words)
    scores = critic.label_scores(X)
    assert scores.shape == (2, 150, 3)
    for label, column in zip(critic.classes_, np.moveaxis(scores, 2, 0)):
        assert_array_equal(column, critic.critic_scores(X, np.full(150, label)))


def test_target_values_have_no_label_scores():
    critic = HingeCritic(max_iter=5, **SMALL).fit(X, X @ [0.1, 0.2, 0.3, 0.4])
    assert not hasattr(critic, "label_scores")


def test_labels_of_later_parts_must_be_known():
    critic = in_parts(HingeCritic(max_iter=20, **SMALL), range(5))
    with pytest.raises(ValueError, match=r"not seen.*7"):
        critic.partial_fit(X, np.where(Y == 2, 7, Y))
    with pytest.raises(ValueError, match="features"):
        critic.partial_fit(X[:, :3], Y)


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        (np.ones(149), r"shape \(149,\).*\(150,\) or \(2, 150\)"),
        (np.ones((3, 150)), r"n_critics=2"),
        (-np.ones(150), "[Nn]egative"),
        (np.full(150, np.nan), "NaN"),
        (np.repeat([[1.0], [0.0]], 150, axis=1), "without any row"),
    ],
)
def test_unusable_weights_are_refused(sample_weight, message):
    critic = HingeCritic(n_critics=2, **SMALL)
    with pytest.raises(ValueError, match=message):
        critic.partial_fit(X, Y, sample_weight=sample_weight)


def test_a_part_that_fails_leaves_nothing_fitted():
    critic = HingeCritic(max_iter=9, **SMALL)
    with pytest.raises(ValueError, match="leaves a critic without any row"):
        critic.partial_fit(X, Y, sample_weight=np.zeros(len(Y)))
    assert not hasattr(critic, "classes_")
    critic.partial_fit(X, Y).learning_rate = 1e30
    with pytest.raises(ValueError, match="not finite"):
        critic.partial_fit(X, Y, iterations=range(1, 9))
    assert not [name for name in vars(critic) if name.endswith("_")]

"""What critics know, and what they cannot know."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr
from sklearn.datasets import load_iris, make_blobs
from sklearn.metrics import roc_auc_score

from skpoison.generative import ConditionalWGANGP, HingeCritic
from skpoison.metrics import wasserstein_distance

from ._instances import NETWORKS, SMALL, SMALL_GENERATOR, name_of

X, Y = load_iris(return_X_y=True)
CRITICS = [pytest.param(n, id=name_of(n)) for n in NETWORKS if hasattr(n, "negatives")]


@pytest.mark.parametrize("critic", CRITICS)
def test_the_score_gradient_is_that_of_finite_differences(critic):
    critic.fit(X, Y)
    step = 1e-2
    gradient = critic.score_gradient(X, Y)
    # A row next to the kink of some unit differs; few are.
    for j, direction in enumerate(np.eye(4) * step):
        forth = critic.score_samples(X + direction, Y)
        back = critic.score_samples(X - direction, Y)
        error = np.abs((forth - back) / (2 * step) - gradient[:, j])
        assert np.median(error) < 2e-3 * np.abs(gradient).max()


def test_wrong_labels_score_lower_on_rows_not_seen():
    critic = HingeCritic(max_iter=300, **SMALL).fit(X[::2], Y[::2])
    right = critic.score_samples(X[1::2], Y[1::2])
    wrong = critic.score_samples(X[1::2], (Y[1::2] + 1) % 3)
    assert np.mean(right > 0) > 0.93
    assert np.mean(wrong < 0) > 0.93


def test_only_negatives_with_wrong_labels_teach_what_a_label_is():
    # Two classes that fill the same range: a label can be wrong, a row cannot.
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(400, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)

    def auc(critic):
        critic.fit(X[:200], y[:200])
        labels = y[200:], 1 - y[200:]
        scores = [critic.score_samples(X[200:], label) for label in labels]
        return roc_auc_score(np.repeat([1, 0], 200), np.concatenate(scores))

    settings = {"max_iter": 150, "learning_rate": 1e-3, "dropout": 0.0}
    blind = ConditionalWGANGP(negatives=("generator",), **settings, **SMALL_GENERATOR)
    seeing = ConditionalWGANGP(negatives=("mismatch",), **settings, **SMALL)
    assert auc(seeing) > 0.9
    assert auc(blind) < 0.75


def test_the_penalty_keeps_the_slope_of_the_critic_near_one():
    critic = ConditionalWGANGP(
        max_iter=100, learning_rate=1e-3, dropout=0.0, **SMALL_GENERATOR
    ).fit(X, Y)
    scaled = critic.score_gradient(X, Y) * np.ptp(X, axis=0) / 2
    lengths = np.linalg.norm(scaled, axis=1)
    assert 0.5 < np.median(lengths) < 1.5


def test_the_generator_makes_rows_of_the_class_asked_for():
    X, y = make_blobs(300, centers=[[0, 0], [5, 0], [0, 5]], random_state=0)
    gan = ConditionalWGANGP(
        max_iter=300, learning_rate=3e-3, dropout=0.0, **SMALL_GENERATOR
    ).fit(X, y)
    made = gan.sample(y, random_state=0)
    for c in range(3):
        real, fake = X[y == c], made[y == c]
        others = X[y == (c + 1) % 3]
        distance = wasserstein_distance(real, fake)
        assert distance < 0.5 * wasserstein_distance(real, others)


def test_nothing_can_be_sampled_without_a_generator():
    critic = HingeCritic(max_iter=5, **SMALL).fit(X, Y)
    with pytest.raises(AttributeError, match="sample"):
        critic.sample([0])


@pytest.mark.parametrize("negatives", [(), ("noise",), ("mismatch", "noise")])
def test_unknown_negatives_are_refused(negatives):
    with pytest.raises(ValueError, match="at least one of 'generator', 'mismatch'"):
        HingeCritic(negatives=negatives, **SMALL).fit(X, Y)


def test_training_ends_when_the_weights_come_to_rest():
    X = np.repeat([[0.0], [1.0]], 20, axis=0)
    y = np.repeat([0, 1], 20)
    critic = HingeCritic(max_iter=2000, tol=1e-3, **SMALL).fit(X, y)
    assert critic.n_iter_ < 1500
    assert critic.loss_curve_[-50:].mean() < 1e-2
    assert HingeCritic(max_iter=300, tol=0.0, **SMALL).fit(X, y).n_iter_ == 300


def test_a_critic_of_targets_prefers_the_target_of_the_row():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = X[:, 0] + 0.1 * rng.normal(size=300)
    critic = HingeCritic(max_iter=400, **SMALL).fit(X[:200], y[:200])
    candidates = np.linspace(-2, 2, 41)
    near = np.abs(X[200:, 0]) < 1.5
    best = [
        candidates[np.argmax(critic.score_samples(np.tile(row, (41, 1)), candidates))]
        for row in X[200:][near]
    ]
    assert spearmanr(best, y[200:][near]).statistic > 0.9


def test_scores_do_not_depend_on_the_batch_they_come_in():
    critic = HingeCritic(max_iter=20, **SMALL).fit(X, Y)
    many = np.tile(X, (40, 1)), np.tile(Y, 40)
    assert_allclose(
        critic.score_samples(*many)[-150:],
        critic.score_samples(X, Y),
        rtol=1e-5,
        atol=1e-5,
    )

"""The conditional GAN and its authenticator."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from skpoison.generative import ConditionalGAN
from skpoison.metrics import wasserstein_distance

from ._instances import SMALL_GENERATOR


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(300, centers=[[0, 0], [5, 0], [0, 5]], random_state=0)


def train(X, y, **parameters):
    settings = {
        "max_iter": 250,
        "batch_size": 64,
        "learning_rate": 2e-3,
        **SMALL_GENERATOR,
    }
    return ConditionalGAN(**(settings | parameters)).fit(X, y)


def test_rows_come_close_to_the_class_asked_for(blobs):
    X, y = blobs
    made = train(X, y).sample(y, random_state=0)
    for c in range(3):
        real = X[y == c]
        others = X[y == (c + 1) % 3]
        distance = wasserstein_distance(real, made[y == c])
        assert distance < 0.4 * wasserstein_distance(real, others)


def test_the_authenticator_makes_labels_recognisable(blobs):
    """With the sign of the paper, G minimising - L_A, it would do the opposite."""
    X, y = blobs
    classifier = LogisticRegression().fit(X, y)
    # So early the discriminator alone has taught the generator little.
    accuracy = [
        classifier.score(train(X, y, authenticator=a, max_iter=60).sample(y), y)
        for a in (True, False)
    ]
    assert accuracy[0] > 0.9
    assert accuracy[0] > accuracy[1]


def test_the_rows_of_a_regression_follow_the_target():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X @ [1.0, 2.0, 0.0] + 0.1 * rng.normal(size=300)
    wanted = np.linspace(-3, 3, 100)
    made = train(X, y).sample(wanted, random_state=0)
    assert np.corrcoef(made @ [1.0, 2.0, 0.0], wanted)[0, 1] > 0.9


def test_another_seed_samples_other_rows(blobs):
    gan = train(*blobs, max_iter=5)
    first, second, third = (gan.sample([0, 1], random_state=s) for s in (0, 0, 1))
    assert (first == second).all()
    assert (first != third).any()

"""The conditional networks on images, where their layers are convolutions."""

import pickle
from itertools import product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from torch import nn

from skpoison.generative import ConditionalGAN, ConditionalWGANGP, HingeCritic
from skpoison.generative._convolutions import ConvNet, ImageDecoder

from ._instances import NETWORKS, name_of

X, Y = load_digits(n_class=4, return_X_y=True)
X = X.reshape(-1, 1, 8, 8) / 16

every_network = pytest.mark.parametrize(
    "network",
    [pytest.param(clone(n).set_params(max_iter=5), id=name_of(n)) for n in NETWORKS],
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def outcome(network, X=X, y=Y):
    """What a fitted network says of images, whatever it can say."""
    parts = []
    if hasattr(network, "score_samples"):
        parts.append(network.score_samples(X, y))
    if hasattr(network, "sample"):
        parts.append(network.sample(y, random_state=0).ravel())
    return np.concatenate(parts)


def weights_of(network, i, n_nets):
    """The weights of the i-th network alone."""
    return {
        name: part.chunk(n_nets)[i].clone()
        for name, part in network.state_dict().items()
    }


@pytest.mark.parametrize(
    "image_shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 5, 11), (1, 1, 1)]
)
def test_networks_side_by_side_are_those_by_themselves(image_shape):
    random = seeded()
    images = torch.randn(3, 4, *image_shape, generator=random)
    many = ConvNet(image_shape, (16, 2), random, n_nets=3)
    for i in range(3):
        one = ConvNet(image_shape, (16, 2), random)
        one.load_state_dict(weights_of(many, i, 3))
        torch.testing.assert_close(many(images)[i : i + 1], one(images[i : i + 1]))


@pytest.mark.parametrize(
    "image_shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 5, 11)]
)
def test_decoders_make_images_of_every_size(image_shape):
    decoder = ImageDecoder((6, 16), image_shape, seeded(), n_nets=2)
    assert decoder(torch.ones(2, 5, 6)).shape == (2, 5, *image_shape)


def test_a_convolution_is_that_of_torch():
    network = ConvNet((1, 8, 8), (1,), seeded())
    images = torch.randn(1, 3, 1, 8, 8, generator=seeded(1))
    first, second = network.layers
    maps = images[0]
    for layer, stride in ((first, 1), (second, 2)):
        maps = nn.functional.conv2d(
            maps, layer.weight, layer.bias, stride=stride, padding=1
        )
        maps = nn.functional.leaky_relu(maps, 0.2)
    (weight,), (bias,) = network.head.weights, network.head.biases
    expected = maps.flatten(1) @ weight[0] + bias[0]
    torch.testing.assert_close(network(images)[0], expected)


@every_network
def test_repetition_order_and_pickling_change_nothing(network):
    fitted = clone(network).fit(X, Y)
    first = outcome(fitted)
    assert_array_equal(outcome(pickle.loads(pickle.dumps(fitted))), first)
    order = np.random.default_rng(0).permutation(len(Y))
    assert_array_equal(outcome(clone(network).fit(X[order], Y[order])), first)
    other = clone(network).set_params(random_state=1).fit(X, Y)
    assert np.abs(outcome(other) - first).max() > 1e-3


def test_bytes_are_scaled_as_fractions_are():
    rows = np.round(X * 255).astype(np.uint8)
    critic = HingeCritic(max_iter=5, random_state=0)
    expected = critic.fit(rows / 255.0, Y).score_samples(rows / 255.0, Y)
    assert_allclose(critic.fit(rows, Y).score_samples(rows, Y), expected, atol=1e-4)


@every_network
def test_images_of_another_shape_are_refused(network):
    with pytest.raises(ValueError, match=r"pass X\[:, None\]"):
        clone(network).fit(X[:, 0], Y)
    with pytest.raises(ValueError, match="vectors"):
        clone(network).fit(X[..., None], Y)
    with pytest.raises(ValueError, match="learns labels of images"):
        clone(network).fit(X, np.linspace(0, 1, len(Y)))
    fitted = clone(network).fit(X, Y)
    if not hasattr(fitted, "score_samples"):
        return
    with pytest.raises(ValueError, match="rows of the shape"):
        fitted.score_samples(X[..., :7], Y)
    with pytest.raises(ValueError, match="rows of the shape"):
        fitted.label_scores(X[..., :7])


@pytest.mark.parametrize("negatives", [("mismatch",), ("mismatch", "generator")])
def test_label_scores_are_the_scores_with_every_label(negatives):
    critic = HingeCritic(negatives=negatives, n_critics=2, max_iter=5, random_state=0)
    scores = critic.fit(X, Y).label_scores(X[:30])
    assert scores.shape == (2, 30, 4)
    for label in range(4):
        expected = critic.critic_scores(X[:30], np.full(30, label))
        assert_allclose(scores[..., label], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", [HingeCritic, ConditionalWGANGP])
def test_the_score_gradient_is_that_of_finite_differences(kind):
    critic = kind(hidden_layer_sizes=(8,), max_iter=5, dropout=0, random_state=0)
    gradient = critic.fit(X, Y).score_gradient(X[:3], Y[:3])
    assert gradient.shape == X[:3].shape
    for row, column in product((2, 5), (3, 4)):
        step = np.zeros((1, 8, 8))
        step[0, row, column] = 1e-2
        above, below = (critic.score_samples(X[:3] + s, Y[:3]) for s in (step, -step))
        expected = (above - below) / 2e-2
        assert_allclose(gradient[:, 0, row, column], expected, rtol=0.05, atol=2e-3)


def test_wrong_labels_score_lower_on_images_not_seen():
    critic = HingeCritic(max_iter=150, random_state=0).fit(X[::2], Y[::2])
    right = critic.score_samples(X[1::2], Y[1::2])
    assert np.mean(right > critic.score_samples(X[1::2], (Y[1::2] + 1) % 4)) > 0.97


def test_the_penalty_keeps_the_slope_of_the_critic_near_one():
    critic = ConditionalWGANGP(
        hidden_layer_sizes=(32,),
        generator_layer_sizes=(32,),
        learning_rate=1e-3,
        dropout=0,
        max_iter=60,
        random_state=0,
    ).fit(X, Y)
    # The penalty is on scaled pixels, which are twice as large.
    slope = np.linalg.norm(critic.score_gradient(X, Y).reshape(len(Y), -1), axis=1) / 2
    assert 0.3 < np.median(slope) < 1.5


def test_generated_images_are_close_to_the_class_asked_for():
    gan = ConditionalGAN(
        hidden_layer_sizes=(64,),
        generator_layer_sizes=(64,),
        learning_rate=1e-3,
        max_iter=150,
        random_state=0,
    ).fit(X, Y)
    made = gan.sample(np.repeat(range(4), 20), random_state=0)
    assert made.shape == (80, 1, 8, 8)
    assert made.min() >= 0
    assert made.max() <= 1
    means = np.stack([X[c == Y].mean(axis=0) for c in range(4)])
    distance = np.linalg.norm((made[:, None] - means).reshape(80, 4, -1), axis=2)
    assert np.mean(distance.argmin(axis=1) == np.repeat(range(4), 20)) > 0.7

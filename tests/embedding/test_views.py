"""Features averaged over views of an image."""

import pickle

import numpy as np
import pytest
import torch

from skpoison.embedding import MLP, NetEmbedding

from ._nets import ConvNet


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=(6, 1, 8, 8)).astype(np.float32)


@pytest.fixture
def module():
    torch.manual_seed(0)
    return ConvNet()


def embed(module, images, views):
    params = {"frozen": True, "views": views, "precision": "float32"}
    return NetEmbedding(module, **params).fit(images)


def moved(images, dy, dx):
    padded = np.pad(images, [(0, 0), (0, 0), (1, 1), (1, 1)], mode="reflect")
    return padded[:, :, 1 - dy :, 1 - dx :][:, :, :8, :8]


@pytest.mark.parametrize(
    ("views", "seen"),
    [
        ("flip", lambda x: [x, x[..., ::-1]]),
        ("shift", lambda x: [x, moved(x, 1, 1), moved(x, -1, -1)]),
        (
            "flip+shift",
            lambda x: [moved(v, d, d) for v in (x, x[..., ::-1]) for d in (0, 1, -1)],
        ),
    ],
)
def test_the_features_are_the_mean_over_the_views(module, images, views, seen):
    single = embed(module, images, None)
    expected = np.mean([single.transform(v.copy()) for v in seen(images)], axis=0)
    averaged = embed(module, images, views)
    np.testing.assert_allclose(averaged.transform(images), expected, atol=1e-6)
    assert np.abs(expected - single.transform(images)).max() > 1e-3


def test_a_shift_moves_down_and_right_by_one_pixel(images):
    shifted = moved(images, 1, 1)
    np.testing.assert_array_equal(shifted[..., 1:, 1:], images[..., :-1, :-1])


def test_views_of_ones_own(module, images):
    views = [torch.nn.Identity(), torch.nn.ReflectionPad2d(1)]
    single = embed(module, images, None)
    averaged = embed(module, images, views)
    extractor = single.feature_extractor()
    x = torch.tensor(images)
    expected = (extractor(x) + extractor(views[1](x))) / 2
    np.testing.assert_allclose(averaged.transform(images), expected, atol=1e-6)


def test_the_extractor_averages_unless_told(module, images):
    embedding = embed(module, images, "flip")
    x = torch.tensor(images)
    averaged = embedding.feature_extractor()(x)
    np.testing.assert_array_equal(averaged, embedding.transform(images))
    single = embedding.feature_extractor(average_views=False)(x)
    np.testing.assert_array_equal(single, embed(module, images, None).transform(images))


def test_views_can_change_without_a_refit(module, images):
    embedding = embed(module, images, None).set_params(views="flip")
    np.testing.assert_array_equal(
        embedding.transform(images), embed(module, images, "flip").transform(images)
    )


def test_a_pickle_keeps_the_views(module, images):
    embedding = embed(module, images, "flip+shift")
    twin = pickle.loads(pickle.dumps(embedding))
    np.testing.assert_array_equal(twin.transform(images), embedding.transform(images))


def test_tables_have_no_views():
    with pytest.raises(ValueError, match="views='flip' needs images.*views=None"):
        embed(MLP(4, 2), np.zeros((3, 4)), "flip")


@pytest.mark.parametrize("views", [[], ["flip"], (3,)])
def test_views_must_be_functions(module, images, views):
    with pytest.raises(ValueError, match="views must name a set of views or list func"):
        embed(module, images, views)


def test_views_that_lose_rows(module, images):
    with pytest.raises(ValueError, match="A view turns 2 rows into 1"):
        embed(module, images, [lambda x: x[:1]])

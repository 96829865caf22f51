"""Images in any layout: they are attacked, or an error says how to convert them."""

import re

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

from skpoison.embedding import NetEmbedding

from ._clean_label import ATTACKS, make

CHW = np.random.default_rng(0).uniform(size=(20, 3, 8, 8)).astype(np.float32)
HWC = CHW.transpose(0, 2, 3, 1)
FLAT = CHW.reshape(20, -1)
BYTES = (255 * CHW).astype(np.uint8)
Y = np.repeat([3, 8], 10)


def convolutions():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten()
        )


@pytest.fixture(params=ATTACKS)
def name(request):
    return request.param


@pytest.fixture(params=["module", "embedding"])
def surrogate(request):
    if request.param == "module":
        return convolutions()
    return NetEmbedding(convolutions(), layer="3", frozen=True).fit(CHW)


def craft(name, surrogate, X, X_targets):
    return make(name, surrogate, max_iter=3).craft(X, Y, X_targets)


@pytest.mark.parametrize(
    ("X", "conversion", "advice"),
    [
        (HWC, lambda X: X.transpose(0, 3, 1, 2), "pass X.transpose(0, 3, 1, 2)"),
        (FLAT, lambda X: X.reshape(-1, 3, 8, 8), "pass X.reshape(-1, 3, 8, 8)"),
        (
            BYTES,
            lambda X: X / 255,
            "values from 0 to 254, outside [0, 1]: for pixels up to",
        ),
        (255.0 * CHW, lambda X: X / 255, "pass X / 255"),
        (2 * CHW - 1, lambda X: (X + 1) / 2, "leave to the surrogate to normalise"),
    ],
)
def test_other_layouts_and_ranges_than_the_surrogate_takes(
    name, surrogate, X, conversion, advice
):
    with pytest.raises(ValueError, match=re.escape(advice)):
        craft(name, surrogate, X, X[:2])
    poisons = craft(name, surrogate, conversion(X), conversion(X)[:2])
    assert poisons.shape == (2, 3, 3, 8, 8)


@pytest.mark.parametrize(
    ("targets", "advice"),
    [
        (HWC[:2], "pass X_targets.transpose(0, 3, 1, 2)"),
        (FLAT[:2], "pass X_targets.reshape(-1, 3, 8, 8)"),
        (CHW[0], "pass X_targets[None]"),
        (BYTES[:2], "pass X_targets / 255"),
    ],
)
def test_targets_are_converted_as_the_rows_are(name, targets, advice):
    with pytest.raises(ValueError, match=re.escape(advice)):
        craft(name, convolutions(), CHW, targets)


def test_flat_rows_for_layers_and_images_for_convolutions(name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        flat = nn.Sequential(nn.Linear(192, 6), nn.ReLU())
    poisons = craft(name, flat, FLAT, FLAT[:2])
    assert poisons.shape == (2, 3, 192)
    images = craft(name, nn.Sequential(nn.Flatten(), flat), CHW, CHW[:2])
    assert_array_equal(images.reshape(2, 3, -1), poisons)
    with pytest.raises(
        ValueError, match=r"takes \(n, 192\).*pass X.reshape\(len\(X\), -1\)"
    ):
        craft(name, flat, CHW, CHW[:2])
    with pytest.raises(ValueError, match=r"pass X_targets\[None\]"):
        craft(name, flat, FLAT, FLAT[0])


def test_a_module_that_takes_channels_last_gets_them(name):
    class ChannelsLast(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolutions = convolutions()

        def forward(self, x):
            return self.convolutions(x.permute(0, 3, 1, 2))

    poisons = craft(name, ChannelsLast(), HWC, HWC[:2])
    expected = craft(name, convolutions(), CHW, CHW[:2])
    np.testing.assert_allclose(poisons.transpose(0, 1, 4, 2, 3), expected, atol=1e-5)


def test_gray_images_without_a_channel(name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        gray = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten())
    for n_targets in (1, 2):
        with pytest.raises(ValueError, match=r"pass X\[:, None\]"):
            craft(name, gray, CHW[:, 0], CHW[:n_targets, 0])
    assert craft(name, gray, CHW[:, :1], CHW[:1, :1]).shape == (1, 3, 1, 8, 8)


def test_one_target_with_and_without_a_batch_axis(name):
    attack = make(name, convolutions(), max_iter=3)
    single = attack.fit_poison(CHW, Y, CHW[0]).X
    assert_array_equal(single, attack.fit_poison(CHW, Y, CHW[:1]).X)
    with pytest.raises(ValueError, match="X_targets.transpose"):
        attack.fit_poison(CHW, Y, HWC[0])
    with pytest.raises(ValueError, match="it holds 2. For several targets use craft"):
        attack.fit_poison(CHW, Y, CHW[:2])


def test_bytes_that_are_black_or_white_need_no_scaling(name):
    black_or_white = (CHW > 0.5).astype(np.uint8)
    poisons = craft(name, convolutions(), black_or_white, black_or_white[:2])
    expected = craft(
        name, convolutions(), black_or_white.astype(float), black_or_white[:2]
    )
    assert_array_equal(poisons, expected)

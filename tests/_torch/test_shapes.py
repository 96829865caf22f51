"""Rows of another layout get an error whose advice works."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix
from skorch import NeuralNetClassifier
from torch import nn

from skpoison.embedding import NetEmbedding

CHW = np.random.default_rng(0).uniform(size=(12, 3, 8, 8)).astype(np.float32)
GRAY = CHW[:, :1]


def convolutions(n_channels):
    return nn.Sequential(
        nn.Conv2d(n_channels, 4, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 2),
    )


def layers(n_features):
    return nn.Sequential(nn.Linear(n_features, 5), nn.ReLU(), nn.Linear(5, 2))


LAYOUTS = [
    (convolutions(3), CHW, CHW.transpose(0, 2, 3, 1), "(n, 3, height, width)"),
    (convolutions(3), CHW, CHW.reshape(12, -1), "(n, 3, height, width)"),
    (convolutions(1), GRAY, GRAY[:, 0], "(n, 1, height, width)"),
    (convolutions(1), GRAY, GRAY.transpose(0, 2, 3, 1), "(n, 1, height, width)"),
    (convolutions(1), GRAY, GRAY.reshape(12, -1), "(n, 1, height, width)"),
    (layers(192), CHW.reshape(12, -1), CHW, "(n, 192)"),
    (nn.Sequential(nn.Conv1d(3, 4, 3), nn.Flatten(), nn.Linear(24, 2)),
     CHW[..., 0], CHW[:, 0, 0], "(n, 3, length)"),
]  # fmt: skip


def advised(error, X):
    """What the message says to pass instead of X."""
    advice = re.search(r"pass (X.*?\)|X\[.*?\])( or.*)?\.$", str(error.value))[1]
    return eval(advice, {"X": X})


@pytest.mark.parametrize(("module", "X", "other", "expected"), LAYOUTS)
def test_a_frozen_module_names_the_shape_it_takes(module, X, other, expected):
    with pytest.raises(ValueError, match=re.escape(f"which takes {expected}")) as error:
        NetEmbedding(module, frozen=True).fit(other)
    if expected != "(n, 3, length)":  # no image, no advice
        np.testing.assert_array_equal(advised(error, other), X)


@pytest.mark.parametrize(("module", "X", "other", "expected"), LAYOUTS[:6])
def test_new_rows_of_another_layout(module, X, other, expected):
    embedding = NetEmbedding(module, frozen=True).fit(X)
    with pytest.raises(ValueError, match="was fitted on rows of shape") as error:
        embedding.transform(other)
    np.testing.assert_array_equal(advised(error, other), X)


def test_flattened_rows_whose_channels_came_last():
    flat = CHW.transpose(0, 2, 3, 1).reshape(12, -1)
    with pytest.raises(ValueError, match="where the channels came last") as error:
        NetEmbedding(convolutions(3), frozen=True).fit(flat)
    advice = re.search(r"came last, (X.*)\.$", str(error.value))[1]
    np.testing.assert_array_equal(eval(advice, {"X": flat}), CHW)


@pytest.mark.parametrize(
    ("module", "X"), [(convolutions(3), CHW), (layers(8), CHW[:, 0, 0])]
)
def test_a_row_without_a_batch_axis(module, X):
    embedding = NetEmbedding(module, frozen=True, precision="float32").fit(X)
    np.testing.assert_allclose(
        embedding.transform(X[:1]), embedding.transform(X)[:1], atol=1e-6
    )
    with pytest.raises(ValueError, match=r"X\[None\]|Expected 2D array, got 1D"):
        embedding.transform(X[0])


def test_a_trained_net_names_the_shape_too():
    net = NeuralNetClassifier(
        convolutions(3),
        criterion=nn.CrossEntropyLoss,
        max_epochs=1,
        train_split=None,
        verbose=0,
    )
    with pytest.raises(ValueError, match=r"pass X.transpose\(0, 3, 1, 2\)"):
        NetEmbedding(net).fit(CHW.transpose(0, 2, 3, 1), np.arange(12) % 2)


@pytest.mark.parametrize("X", [CHW, CHW.reshape(12, -1)])
def test_bytes_are_scaled_by_the_user_or_by_the_module(X):
    module = layers(192) if X.ndim == 2 else convolutions(3)
    pixels = (255 * X).astype(np.uint8)
    embedding = NetEmbedding(module, frozen=True, precision="float32")
    with pytest.raises(ValueError, match=r"bytes up to 25\d.*pass X / 255 or"):
        embedding.fit(pixels)
    features = embedding.fit(pixels / 255).transform(pixels / 255)
    with pytest.raises(ValueError, match="X holds bytes up to"):
        embedding.transform(pixels)
    scaling = nn.Sequential(Scale(), module)
    same = NetEmbedding(scaling, frozen=True, precision="float32").fit(
        pixels.astype("float32")
    )
    np.testing.assert_allclose(
        same.transform(pixels.astype("float32")), features, atol=1e-5
    )


@pytest.mark.parametrize("container", [torch.tensor, pd.DataFrame])
def test_bytes_are_found_in_tensors_and_data_frames(container):
    pixels = (255 * CHW.reshape(12, -1)).astype(np.uint8)
    embedding = NetEmbedding(layers(192), frozen=True)
    with pytest.raises(ValueError, match="X holds bytes up to"):
        embedding.fit(container(pixels))


def test_sparse_bytes_are_refused_as_sparse():
    with pytest.raises(TypeError, match="dense data is required"):
        NetEmbedding(layers(8), frozen=True).fit(csr_matrix(np.full((3, 8), 200, "u1")))


class Scale(nn.Module):
    def forward(self, x):
        return x / 255


def test_indicators_stored_as_bytes_are_no_pixels():
    X = (CHW[:, 0, 0] > 0.5).astype(np.uint8)
    embedding = NetEmbedding(layers(8), frozen=True).fit(X)
    with torch.no_grad():
        expected = embedding.net[:2](torch.tensor(X, dtype=torch.float32))
    np.testing.assert_allclose(embedding.transform(X), expected, atol=1e-6)

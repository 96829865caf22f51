"""Rows and labels on their way into the networks and back."""

import numpy as np
import pytest
import torch

from skpoison.generative._encoding import Encoder

CPU = torch.device("cpu")


def encoder(X, y, n_classes=None, span=2.0):
    return Encoder(X, y, n_classes=n_classes, span=span, device=CPU)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0, 1e4])
def test_rows_fill_the_span_and_come_back(dtype, offset):
    X = (np.random.default_rng(0).normal(size=(30, 3)) * [1, 10, 0.1] + offset).astype(
        dtype
    )
    coder = encoder(X, np.arange(30.0))
    rows = coder.rows(X)
    assert rows.dtype == torch.float32
    torch.testing.assert_close(rows.min(dim=0).values, torch.full((3,), -2.0))
    torch.testing.assert_close(rows.max(dim=0).values, torch.full((3,), 2.0))
    np.testing.assert_allclose(
        coder.original(rows), X, atol=1e-6 * np.ptp(X, axis=0).max()
    )


def test_rows_far_out_are_moved_to_the_edge():
    X = np.array([[0.0], [1.0]])
    coder = encoder(X, np.array([0.0, 1.0]), span=1.0)
    far = np.array([[1e30], [-1e30], [1.5], [3.0]])
    assert coder.rows(far)[:, 0].tolist() == [2.0, -2.0, 2.0, 2.0]
    assert coder.rows(np.array([[1.25]])).item() == 1.5
    assert coder.conditions(np.array([-1e30, 0.5, 1e30]))[:, 0].tolist() == [-2, 0, 2]


def test_a_constant_feature_keeps_its_unit():
    X = np.array([[5.0, 0.0], [5.0, 1.0]])
    coder = encoder(X, np.array([0.0, 1.0]), span=1.0)
    moved = coder.rows(np.array([[5.25, 0.0]])) - coder.rows(X[:1])
    assert moved[0].tolist() == [0.5, 0.0]


def test_labels_are_indicators():
    coder = encoder(np.eye(3), np.arange(3), n_classes=4)
    assert coder.conditions(np.array([2, 0])).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]


def test_gradients_come_back_in_the_units_of_the_rows():
    X = np.array([[0.0, 0.0], [10.0, 1.0]])
    coder = encoder(X, np.array([0.0, 1.0]), span=2.0)
    one = torch.ones(3, 2)
    rows = np.array([[5.0, 0.5], [1e9, 0.5], [5.0, -1e9]])
    gradient = coder.gradient(rows, one)
    # By the chain rule; a row beyond the reach does not move its image.
    np.testing.assert_allclose(gradient, [[0.4, 4], [0, 4], [0.4, 0]])

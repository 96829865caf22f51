"""random_state fixes everything, and nothing outside changes."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris
from torch import nn

from skpoison._torch.seeding import seeded
from skpoison.embedding import NetEmbedding

from ._nets import classifier

X, Y = load_iris(return_X_y=True)


class Dropped(nn.Sequential):
    """Random numbers in the weights and in every forward pass."""

    def __init__(self):
        super().__init__(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3))


def net():
    made = classifier(iterator_train__shuffle=True).set_params(module=Dropped)
    for name in ("n_features", "n_classes", "hidden"):
        delattr(made, f"module__{name}")
    return made


def features(random_state):
    return NetEmbedding(net(), random_state=random_state).fit_transform(X, Y)


def test_the_same_seed_gives_the_same_features():
    expected = features(0)
    torch.manual_seed(123)
    assert_array_equal(features(0), expected)
    assert np.abs(features(1) - expected).max() > 0.1


def test_an_instance_moves_on():
    generator = np.random.RandomState(0)
    first, second = features(generator), features(generator)
    assert np.abs(first - second).max() > 0.1


def test_none_is_another_net_every_time():
    torch.manual_seed(0)
    first = features(None)
    torch.manual_seed(0)
    assert np.abs(features(None) - first).max() > 0.1


def test_a_refit_starts_anew():
    embedding = NetEmbedding(net(), random_state=0)
    assert_array_equal(embedding.fit_transform(X, Y), embedding.fit_transform(X, Y))


def test_the_global_state_is_left_alone():
    before = torch.get_rng_state()
    features(0)
    features(None)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_state_is_restored_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), seeded(0, torch.device("cpu")):
        torch.rand(1) / (1 // 0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
def test_a_gpu_is_seeded_and_restored():
    device = torch.device("cuda")
    before = torch.cuda.get_rng_state()
    draws = []
    for _ in range(2):
        with seeded(0, device):
            draws.append(torch.rand(3, device=device))
    assert torch.equal(*draws)
    assert torch.equal(torch.cuda.get_rng_state(), before)

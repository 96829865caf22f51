"""The networks of the Deep k-NN experiment: spelled, named, trained, and read again."""

from argparse import ArgumentTypeError
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from skpoison import defenses
from skpoison.datasets import fetch_mnist
from skpoison.evaluation._deep_knn._architectures import ARCHITECTURES
from skpoison.evaluation._deep_knn._networks import Recipe, trained
from skpoison.evaluation._deep_knn._settings import Network
from skpoison.evaluation._deep_knn._spelling import network, robust_network, surrogate
from skpoison.evaluation._deep_knn._victims import Victim

from .._real_data import real

MLP_RECIPE = Recipe("digits", "mlp", "plain", 1, 0, 90, 0, "float32")


def rows(*shape):
    rng = np.random.default_rng(0)
    return rng.random((40, *shape), dtype=np.float32), np.arange(40) % 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mlp-30", Network("mlp", 30)),
        ("mlp-30 seed 1", Network("mlp", 30, seed=1)),
        ("mlp-30 seed 0", Network("mlp", 30, seed=0)),
        ("whitening-16/flip+shift", Network("whitening", 16, "flip+shift")),
        ("cnn-3/shift seed 2", Network("cnn", 3, "shift", seed=2)),
        ("dropout-resnet8-6", Network("dropout-resnet8", 6)),
        ("robust-mlp-5", Network("mlp", 5, training="robust")),
        ("robust-fast-resnet8-8", Network("resnet8", 8, training="robust-fast")),
    ],
)
def test_a_network_reads_as_it_is_written(text, expected):
    assert network(text) == expected
    assert str(expected) == text


def test_options_say_what_a_spelling_leaves_out():
    assert robust_network("mlp-5") == network("robust-mlp-5")
    assert robust_network("fast-mlp-5") == network("robust-fast-mlp-5")
    assert surrogate("mlp-5") == network("mlp-5 seed 0")
    assert surrogate("mlp-5 seed 3") == network("mlp-5 seed 3")


@pytest.mark.parametrize("text", ["", "mlp", "mlp-x", "mlp-3 seed", "resnet9-3"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(ArgumentTypeError, match="is no network: .* dropout-resnet20"):
        network(text)


def test_a_network_is_named_after_all_it_depends_on():
    other = Recipe("mnist", "cnn", "robust", 3, 1, 100, 2, "bfloat16")
    names = {
        replace(MLP_RECIPE, **{field.name: getattr(other, field.name)}).name
        for field in fields(Recipe)
    }
    assert len(names | {MLP_RECIPE.name}) == 1 + len(fields(Recipe))


def test_a_network_comes_from_its_file_alone(tmp_path):
    X, y = rows(1, 8, 8)
    first = trained(MLP_RECIPE, lambda: (X, y), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{MLP_RECIPE.name}.pt"]
    again = trained(MLP_RECIPE, None, tmp_path)
    with torch.no_grad():
        assert torch.equal(first(torch.tensor(X)), again(torch.tensor(X)))
    torch.save({"not": print}, tmp_path / f"{MLP_RECIPE.name}.pt")
    with pytest.raises(Exception, match="[Ww]eights"):
        trained(MLP_RECIPE, None, tmp_path)


@pytest.mark.data
@pytest.mark.parametrize("architecture", ["mlp", "cnn", "resnet8", "whitening"])
def test_a_victim_starts_with_the_head_of_its_network(tmp_path, architecture):
    real(fetch_mnist)
    recipe = Recipe("mnist", architecture, "plain", 1, 0, 4800, 0, "float32")
    X, y = rows(1, 28, 28)
    module = trained(recipe, lambda: (X, y), tmp_path)
    own = Victim(Network(architecture, 1, seed=0), "mnist", 0, tmp_path)
    logits = own.features(X) @ own.coef.T
    if own.intercept is not None:
        logits += own.intercept
    with torch.no_grad():
        expected = module(torch.tensor(X)).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)


def test_a_robust_network_is_trained_adversarially(tmp_path):
    recipe = replace(MLP_RECIPE, training="robust")
    trainer = recipe.trainer(tmp_path)
    assert isinstance(trainer, defenses.AdversarialTrainingClassifier)
    assert (trainer.eps, trainer.n_steps, trainer.random_state) == (0.1, 10, 0)
    fast = replace(recipe, training="robust-fast").trainer(tmp_path)
    assert (fast.eps, fast.n_steps, fast.step_size) == (0.1, 1, 0.125)
    robust = trained(recipe, lambda: rows(1, 8, 8), tmp_path)
    usual = trained(MLP_RECIPE, lambda: rows(1, 8, 8), tmp_path)
    assert not torch.equal(robust.head.weight, usual.head.weight)


def test_surrogates_with_dropout_have_it_after_every_stage():
    net = ARCHITECTURES["dropout-resnet8"].make("cifar10", 1)
    module = net.initialize().module_
    names = [type(part).__name__ for part in module.network.body]
    assert names[1::2] == ["Dropout"] * 4
    assert module.eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)

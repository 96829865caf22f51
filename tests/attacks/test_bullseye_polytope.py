"""The mean of the poisons and the target."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.optimize import lsq_linear

from skpoison.attacks import BullseyePolytopeAttack

from ._transfer import digits, features, n_fooled, pretrained, targets


def relative_error_of_mean(extractor, poisons, target):
    mean, goal = features(extractor, poisons).mean(0), features(extractor, target[None])
    return torch.linalg.vector_norm(mean - goal) / torch.linalg.vector_norm(goal)


def test_linear_features_are_solved_as_by_least_squares():
    # The mean of the poisons ranges over the box around the mean of the bases.
    d = digits()
    linear = torch.nn.Linear(64, 40, bias=False)
    W = torch.randn(40, 64, generator=torch.Generator().manual_seed(0))
    linear.load_state_dict({"weight": W})
    attack = BullseyePolytopeAttack(
        linear, poison_class=8, eps=0.1, lr=0.002, max_iter=1500
    )
    X_targets = targets(3, n=2)
    poisons = attack.craft(d.X, d.y, X_targets)
    for i, target in enumerate(X_targets.astype(float)):
        bases = d.X[attack.base_indices_[i]].astype(float)
        low = np.clip(bases - 0.1, 0, 1).mean(axis=0)
        high = np.clip(bases + 0.1, 0, 1).mean(axis=0)
        goal = W.double().numpy() @ target
        best = lsq_linear(W.double().numpy(), goal, bounds=(low, high))
        expected = np.sqrt(2 * best.cost) / np.linalg.norm(goal)
        assert expected > 0.1
        assert_allclose(attack.loss_[i], expected, rtol=1e-3)
        found = relative_error_of_mean(linear, poisons[i], X_targets[i])
        assert_allclose(attack.loss_[i], found, rtol=1e-4)


def test_loss_is_the_mean_over_the_surrogates():
    d = digits()
    other, _ = pretrained(d.X, d.y, seed=1)
    attack = BullseyePolytopeAttack([d.extractor, other], poison_class=8, max_iter=30)
    X_targets = targets(3, n=2)
    poisons = attack.craft(d.X, d.y, X_targets)
    for loss, rows, target in zip(attack.loss_, poisons, X_targets):
        each = [relative_error_of_mean(n, rows, target) for n in (d.extractor, other)]
        assert_allclose(loss, np.mean(each), rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_value_moves_by_more_than_eps(dtype):
    d = digits()
    X = d.X.astype(dtype)
    attack = BullseyePolytopeAttack(d.extractor, poison_class=8, eps=0.07, max_iter=40)
    poisons = attack.craft(X, d.y, targets(3, n=3))
    change = np.abs(poisons - X[attack.base_indices_])
    assert_allclose(change.max(), 0.07, rtol=1e-6)
    assert change.max() <= 0.07 + np.finfo(dtype).eps


def test_victims_are_fooled_by_the_poisons_and_not_by_their_bases():
    d, X_targets = digits(), targets(3)
    attack = BullseyePolytopeAttack(
        d.extractor, poison_class=8, eps=0.3, lr=0.02, max_iter=300
    )
    poisons = attack.craft(d.X, d.y, X_targets)
    assert len(poisons) == 10
    assert n_fooled(poisons, X_targets, 8) >= 7
    assert n_fooled(d.X[attack.base_indices_], X_targets, 8) == 0


def test_dropout_is_drawn_from_the_random_state_alone():
    d = digits()
    extractor, _ = pretrained(d.X, d.y, seed=0, dropout=0.3)
    attack = BullseyePolytopeAttack(
        [extractor, d.extractor],
        poison_class=8,
        max_iter=20,
        dropout_draws=3,
        random_state=0,
    )
    torch_state = torch.get_rng_state()
    first = attack.craft(d.X, d.y, targets(3, n=2))
    np.testing.assert_array_equal(attack.craft(d.X, d.y, targets(3, n=2)), first)
    assert torch.equal(torch.get_rng_state(), torch_state)
    attack.set_params(random_state=1)
    assert np.abs(attack.craft(d.X, d.y, targets(3, n=2)) - first).max() > 1e-3
    attack.set_params(dropout_draws=0)
    assert np.abs(attack.craft(d.X, d.y, targets(3, n=2)) - first).max() > 1e-3


def test_more_draws_bring_the_features_nearer_to_those_without_dropout():
    d = digits()
    extractor, _ = pretrained(d.X, d.y, seed=0, dropout=0.3)
    params = {"poison_class": 8, "max_iter": 1, "random_state": 0}
    attack = BullseyePolytopeAttack(extractor, **params)
    attack.craft(d.X, d.y, targets(3))
    exact = attack.loss_
    error = {}
    for draws in (1, 100):
        attack.set_params(dropout_draws=draws).craft(d.X, d.y, targets(3))
        error[draws] = np.abs(attack.loss_ - exact).mean()
    assert error[100] < 0.5 * error[1]


def test_dropout_without_a_dropout_layer_is_an_error():
    d = digits()
    net = torch.nn.Sequential(torch.nn.Linear(64, 8))
    attack = BullseyePolytopeAttack(net, poison_class=8, dropout_draws=1)
    with pytest.raises(ValueError, match="no surrogate has a dropout layer"):
        attack.craft(d.X, d.y, targets(3, n=1))

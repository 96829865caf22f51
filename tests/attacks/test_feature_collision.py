"""The poisons, their targets and their watermarked bases."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from skpoison.attacks import FeatureCollisionAttack

from ._transfer import digits, features, n_fooled, pretrained, targets


def watermarked(bases, target, opacity=0.3):
    return opacity * target + (1 - opacity) * bases


def squared_distance(extractor, rows, target):
    gap = features(extractor, rows) - features(extractor, target[None])
    return gap.square().sum(dim=1).numpy()


def test_linear_features_have_the_closed_form():
    rng = np.random.RandomState(0)
    X = rng.uniform(0.4, 0.6, (5, 6))
    target, W = rng.uniform(0.4, 0.6, 6), rng.randn(4, 6)
    linear = torch.nn.Linear(6, 4, bias=False).double()
    linear.load_state_dict({"weight": torch.tensor(W)})
    attack = FeatureCollisionAttack(
        linear, poison_class=1, n_poisons=5, beta=0.8, bases=range(5), max_iter=3000
    )
    poisons = attack.craft(X, np.ones(5), target[None])[0]
    marks = watermarked(X, target)
    curvature = 2 * W.T @ W
    best = np.linalg.solve(
        curvature + 0.8 * np.eye(6), (target @ curvature + 0.8 * marks).T
    ).T
    assert np.abs(best - marks).max() > 0.01
    # Nearer rows have the same loss in float32.
    assert_allclose(poisons, best, atol=1e-4)
    distance = np.sum(((poisons - target) @ W.T) ** 2, axis=1)
    expected = distance + 0.4 * np.sum((poisons - marks) ** 2, axis=1)
    assert_allclose(attack.loss_[0], expected, rtol=1e-4)


def test_the_objective_gets_as_low_as_with_a_general_solver():
    d, X_targets = digits(), targets(3, n=3)
    attack = FeatureCollisionAttack(
        d.extractor, poison_class=8, n_poisons=4, lr=0.05, max_iter=600
    )
    attack.craft(d.X, d.y, X_targets)
    double = deepcopy(d.extractor).double()

    def lowest(base, target):
        goal = double(torch.tensor(target.astype(float))).detach()
        mark = torch.tensor(watermarked(base, target).astype(float))

        def loss_and_slope(x):
            x = torch.tensor(x, requires_grad=True)
            loss = (double(x) - goal).square().sum()
            loss = loss + 0.05 * (x - mark).square().sum()
            loss.backward()
            return loss.item(), x.grad.numpy()

        found = minimize(loss_and_slope, mark, jac=True, bounds=[(0, 1)] * len(mark))
        return found.fun

    for loss, rows, target in zip(attack.loss_, attack.base_indices_, X_targets):
        reference = np.array([lowest(base, target) for base in d.X[rows]])
        assert (loss < reference + 0.01).all()
        assert (loss > 0.8 * reference).all()


def test_loss_is_the_mean_over_the_surrogates_plus_the_pull_of_the_watermark():
    d = digits()
    other, _ = pretrained(d.X, d.y, seed=1)
    attack = FeatureCollisionAttack(
        [d.extractor, other], poison_class=8, n_poisons=3, beta=2, max_iter=50
    )
    X_targets = targets(3, n=2)
    poisons = attack.craft(d.X, d.y, X_targets)
    for i, target in enumerate(X_targets):
        marks = watermarked(d.X[attack.base_indices_[i]], target)
        expected = np.sum((poisons[i] - marks) ** 2, axis=1)
        for net in (d.extractor, other):
            expected += squared_distance(net, poisons[i], target) / 2
        assert_allclose(attack.loss_[i], expected, rtol=1e-4)


def test_the_loss_never_ends_above_its_start_however_large_the_step():
    d, X_targets = digits(), targets(3, n=2)
    attack = FeatureCollisionAttack(d.extractor, poison_class=8, n_poisons=3, lr=50)
    attack.craft(d.X, d.y, X_targets)
    for loss, rows, target in zip(attack.loss_, attack.base_indices_, X_targets):
        start = watermarked(d.X[rows], target)
        assert (loss <= squared_distance(d.extractor, start, target) + 1e-4).all()


@pytest.mark.parametrize("opacity", [0, 0.3, 1])
def test_a_strong_pull_holds_the_poisons_at_the_watermarked_bases(opacity):
    d, X_targets = digits(), targets(3, n=2)
    attack = FeatureCollisionAttack(
        d.extractor,
        poison_class=8,
        n_poisons=3,
        watermark=opacity,
        beta=1e8,
        max_iter=50,
    )
    poisons = attack.craft(d.X, d.y, X_targets)
    marks = watermarked(d.X[attack.base_indices_], X_targets[:, None], opacity)
    assert_allclose(poisons, marks, atol=1e-5)


def test_each_poison_is_crafted_as_if_alone():
    d = digits()
    attack = FeatureCollisionAttack(
        d.extractor, poison_class=8, n_poisons=4, max_iter=40
    )
    together = attack.craft(d.X, d.y, targets(3, n=1))[0]
    for row, base in zip(together, attack.base_indices_[0]):
        alone = deepcopy(attack).set_params(n_poisons=1, bases=[base])
        assert_allclose(alone.craft(d.X, d.y, targets(3, n=1))[0, 0], row, atol=1e-5)


def test_victims_are_fooled_by_the_poisons_and_not_by_their_bases():
    d, X_targets = digits(), targets(3)
    attack = FeatureCollisionAttack(
        d.extractor, poison_class=8, n_poisons=5, max_iter=150
    )
    poisons = attack.craft(d.X, d.y, X_targets)
    assert n_fooled(poisons, X_targets, 8) >= 9
    assert n_fooled(d.X[attack.base_indices_], X_targets, 8) == 0

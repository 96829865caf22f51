"""The hull of the poisons and the target."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from skpoison.attacks import BullseyePolytopeAttack, ConvexPolytopeAttack

from ._transfer import digits, features, n_fooled, pretrained, targets


def hull_loss(extractor, poisons, target):
    """Half the squared relative distance, by a general solver."""
    rows = features(extractor, poisons).double().numpy()
    goal = features(extractor, target[None]).double().numpy()
    n, scale = len(rows), np.linalg.norm(goal)
    found = minimize(
        lambda c: 0.5 * np.sum(((c @ rows - goal) / scale) ** 2),
        np.full(n, 1 / n),
        bounds=[(0, 1)] * n,
        constraints={"type": "eq", "fun": lambda c: c.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return found.fun


def test_loss_is_that_of_a_general_solver_with_weights_for_each_surrogate():
    d = digits()
    other, _ = pretrained(d.X, d.y, seed=1)
    nets, X_targets = [d.extractor, other], targets(3, n=4)
    attack = ConvexPolytopeAttack(nets, poison_class=8, max_iter=30)
    poisons = attack.craft(d.X, d.y, X_targets)
    for loss, rows, target in zip(attack.loss_, poisons, X_targets):
        expected = np.mean([hull_loss(net, rows, target) for net in nets])
        assert expected > 1e-3
        assert_allclose(loss, expected, rtol=0, atol=5e-7)


def test_linear_features_are_solved_as_by_a_joint_solver():
    # For linear features and a hull that cannot reach the target, the best row of the
    # poisons and their weights are found jointly by a general solver.
    rng = np.random.RandomState(0)
    X, target = rng.uniform(0.1, 0.5, (3, 4)).astype("float32"), np.full((1, 4), 0.9)
    linear = torch.nn.Linear(4, 6, bias=False)
    W = rng.randn(6, 4)
    linear.load_state_dict({"weight": torch.tensor(W)})
    attack = ConvexPolytopeAttack(
        linear, poison_class="a", n_poisons=3, lr=2e-3, max_iter=600, bases=[0, 1, 2]
    )
    attack.craft(X, ["a"] * 3, target)

    def loss(v):
        c, rows = v[:3], v[3:].reshape(3, 4)
        return 0.5 * np.sum((W @ (c @ rows - target[0])) ** 2) / scale

    scale = np.sum((W @ target[0]) ** 2)
    bounds = [(0, 1)] * 3 + [(x - 0.1, x + 0.1) for x in X.ravel().astype(float)]
    best = min(
        minimize(
            loss,
            np.r_[start, X.ravel()],
            bounds=bounds,
            constraints={"type": "eq", "fun": lambda v: v[:3].sum() - 1},
            options={"ftol": 1e-12, "maxiter": 500},
        ).fun
        for start in (*np.eye(3), np.full(3, 1 / 3))
    )
    assert best > 0.01
    assert_allclose(attack.loss_[0], best, rtol=1e-3)


def test_the_hull_gets_nearer_than_the_mean():
    d, X_targets = digits(), targets(7)
    params = {"poison_class": 2, "eps": 0.3, "lr": 0.02, "max_iter": 100}
    hull = ConvexPolytopeAttack(d.extractor, **params)
    mean = BullseyePolytopeAttack(d.extractor, **params)
    hull.craft(d.X, d.y, X_targets)
    mean.craft(d.X, d.y, X_targets)
    assert (np.sqrt(2 * hull.loss_) < mean.loss_).all()


def test_no_value_moves_by_more_than_eps():
    d = digits()
    attack = ConvexPolytopeAttack(d.extractor, poison_class=8, eps=0.07, max_iter=40)
    change = attack.craft(d.X, d.y, targets(3, n=3)) - d.X[attack.base_indices_]
    assert_allclose(np.abs(change).max(), 0.07, rtol=1e-6)


def test_victims_are_fooled():
    d, X_targets = digits(), targets(3)
    attack = ConvexPolytopeAttack(
        d.extractor, poison_class=8, eps=0.3, lr=0.02, max_iter=200
    )
    poisons = attack.craft(d.X, d.y, X_targets)
    assert n_fooled(poisons, X_targets, 8) >= 5


def test_features_that_overflow_on_the_way_are_said():
    d = digits()

    class Explosive(torch.nn.Module):
        def forward(self, x):
            return torch.where(x.mean() == x0_mean, x, x / 0)

    attack = ConvexPolytopeAttack(Explosive(), poison_class=8, bases="first")
    bases = torch.tensor(d.X[d.y == 8][:5])
    x0_mean = bases.mean()
    with pytest.raises(ValueError, match="not finite"):
        attack.craft(d.X, d.y, targets(3, n=1))

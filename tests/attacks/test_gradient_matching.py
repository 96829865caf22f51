import re
from copy import deepcopy

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from skorch import NeuralNetClassifier
from torch import nn
from torch.nn.functional import cross_entropy

from skpoison.attacks import GradientMatchingAttack
from skpoison.attacks._gradient_matching._augmentation import RandomViews
from skpoison.embedding.networks import ResNet8, WhiteningNet

EPS = 0.15


def layers(seed=0, width=100):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        body = nn.Sequential(nn.Linear(width, 32), nn.ReLU())
        return nn.Sequential(body, nn.Linear(32, 2))


def trained(X, y, seed=0):
    """A network trained from scratch."""
    net = layers(seed, X.shape[1])
    adam = torch.optim.Adam(net.parameters(), lr=3e-3)
    X, y = torch.tensor(X - 0.5), torch.tensor(y)
    for _ in range(60):
        adam.zero_grad()
        cross_entropy(net(X), y).backward()
        adam.step()
    # The rows are centred inside of the network, as attacks want values in [0, 1].
    with torch.no_grad():
        net[0][0].bias -= 0.5 * net[0][0].weight.sum(dim=1)
    return net


def noisy_rows(seed=0):
    """400 rows of 100 noisy values, two classes that overlap, and 4 rows of class 0."""
    rng = np.random.default_rng(seed)
    y = np.arange(500) % 2
    signal = 0.03 * rng.normal(size=100)
    X = 0.5 + np.outer(2 * y - 1, signal) + 0.15 * rng.normal(size=(500, 100))
    X = X.clip(0, 1).astype(np.float32)
    net = trained(X[:400], y[:400])
    right = net(torch.tensor(X[400:])).argmax(1).numpy() == y[400:]
    targets = X[400:][right & (y[400:] == 0)][:4]
    return X[:400], y[:400], targets, net


@pytest.fixture(scope="module")
def noisy():
    return noisy_rows()


def attack(net, **params):
    quick = {"n_poisons": 12, "eps": EPS, "max_iter": 60, "n_restarts": 2}
    return GradientMatchingAttack(
        net, **{"poison_class": 1, "random_state": 0, **quick, **params}
    )


def loss_after_a_step(net, poisons, target):
    """The loss of the target as class 1, after a short step on the poisons."""
    stepped = deepcopy(net)
    codes = torch.ones(len(poisons), dtype=torch.int64)
    cross_entropy(stepped(torch.tensor(poisons)), codes).backward()
    norm = torch.nn.utils.get_total_norm([p.grad for p in stepped.parameters()])
    with torch.no_grad():
        for parameter in stepped.parameters():
            parameter -= 0.01 * parameter.grad / norm
        return cross_entropy(stepped(torch.tensor(target[None])), codes[:1]).item()


def test_to_train_on_the_poisons_is_to_train_on_the_target(noisy):
    X, y, targets, net = noisy
    matching = attack(net)
    crafted = matching.craft(X, y, targets)
    for poisons, rows, target in zip(crafted, matching.base_indices_, targets):
        best, matched, plain = (
            loss_after_a_step(net, step, target)
            for step in (target[None], poisons, X[rows])
        )
        assert plain - matched > 0.8 * (plain - best) > 0


def test_the_loss_is_one_minus_the_cosine_of_the_gradients(noisy):
    X, y, targets, net = noisy
    matching = attack(net, max_iter=5)
    poisons = matching.craft(X, y, targets[:1])[0]

    def gradient(rows):
        codes = torch.ones(len(rows), dtype=torch.int64)
        loss = cross_entropy(net(torch.tensor(rows)), codes)
        parts = torch.autograd.grad(loss, list(net.parameters()))
        return torch.cat([part.flatten() for part in parts])

    goal, given = gradient(targets[:1]), gradient(poisons)
    cosine = torch.nn.functional.cosine_similarity(goal, given, dim=0)
    np.testing.assert_allclose(matching.loss_, [1 - cosine.item()], atol=1e-5)


def test_more_steps_and_more_restarts_match_better(noisy):
    X, y, targets, net = noisy
    losses = [
        attack(net, max_iter=n_steps, n_restarts=n_restarts, bases="first")
        for n_steps, n_restarts in ((1, 1), (60, 1), (60, 4))
    ]
    for matching in losses:
        matching.craft(X, y, targets[:2])
    one, many, restarted = (matching.loss_ for matching in losses)
    assert (many < 0.6 * one).all()
    assert restarted.mean() < many.mean()


def test_poisons_stay_near_their_bases_and_keep_the_right_label(noisy):
    X, y, targets, net = noisy
    before = X.copy()
    matching = attack(net, max_iter=5)
    poisoned = matching.fit_poison(X, y, targets[0])
    assert_array_equal(X, before)
    assert_array_equal(poisoned.y, y)
    rows = np.flatnonzero(poisoned.is_poison)
    assert_array_equal(np.sort(matching.base_indices_[0]), rows)
    assert (y[rows] == 1).all()
    assert np.abs(poisoned.X - X).max() <= EPS + 1e-6
    assert poisoned.X.min() >= 0
    assert poisoned.X.max() <= 1
    added = attack(net, max_iter=1, insert="append").fit_poison(X, y, targets[0])
    assert len(added.X) == 412


def test_the_same_seed_gives_the_same_poisons_whatever_torch_has_drawn(noisy):
    X, y, targets, net = noisy
    first = attack(net, max_iter=3).craft(X, y, targets[:1])
    with torch.random.fork_rng():
        torch.rand(5)
        state = torch.get_rng_state()
        assert_array_equal(attack(net, max_iter=3).craft(X, y, targets[:1]), first)
        assert torch.equal(torch.get_rng_state(), state)
    other = attack(net, max_iter=3, random_state=1).craft(X, y, targets[:1])
    assert (other != first).any()


def test_the_network_is_left_as_it_is(noisy):
    X, y, targets, net = noisy
    weights = [parameter.clone() for parameter in net.parameters()]
    net.train()
    attack([net, layers(1)], max_iter=2).craft(X, y, targets[:1])
    assert net.training
    assert all(torch.equal(*pair) for pair in zip(weights, net.parameters()))
    assert all(parameter.grad is None for parameter in layers(1).parameters())


def test_words_as_labels_in_the_order_of_the_outputs(noisy):
    X, y, targets, net = noisy
    words = np.array(["no", "maybe"])[y]
    named = attack(net, poison_class="maybe", classes=["no", "maybe"], max_iter=3)
    poisons = named.craft(X, words, targets[:1])
    assert_array_equal(poisons, attack(net, max_iter=3).craft(X, y, targets[:1]))


def test_a_skorch_net_is_taken_with_its_weights(noisy):
    X, y, targets, net = noisy
    wrapped = NeuralNetClassifier(net, criterion=nn.CrossEntropyLoss).initialize()
    wrapped.module_.load_state_dict(net.state_dict())
    poisons = attack(wrapped, max_iter=3).craft(X, y, targets[:1])
    assert_array_equal(poisons, attack(net, max_iter=3).craft(X, y, targets[:1]))


@pytest.mark.parametrize("network", [ResNet8, WhiteningNet])
def test_networks_for_small_images_with_shifts_and_flips(network):
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(20, 3, 32, 32)).astype(np.float32)
    y = np.repeat([0, 1], 10)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = network(2)
    params = {"n_poisons": 2, "n_restarts": 1, "max_shift": 4, "flip": True}
    start = attack(net, max_iter=1, lr=1e-9, **params)
    matching = attack(net, max_iter=4, **params)
    for crafted in (start, matching):
        assert crafted.craft(X, y, X[:1]).shape == (1, 2, 3, 32, 32)
    assert matching.loss_ < start.loss_


def test_views_are_shifted_by_no_more_than_asked_for_and_mirrored():
    images = torch.zeros(200, 1, 7, 7)
    images[:, :, 3, 2] = 1
    random = torch.Generator().manual_seed(0)
    shifted = RandomViews(max_shift=1, flip=False, random=random)(images)
    _, _, rows, columns = shifted.nonzero(as_tuple=True)
    assert set(zip(rows.tolist(), columns.tolist())) == {
        (row, column) for row in (2, 3, 4) for column in (1, 2, 3)
    }
    mirrored = RandomViews(max_shift=0, flip=True, random=random)(images)
    columns = mirrored.nonzero(as_tuple=True)[3]
    assert sorted(set(columns.tolist())) == [2, 4]
    assert 50 < (columns == 4).sum() < 150


@pytest.mark.parametrize(
    ("net", "params", "message"),
    [
        (layers(), {"flip": True}, "flip=True are for images of shape (channels"),
        ([], {}, "surrogates is an empty list"),
        (layers()[0], {}, "one logit per class, an output of shape (1, 2)"),
        (layers(), {"poison_class": 7}, "poison_class=7 is not among the labels"),
        (layers(), {"n_poisons": 300}, "n_poisons=300 needs as many bases"),
        (layers(), {"classes": [1]}, "at least two classes"),
    ],
)
def test_what_cannot_be_attacked_is_refused(noisy, net, params, message):
    X, y, targets, _ = noisy
    with pytest.raises(ValueError, match=re.escape(message)):
        attack(net, **params).craft(X, y, targets[:1])


def test_what_is_no_network_is_refused(noisy):
    X, y, targets, _ = noisy
    with pytest.raises(TypeError, match="Pass a torch.nn.Module or a skorch"):
        attack("net").craft(X, y, targets[:1])

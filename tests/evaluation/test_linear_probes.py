"""Probes trained together, against probes trained alone."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch.nn.functional import cross_entropy

from skpoison.evaluation import LinearProbes
from skpoison.evaluation._batched_probes import _orders, train_probes

N, WIDTH, CLASSES = 150, 12, 4


@pytest.fixture
def pool():
    rng = np.random.RandomState(0)
    y = rng.randint(CLASSES, size=N)
    X = rng.randn(N, WIDTH).astype(np.float32) + 0.5 * np.eye(CLASSES, WIDTH)[y]
    masks = rng.uniform(size=(7, N)) < np.linspace(0.2, 1, 7)[:, None]
    masks[1] = True
    return X.astype(np.float32), y, masks


@pytest.fixture
def head():
    generator = torch.Generator().manual_seed(0)
    head = torch.nn.Linear(WIDTH, CLASSES)
    for parameter in head.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return head


def start(head):
    return {
        "coef_init": head.weight.detach().numpy(),
        "intercept_init": head.bias.detach().numpy(),
    }


def trained_alone(head, X, y, orders, batch_size, milestones):
    """A probe on these rows alone, in the plainest way of torch."""
    head, X, y = deepcopy(head), torch.tensor(X), torch.tensor(y)
    adam = torch.optim.Adam(head.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.MultiStepLR(adam, milestones)
    for order in orders:
        for batch in torch.tensor(order).split(batch_size):
            adam.zero_grad()
            cross_entropy(head(X[batch]), y[batch]).backward()
            adam.step()
        schedule.step()
    return head.weight.detach().numpy(), head.bias.detach().numpy()


def test_full_batches_do_as_torch_does_on_the_kept_rows(pool, head):
    X, y, masks = pool
    probes = LinearProbes(batch_size=N, max_epochs=40, milestones=(20, 30))
    probes.fit(X, y, masks, **start(head))
    for mask, coef, intercept in zip(masks, probes.coef_, probes.intercept_):
        orders = [np.arange(mask.sum())] * 40
        expected = trained_alone(head, X[mask], y[mask], orders, N, [20, 30])
        assert_allclose(coef, expected[0], atol=1e-4)
        assert_allclose(intercept, expected[1], atol=1e-4)


def test_batches_do_as_torch_does_in_the_same_order(pool, head):
    X, y, masks = pool
    ones = np.ones((N, 1), dtype=np.float32)
    together = train_probes(
        np.hstack([X, ones]),
        y,
        masks,
        np.vstack([head.weight.T.detach(), head.bias.detach()]),
        lr=0.1,
        batch_size=16,
        max_epochs=15,
        milestones=[10],
        seed=3,
        device=torch.device("cpu"),
    )
    for mask, found in zip(masks, together):
        orders = list(_orders(mask, 15, seed=3))
        assert {len(set(order)) for order in orders} == {mask.sum()}
        coef, intercept = trained_alone(head, X, y, orders, 16, [10])
        assert_allclose(found[:-1].T, coef, atol=1e-4)
        assert_allclose(found[-1], intercept, atol=1e-4)


def test_probes_do_not_influence_each_other(pool, head):
    X, y, masks = pool
    probes = LinearProbes(random_state=0, max_epochs=20)
    together = probes.fit(X, y, masks, **start(head)).coef_
    for mask, coef in zip(masks, together):
        alone = probes.fit(X, y, mask[None], **start(head)).coef_[0]
        assert_allclose(alone, coef, atol=1e-4)


def test_many_probes_are_trained_by_groups(pool):
    X, y, masks = pool
    probes = LinearProbes(random_state=0, max_epochs=3)
    few = probes.fit(X, y, masks).coef_
    many = probes.fit(X, y, np.tile(masks, (20, 1))).coef_
    assert_allclose(many, np.tile(few, (20, 1, 1)), atol=1e-5)


def test_rows_outside_of_the_mask_do_not_count(pool, head):
    X, y, masks = pool
    probes = LinearProbes(random_state=0, max_epochs=5)
    expected = probes.fit(X, y, masks[:1], **start(head)).coef_
    strange = np.where(masks[0][:, None], X, 1e6).astype(np.float32)
    assert_array_equal(probes.fit(strange, y, masks[:1], **start(head)).coef_, expected)


def test_predictions_are_labels_per_probe(pool):
    X, y, masks = pool
    names = np.array(["ant", "bee", "cat", "dog"])[y]
    X = X + 3 * np.eye(CLASSES, WIDTH, dtype=np.float32)[y]
    probes = LinearProbes(random_state=0).fit(X, names, masks)
    predicted = probes.predict(X[:30])
    assert predicted.shape == (7, 30)
    for i in range(7):
        scores = X[:30] @ probes.coef_[i].T + probes.intercept_[i]
        assert_array_equal(predicted[i], probes.classes_[scores.argmax(axis=1)])
    assert np.mean(probes.predict(X)[1] == names) > 0.95


def test_order_comes_from_the_random_state_alone(pool):
    X, y, masks = pool
    state = torch.get_rng_state()
    probes = LinearProbes(random_state=0, max_epochs=2)
    first = probes.fit(X, y, masks).coef_
    assert_array_equal(probes.fit(X, y, masks).coef_, first)
    assert (probes.set_params(random_state=1).fit(X, y, masks).coef_ != first).any()
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keep_masks": np.ones((2, N))}, "must be booleans"),
        ({"keep_masks": np.ones(N, dtype=bool)}, "must be booleans"),
        ({"keep_masks": np.ones((2, N - 1), dtype=bool)}, "covers 149 rows"),
        ({"keep_masks": np.eye(2, N, dtype=bool) * [[1], [0]] > 0}, r"sets \[1\]"),
        ({"coef_init": np.zeros((CLASSES, WIDTH + 1))}, "coef_init has the shape"),
        ({"intercept_init": np.zeros(CLASSES - 1)}, "intercept_init"),
        ({"y": np.linspace(0, 1, N)}, "Unknown label type"),
        ({"coef_init": np.full((CLASSES, WIDTH), np.inf)}, "infinite"),
    ],
)
def test_unusable_input_is_said(pool, change, message):
    X, y, masks = pool
    given = {"X": X, "y": y, "keep_masks": masks, **change}
    with pytest.raises(ValueError, match=message):
        LinearProbes(max_epochs=1).fit(**given)


def test_unusable_parameters_are_said(pool):
    with pytest.raises(ValueError, match="'lr' parameter"):
        LinearProbes(lr=0).fit(*pool)
    with pytest.raises(ValueError, match="has 3 features"):
        LinearProbes(max_epochs=1).fit(*pool).predict(np.zeros((1, 3)))

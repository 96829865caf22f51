"""Networks side by side against networks of torch, one at a time."""

import pytest
import torch
from torch import nn

from skpoison.generative._gradient_penalty import gradient_penalty, input_gradient
from skpoison.generative._networks import MLP


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def as_sequential(mlp, i):
    """The i-th network as torch would build it."""
    layers = []
    last = len(mlp.weights) - 1
    for j, (weight, bias) in enumerate(zip(mlp.weights, mlp.biases)):
        linear = nn.Linear(*weight.shape[1:])
        linear.weight.data = weight[i].T.clone()
        linear.bias.data = bias[i, 0].clone()
        layers.append(linear)
        if j < last:
            layers.append(nn.LeakyReLU(mlp.slope))
            if mlp.norms:
                layers.append(nn.BatchNorm1d(weight.shape[2], momentum=0.2))
    return nn.Sequential(*layers)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_each_network_is_what_torch_would_compute(batch_norm):
    mlp = MLP((3, 8, 5, 2), seeded(), n_nets=3, batch_norm=batch_norm)
    references = [as_sequential(mlp, i) for i in range(3)]
    for step in range(4):
        inputs = torch.randn(3, 20, 3, generator=seeded(step)) * 3 + 1
        outputs = mlp(inputs)
        for i, reference in enumerate(references):
            torch.testing.assert_close(outputs[i], reference(inputs[i]))
    mlp.eval()
    outputs = mlp(inputs)
    for i, reference in enumerate(references):
        torch.testing.assert_close(outputs[i], reference.eval()(inputs[i]))


def test_a_network_learns_nothing_from_the_loss_of_another():
    mlp = MLP((3, 8, 1), seeded(), n_nets=2)
    mlp(torch.ones(2, 4, 3))[0].sum().backward()
    for weight in mlp.parameters():
        assert weight.grad[0].abs().sum() > 0
        assert weight.grad[1].abs().sum() == 0


def test_dropout_needs_a_generator_and_keeps_the_mean():
    mlp = MLP((2, 4000, 1), seeded(), dropout=0.4)
    inputs = torch.ones(1, 1, 2)
    torch.testing.assert_close(mlp(inputs), mlp(inputs))
    (slopes,) = mlp.local_slopes(inputs, seeded())
    (without,) = mlp.local_slopes(inputs)
    assert 0.37 < (slopes == 0).float().mean() < 0.43
    torch.testing.assert_close(slopes.mean(), without.mean(), rtol=0.05, atol=0)
    torch.testing.assert_close(slopes[slopes != 0], without[slopes != 0] / 0.6)


def test_the_local_slopes_are_those_of_the_forward_pass():
    mlp = MLP((3, 8, 5, 1), seeded(), n_nets=2, dropout=0.3)
    inputs = torch.randn(2, 7, 3, generator=seeded(1))
    hidden = inputs
    for weight, bias, slopes in zip(
        mlp.weights, mlp.biases, mlp.local_slopes(inputs, seeded(2))
    ):
        hidden = (hidden @ weight + bias) * slopes
    expected = hidden @ mlp.weights[-1] + mlp.biases[-1]
    torch.testing.assert_close(mlp(inputs, seeded(2)), expected)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("sizes", [(5, 1), (5, 64, 1), (5, 64, 32, 16, 1)])
def test_the_input_gradient_is_that_of_automatic_differentiation(sizes, dropout):
    mlp = MLP(sizes, seeded(), n_nets=2, dropout=dropout)
    inputs = torch.randn(2, 40, 5, generator=seeded(1), requires_grad=True)
    outputs = mlp(inputs, seeded(2))
    (expected,) = torch.autograd.grad(outputs.sum(), inputs)
    by_hand = input_gradient(mlp, inputs.detach(), seeded(2)).expand(2, 40, 5)
    torch.testing.assert_close(by_hand, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_the_penalty_teaches_what_a_double_backward_pass_does(dropout):
    mlp = MLP((5, 64, 32, 1), seeded(), n_nets=2, dropout=dropout)
    inputs = torch.randn(2, 40, 5, generator=seeded(1), requires_grad=True)
    outputs = mlp(inputs, seeded(2))
    (gradient,) = torch.autograd.grad(outputs.sum(), inputs, create_graph=True)
    expected = ((gradient[..., :3].norm(dim=2) - 1) ** 2).mean(dim=1)
    gradient = input_gradient(mlp, inputs.detach(), seeded(2))
    by_hand = gradient_penalty(gradient[..., :3])
    torch.testing.assert_close(by_hand, expected, rtol=1e-6, atol=1e-6)
    for ours, reference in zip(
        torch.autograd.grad(by_hand.sum(), list(mlp.weights)),
        torch.autograd.grad(expected.sum(), list(mlp.weights)),
    ):
        torch.testing.assert_close(ours, reference, rtol=1e-5, atol=1e-6)


def test_a_flat_critic_has_a_penalty_without_nan():
    mlp = MLP((3, 4, 1), seeded())
    with torch.no_grad():
        for weight in mlp.weights:
            weight.zero_()
    penalty = gradient_penalty(input_gradient(mlp, torch.ones(1, 2, 3)))
    assert penalty.item() == 1
    penalty.sum().backward()
    assert all(w.grad.isfinite().all() for w in mlp.weights)


def test_torch_draws_nothing_from_its_global_generator():
    before = torch.random.get_rng_state()
    mlp = MLP((3, 8, 1), seeded(), dropout=0.5, batch_norm=True)
    mlp(torch.ones(1, 4, 3), seeded())
    assert torch.equal(torch.random.get_rng_state(), before)

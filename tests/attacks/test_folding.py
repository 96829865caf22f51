"""Folded batch norms leave the features as they were, whatever the network does."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from skpoison.attacks._clean_label._folding import fold_batch_norms
from skpoison.embedding import NetEmbedding
from skpoison.embedding.networks import ResNet8, WhiteningNet


def settled(module):
    """In eval mode, with batch norms as after training; in double precision."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for part in module.modules():
            if isinstance(part, nn.Conv2d | nn.Linear):
                part.reset_parameters()
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                if part.running_mean is not None:
                    part.running_mean.uniform_(-0.5, 0.5)
                    part.running_var.uniform_(0.5, 2)
                if part.affine:
                    nn.init.uniform_(part.weight, -2, 2)
                    nn.init.uniform_(part.bias, -1, 1)
    return module.double().eval().requires_grad_(False)


def n_norms(module):
    return sum(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in module.modules())


def folded(module, rows):
    """A folded copy, after comparing its features and gradients."""
    copy = deepcopy(module)
    fold_batch_norms(copy, rows)
    results = []
    for net in (module, copy):
        inputs = rows.clone().requires_grad_()
        features = net(inputs)
        (gradient,) = torch.autograd.grad(features.square().sum(), inputs)
        results.append((features, gradient))
    for expected, actual in zip(*results):
        scale = expected.abs().max()
        assert scale > 0
        assert (actual - expected).abs().max() <= 1e-9 * scale
    assert not any(p.requires_grad for p in copy.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in copy.modules())
    return copy


class Block(nn.Module):
    """A convolution and its batch norm, used as `use` says."""

    def __init__(self, use, **params):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4, **params)
        self.use = use

    def forward(self, x):
        return self.use(self, x).flatten(1)


def images(size=8):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, size, size, generator=generator, dtype=torch.double)


@pytest.mark.parametrize(
    ("use", "params"),
    [
        (lambda b, x: b.norm(b.conv(x)).relu(), {}),
        (lambda b, x: b.norm(b.conv(x)), {"affine": False}),
        (lambda b, x: b.norm(b.conv(x)) + b.norm(b.conv(2 * x)), {}),
        (lambda b, x: b.norm(b.conv(x)).relu_() + x[:, :1, 2:, 2:], {}),
    ],
)
def test_a_norm_that_takes_all_of_a_convolution_is_folded(use, params):
    assert n_norms(folded(settled(Block(use, **params)), images())) == 0


@pytest.mark.parametrize(
    ("use", "params"),
    [
        (lambda b, x: b.norm(b.conv(x)) + b.conv(x), {}),
        (lambda b, x: (lambda z: b.norm(z) * z)(b.conv(x)), {}),
        (lambda b, x: b.norm(b.conv(x).relu()), {}),
        (lambda b, x: b.norm(b.conv(x).relu_()), {}),
        (lambda b, x: b.norm(b.conv(x)) + b.norm(x[:, [0, 1, 2, 0], 2:, 2:]), {}),
        (lambda b, x: b.norm(b.norm(b.conv(x))), {}),
        (lambda b, x: b.norm(input=b.conv(x)), {}),
        (lambda b, x: b.norm(b.conv(x)), {"track_running_stats": False}),
    ],
)
def test_a_norm_is_left_where_folding_would_be_wrong(use, params):
    assert n_norms(folded(settled(Block(use, **params)), images())) == 1


@pytest.mark.parametrize(("network", "left"), [(ResNet8, 0), (WhiteningNet, 3)])
def test_networks_keep_their_features(network, left):
    # WhiteningNet pools before the first norm of each group.
    assert n_norms(folded(settled(network()), images(32))) == left


def extractor_of(net, X, **params):
    embedding = NetEmbedding(net.float(), frozen=True, precision="float32", **params)
    return embedding.fit(X.numpy()).feature_extractor()


def test_the_layer_that_an_embedding_looks_at_stays():
    net = settled(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten()))
    X = images().float()
    extractor = extractor_of(net, X, layer="1")
    expected = extractor(X)
    fold_batch_norms(extractor, X)
    assert n_norms(extractor) == 1
    assert torch.equal(extractor(X), expected)


def test_views_of_an_image_are_folded_as_one():
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2)
    X = images().float()
    extractor = extractor_of(settled(nn.Sequential(*layers)), X, views="flip")
    expected = extractor(X)
    fold_batch_norms(extractor, X)
    assert n_norms(extractor) == 0
    torch.testing.assert_close(extractor(X), expected, rtol=1e-4, atol=1e-5)

"""The convolutional networks: size, shape, embedding and gradients."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from skpoison._torch.seeding import seeded
from skpoison.embedding import NetEmbedding, networks

# Weights and features. The counts are those published for the CIFAR-10 versions of
# the networks (K. Liu's, against which the polytope attacks were crafted); by hand for
# ResNet-8, ResNet-20 (.27 M in the paper), AlexNet and the whitening net.
PUBLISHED = {
    "AlexNet": (1_756_426, 192),
    "DPN92": (34_236_634, 2560),
    "DenseNet121": (6_956_298, 1024),
    "GoogLeNet": (6_166_250, 1024),
    "MobileNetV2": (2_296_922, 1280),
    "ResNeXt29": (9_128_778, 1024),
    "ResNet18": (11_173_962, 512),
    "ResNet20": (269_722, 64),
    "ResNet50": (23_520_842, 2048),
    "ResNet8": (75_290, 64),
    "SENet18": (11_260_354, 512),
    "WhiteningNet": (1_972_792, 256),
}
NAMES = sorted(PUBLISHED)


@cache
def network(name):
    with seeded(0, torch.device("cpu")):
        return getattr(networks, name)()


def images(n, **kind):
    return torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(0), **kind)


def test_every_network_is_tested():
    public = [getattr(networks, name) for name in networks.__all__]
    modules = [n for n in public if isinstance(n, type) and issubclass(n, nn.Module)]
    assert sorted(net.__name__ for net in modules) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_as_many_as_published(name):
    with torch.device("meta"):
        net = getattr(networks, name)()
    count = sum(weights.numel() for weights in net.parameters())
    if name == "GoogLeNet":
        # The published one has a bias before each batch normalization, to no effect.
        norms = [part for part in net.modules() if isinstance(part, nn.BatchNorm2d)]
        count += sum(norm.num_features for norm in norms)
    assert count == PUBLISHED[name][0]


@pytest.mark.parametrize("name", NAMES)
def test_embeds_what_the_head_receives(name):
    net, X = network(name), images(2).numpy()
    features = NetEmbedding(net, frozen=True, precision="float32").fit_transform(X)
    assert features.shape == (2, PUBLISHED[name][1])
    net.eval()
    with torch.no_grad():
        logits = net(torch.as_tensor(X))
        scale = 9 if name == "WhiteningNet" else 1
        from_features = net.head(torch.as_tensor(features)) / scale
    torch.testing.assert_close(logits, from_features, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_eval_mode_judges_each_image_alone(name):
    net, X = network(name).eval(), images(2)
    with torch.no_grad():
        logits = net(X)
        assert logits.shape == (2, 10)
        assert torch.equal(net(X), logits)
        torch.testing.assert_close(net(X[:1]), logits[:1], rtol=1e-4, atol=1e-5)
    assert (logits[0] - logits[1]).abs().max() > 0


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_weight_and_the_image(name):
    net = network(name).train()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    X = images(2).requires_grad_()
    nn.functional.cross_entropy(net(X), torch.tensor([0, 1])).backward()
    assert X.grad.abs().amax(dim=(1, 2, 3)).min() > 0
    for key, weights in net.named_parameters():
        if weights.requires_grad:
            assert weights.grad.isfinite().all(), key
            assert weights.grad.abs().max() > 0, key
    net.zero_grad()
    net.load_state_dict(before)


@pytest.mark.parametrize("name", NAMES)
def test_classes_and_channels_are_free(name):
    with torch.device("meta"):
        net = getattr(networks, name)(7, in_channels=1).eval()
        assert net(torch.zeros(2, 1, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "AlexNet"])
def test_the_size_of_the_image_is_free(name):
    with torch.device("meta"):
        net = getattr(networks, name)().eval()
        assert net(torch.zeros(2, 3, 28, 28)).shape == (2, 10)
        assert net(torch.zeros(2, 3, 64, 48)).shape == (2, 10)


def test_resnet20_shortcut_takes_every_second_pixel_and_new_channels_of_zeros():
    shortcut = networks.ResNet20().body[2][0][0].shortcut
    x = images(2)[:, :1].expand(-1, 16, -1, -1)
    kept = shortcut(x)
    assert torch.equal(kept[:, :16], x[..., ::2, ::2])
    assert kept.shape == (2, 32, 16, 16)
    assert not kept[:, 16:].any()


def test_dual_path_adds_to_one_part_and_appends_the_rest():
    block = networks.DPN92().body[1][1].eval()
    with torch.no_grad():
        x = torch.rand(1, 288, 4, 4, generator=torch.Generator().manual_seed(0))
        new, made = block.branch(x), block(x)
    assert made.shape == (1, 304, 4, 4)
    torch.testing.assert_close(made[:, :256], (x[:, :256] + new[:, :256]).relu())
    torch.testing.assert_close(made[:, 256:288], x[:, 256:])
    torch.testing.assert_close(made[:, 288:], new[:, 256:].relu())


def correlated_images(n=60, offset=0.0):
    """Smooth ones, with channels of different scales."""
    rng = np.random.default_rng(0)
    smooth = rng.normal(size=(n, 3, 12, 12)).cumsum(axis=2).cumsum(axis=3)
    return torch.as_tensor(offset + smooth * np.array([1.0, 5.0, 0.2])[:, None, None])


def patches(x):
    """Every 2 x 2 patch as a row."""
    windows = np.lib.stride_tricks.sliding_window_view(x.numpy(), (2, 2), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, x.shape[1] * 4)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_whitened_patches_are_uncorrelated_and_of_unit_variance(offset):
    x = correlated_images(offset=offset)
    net = networks.WhiteningNet().whiten_(x, eps=1e-12).double()
    nn.init.zeros_(net.whitening.bias)
    with torch.no_grad():
        out = net.whitening((x - net.mean) / net.std).transpose(0, 1).flatten(1)
    np.testing.assert_allclose(out[:12], -out[12:], atol=1e-4)
    np.testing.assert_allclose(np.cov(out[:12]), np.eye(12), atol=1e-2)


def test_whitening_filters_are_scaled_eigenvectors_of_the_patch_covariance():
    x = correlated_images()
    net = networks.WhiteningNet().whiten_(x)
    mean, std = x.mean(dim=(0, 2, 3)), x.std(dim=(0, 2, 3))
    np.testing.assert_allclose(net.mean.flatten(), mean, rtol=1e-5)
    np.testing.assert_allclose(net.std.flatten(), std, rtol=1e-5)
    normal = (x - mean[:, None, None]) / std[:, None, None]
    covariance = np.cov(patches(normal).T, bias=True)
    variances, _ = np.linalg.eigh(covariance)
    filters = net.whitening.weight[:12].flatten(1).double().numpy()
    np.testing.assert_allclose(
        filters @ covariance,
        variances[:, None] * filters,
        atol=1e-5 * np.abs(filters).max(),
    )
    np.testing.assert_allclose(
        (filters**2).sum(axis=1), 1 / (variances + 5e-4), rtol=1e-4
    )


def test_whitening_depends_on_no_order_and_no_number_format_of_the_images():
    x = images(700)
    expected = networks.WhiteningNet().whiten_(x).whitening.weight
    for same in (x.flip(0), x.double(), x.numpy()):
        again = networks.WhiteningNet().whiten_(same).whitening.weight
        torch.testing.assert_close(again, expected, rtol=1e-4, atol=1e-4)


def test_whitening_is_not_trained_but_its_bias_is():
    net = networks.WhiteningNet()
    assert not net.whitening.weight.requires_grad
    assert net.whitening.bias.requires_grad
    norms = [part for part in net.modules() if isinstance(part, nn.BatchNorm2d)]
    assert len(norms) == 6
    assert all(norm.bias.requires_grad for norm in norms)
    assert all((norm.weight == 1).all() for norm in norms)
    assert not any(norm.weight.requires_grad for norm in norms)


def test_whitening_net_starts_as_the_identity():
    x = images(2)[:, :1].expand(-1, 24, -1, -1)
    first = networks.WhiteningNet().body[1][0]
    with torch.no_grad():
        torch.testing.assert_close(first(x)[:, :24], x)


def test_whitening_survives_a_state_dict():
    net = networks.WhiteningNet().whiten_(images(50)).eval()
    other = networks.WhiteningNet().eval()
    other.load_state_dict(net.state_dict())
    with torch.no_grad():
        assert torch.equal(other(images(2)), net(images(2)))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (torch.rand(5, 32, 32), "shape"),
        (torch.rand(5, 1, 32, 32), "shape"),
        (torch.rand(5, 3, 1, 32), "shape"),
        (torch.rand(0, 3, 32, 32), "shape"),
        (torch.full((5, 3, 8, 8), torch.nan), "not finite"),
        (torch.ones(5, 3, 8, 8), "constant"),
    ],
)
def test_whitening_refuses(bad, message):
    with pytest.raises(ValueError, match=message):
        networks.WhiteningNet().whiten_(bad)

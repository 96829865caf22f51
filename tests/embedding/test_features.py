"""Which activations are the features, and the module that computes them."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from skorch import NeuralNetClassifier
from torch import nn

from skpoison.embedding import MLP, NetEmbedding
from skpoison.embedding._activations import find_layer

from ._nets import (
    ConvNet,
    FlattensByView,
    HeadDefinedFirst,
    Parts,
    Recurrent,
    Repeated,
)


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=(6, 1, 8, 8)).astype(np.float32)


def embed(module, X, **params):
    return NetEmbedding(module, frozen=True, **params).fit(X)


def evaluated(function, X):
    with torch.no_grad():
        return function(torch.tensor(X)).numpy()


def test_the_order_of_the_attributes_does_not_count(X):
    module = HeadDefinedFirst()
    embedding = embed(module, X)
    assert embedding.layer_ == "head"
    expected = evaluated(lambda x: module.body(x).relu(), X)
    np.testing.assert_allclose(embedding.transform(X), expected, atol=1e-6)


def late_gate(net, X):
    """Squeeze and excite: the gate is computed after its features, before the head."""
    h = net.body(X).relu()
    return net.head(h * net.gate(h).sigmoid())


def logits_and_projection(net, X):
    h = net.body(X)
    return net.head(h), net.other(h)


def auxiliary_head(net, X):
    """The list's first element is computed first, and the loss may use the rest."""
    h = net.body(X).relu_()
    return [net.head(h).log_softmax(dim=1), net.skip(X), net.other(h)]


def shared_weights(net, X):
    """Two layers, one matrix."""
    net.other.weight = net.head.weight
    h = net.body(X)
    logits = net.head(h)
    net.other(h.detach())
    return logits


def body_without_gradient(net, X):
    with torch.no_grad():
        h = net.body(X)
    logits = net.head(h)
    net.other(h)
    return logits


def changes_its_input(net, X):
    logits = net.head(net.body(X.relu_())).mul_(2)
    net.skip(X)
    return logits


@pytest.mark.parametrize(
    "put_together",
    [
        late_gate,
        logits_and_projection,
        auxiliary_head,
        shared_weights,
        body_without_gradient,
        changes_its_input,
    ],
)
@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad])
def test_the_default_layer_is_the_one_that_makes_the_logits(put_together, mode, X):
    with mode():
        assert embed(Parts(put_together), X).layer_ == "head"


def two_heads(net, X):
    h = net.body(X)
    return net.head(h) + net.other(h)


def head_and_skip(net, X):
    return net.head(net.body(X)) + X[:, :3]


def gate_and_convolution(net, X):
    """No linear layer makes the logits, the one that was called last least of all."""
    h = net.conv(torch.nn.functional.pad(X, (0, 1))[:, None])[:, :, 0]
    return h * net.head(net.body(X)).sigmoid()


@torch.no_grad()
def without_gradient(net, X):
    return net.head(net.body(X))


@pytest.mark.parametrize(
    ("put_together", "found"),
    [
        (two_heads, "of 'head' and of 'other': set layer"),
        (head_and_skip, "of 'head' and of layers besides: set layer"),
        (gate_and_convolution, "of 'head' and of layers besides: set layer"),
        (without_gradient, r"of no torch\.nn\.Linear: set layer"),
        (lambda net, X: {"logits": net.head(net.body(X))}, "of no torch"),
    ],
)
def test_a_layer_is_asked_for_where_none_alone_makes_the_logits(put_together, found, X):
    net = Parts(put_together)
    with pytest.raises(ValueError, match=found):
        find_layer(net, None, torch.tensor(X[:2]))
    assert find_layer(net, "body", torch.tensor(X[:2])) == "body"


def test_looking_for_the_layer_leaves_the_module_alone(X):
    module = Parts(late_gate)
    module.body.requires_grad_(False)
    find_layer(module, None, torch.tensor(X[:2]))
    assert all(weights.grad is None for weights in module.parameters())
    assert not module.body.weight.requires_grad
    assert module.head.weight.requires_grad
    assert module.training


def test_a_named_layer_gives_its_output(X):
    module = MLP(4, 3)
    embedding = embed(module, X, layer="body.0")
    expected = evaluated(module.body[0], X)
    np.testing.assert_allclose(embedding.transform(X), expected, atol=1e-6)
    assert len(embedding.get_feature_names_out()) == 128
    logits = embed(module, X, layer="head").transform(X)
    np.testing.assert_allclose(logits, evaluated(module, X), atol=1e-6)


def test_maps_are_flattened(images):
    module = ConvNet()
    features = embed(module, images, layer="conv", precision="float32")
    expected = evaluated(module.conv, images).reshape(6, -1)
    np.testing.assert_allclose(features.transform(images), expected, atol=1e-6)


def test_an_unknown_layer_names_the_known_ones(X):
    with pytest.raises(ValueError, match=r"'fc' is no layer.*'body', 'body.0'.*'head'"):
        embed(MLP(4, 3), X, layer="fc")


def test_no_linear_layer(images):
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten())
    with pytest.raises(ValueError, match=r"no torch.nn.Linear.*one of '0', '1', '2'"):
        embed(module, images)
    assert embed(module, images, layer="2").transform(images).shape == (6, 72)


def test_a_layer_that_is_called_twice(X):
    with pytest.raises(ValueError, match="calls the layer 'layer' 2 times instead"):
        embed(Repeated(), X)


def test_a_layer_that_is_never_called(X):
    module = MLP(4, 3)
    module.spare = nn.Linear(2, 2)
    assert embed(module, X).layer_ == "head"
    with pytest.raises(ValueError, match="calls the layer 'spare' 0 times instead"):
        embed(module, X, layer="spare")


def test_a_layer_that_returns_no_tensor(X):
    with pytest.raises(ValueError, match="'rnn' returns no tensor but tuple"):
        embed(Recurrent(), X, layer="rnn")


def test_a_layer_that_does_not_keep_the_rows(X):
    with pytest.raises(ValueError, match=r"'turned' turns 2 rows into .*\(3, 2\)"):
        embed(Recurrent(), X, layer="turned")


def test_rows_that_the_module_cannot_take(X):
    with pytest.raises(ValueError, match=r"cannot take rows of shape \(3,\)"):
        embed(MLP(4, 3), X[:, :3])


@pytest.mark.parametrize("batch_size", [1, 7, 40, 512])
def test_batches_do_not_change_the_features(X, batch_size):
    module = MLP(4, 3)
    features = embed(module, X, batch_size=batch_size).transform(X)
    np.testing.assert_allclose(features, evaluated(module.body, X), atol=1e-6)


def test_threads_do_not_see_each_others_rows():
    X = np.random.default_rng(0).normal(size=(400, 4)).astype(np.float32)
    embedding = embed(MLP(4, 3), X, batch_size=5)
    parts = np.split(X, 8)
    expected = [embedding.transform(part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        for got, want in zip(pool.map(embedding.transform, parts), expected):
            np.testing.assert_array_equal(got, want)


def test_the_extractor_gives_the_features(images):
    embedding = embed(ConvNet(), images)
    extractor = embedding.feature_extractor()
    assert isinstance(extractor, nn.Module)
    assert not any(part.training for part in extractor.modules())
    assert not any(weights.requires_grad for weights in extractor.parameters())
    features = extractor(torch.tensor(images))
    assert features.dtype == torch.float32
    np.testing.assert_array_equal(features.numpy(), embedding.transform(images))


def test_the_gradient_is_that_of_finite_differences(images):
    embedding = embed(ConvNet(), images, precision="float32", views="flip+shift")
    extractor = embedding.feature_extractor().double()
    x = torch.tensor(images[:2], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(extractor, x)


def test_the_extractor_is_a_copy(images):
    module = ConvNet()
    embedding = embed(module, images)
    before = embedding.transform(images)
    extractor = embedding.feature_extractor().train()
    extractor(torch.tensor(images))
    np.testing.assert_array_equal(embedding.transform(images), before)
    assert not embedding.module_.conv._forward_hooks


def test_the_extractor_can_be_pickled(images):
    extractor = embed(ConvNet(), images, views="flip").feature_extractor()
    twin = pickle.loads(pickle.dumps(extractor))
    x = torch.tensor(images)
    assert torch.equal(twin(x), extractor(x))


def test_a_module_that_flattens_by_view_is_trained_and_used():
    images = np.random.default_rng(0).uniform(size=(6, 1, 8, 8)).astype(np.float32)
    net = NeuralNetClassifier(
        FlattensByView, criterion=nn.CrossEntropyLoss, train_split=None, max_epochs=1
    )
    embedding = NetEmbedding(net, random_state=0, precision="float32")
    features = embedding.fit_transform(images, [0, 1, 2, 0, 1, 2])
    with torch.no_grad():
        expected = embedding.module_.conv(torch.tensor(images)).relu().flatten(1)
    np.testing.assert_allclose(features, expected.numpy(), rtol=1e-5, atol=1e-6)

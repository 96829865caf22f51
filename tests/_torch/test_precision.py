"""bfloat16 products where they pay, float32 weights, loss and features everywhere."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from skorch import NeuralNetClassifier
from torch import nn

from skpoison._torch import precision as precision_module
from skpoison.embedding import MLP, NetEmbedding

from ..embedding._nets import ConvNet

seen = []


class WatchedConv(ConvNet):
    """Notes the dtype of its products and of its weights."""

    def forward(self, X):
        logits = super().forward(X)
        if self.training:
            seen.append(("products", logits.dtype))
            seen.append(("weights", self.head.weight.dtype))
        return logits


class WatchedMLP(MLP):
    def forward(self, X):
        logits = super().forward(X)
        if self.training:
            seen.append(("products", logits.dtype))
        return logits


class WatchedLoss(nn.CrossEntropyLoss):
    def forward(self, logits, y):
        loss = super().forward(logits, y)
        seen.append(("loss", loss.dtype))
        return loss


def net(module, **params):
    return NeuralNetClassifier(
        module,
        criterion=nn.CrossEntropyLoss,
        max_epochs=1,
        batch_size=64,
        train_split=None,
        **params,
    )


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300].reshape(-1, 1, 8, 8) / 16, y[:300]


@pytest.fixture
def native_bfloat16(monkeypatch):
    seen.clear()
    monkeypatch.setattr(precision_module, "_multiplies_bfloat16", lambda device: True)


def dtypes():
    return {kind: {d for k, d in seen if k == kind} for kind, _ in seen}


def test_auto_trains_convolutions_in_bfloat16(digits, native_bfloat16):
    features = NetEmbedding(net(WatchedConv)).fit_transform(*digits)
    assert dtypes() == {"products": {torch.bfloat16}, "weights": {torch.float32}}
    assert features.dtype == np.float32


def test_the_loss_is_float32(digits, native_bfloat16):
    # A loss of one's own gets all that the module returns, in float32 as well.
    embedding = NetEmbedding(net(WatchedConv).set_params(criterion=WatchedLoss))
    embedding.fit(*digits)
    assert dtypes()["loss"] == {torch.float32}


def test_auto_leaves_tables_in_float32(digits, native_bfloat16):
    X, y = digits
    watched = net(WatchedMLP, module__n_features=64, module__n_classes=10)
    NetEmbedding(watched).fit(X.reshape(-1, 64), y)
    assert dtypes() == {"products": {torch.float32}}
    NetEmbedding(watched, precision="bfloat16").fit(X.reshape(-1, 64), y)
    assert dtypes() == {"products": {torch.float32, torch.bfloat16}}


def test_auto_is_float32_without_the_hardware(digits, monkeypatch):
    seen.clear()
    monkeypatch.setattr(precision_module, "_multiplies_bfloat16", lambda device: False)
    NetEmbedding(net(WatchedConv)).fit(*digits)
    assert dtypes()["products"] == {torch.float32}


def test_float32_holds_inside_the_autocast_of_a_caller(digits):
    X, _ = digits
    embedding = NetEmbedding(ConvNet(), frozen=True, precision="float32").fit(X)
    expected = embedding.transform(X)
    with torch.autocast("cpu", torch.bfloat16):
        np.testing.assert_array_equal(embedding.transform(X), expected)


def test_bfloat16_features_are_as_good(digits):
    X, y = digits
    conv = net(ConvNet, optimizer=torch.optim.Adam, lr=0.02)
    conv.set_params(max_epochs=15)
    accuracy, features = {}, {}
    for precision in ("float32", "bfloat16"):
        embedding = NetEmbedding(conv, precision=precision, random_state=0)
        embedding.fit(X[:200], y[:200])
        votes = KNeighborsClassifier(5).fit(embedding.transform(X[:200]), y[:200])
        accuracy[precision] = votes.score(embedding.transform(X[200:]), y[200:])
        features[precision] = embedding.transform(X)
        embedding.set_params(precision="float32")
        np.testing.assert_allclose(
            features[precision], embedding.transform(X), rtol=0.02, atol=0.02
        )
    assert np.abs(features["float32"] - features["bfloat16"]).max() > 0
    assert accuracy["bfloat16"] >= accuracy["float32"] - 0.05


def test_gradients_flow_through_bfloat16(digits):
    X, _ = digits
    torch.manual_seed(2)  # No ReLU is so near its kink that rounding turns it off.
    embedding = NetEmbedding(ConvNet(), frozen=True, precision="bfloat16").fit(X)
    x = torch.tensor(X[:3], dtype=torch.float32, requires_grad=True)
    embedding.feature_extractor()(x).square().sum().backward()
    exact = torch.tensor(X[:3], dtype=torch.float32, requires_grad=True)
    embedding.set_params(precision="float32")
    embedding.feature_extractor()(exact).square().sum().backward()
    assert x.grad.dtype == torch.float32
    scale = exact.grad.abs().max()
    torch.testing.assert_close(x.grad, exact.grad, rtol=0, atol=0.03 * scale)


def test_a_named_device(digits):
    X, y = digits
    embedding = NetEmbedding(net(ConvNet), device="cpu").fit(X, y)
    assert embedding.feature_extractor().module.head.weight.device.type == "cpu"
    with pytest.raises(ValueError, match="'gpu' is no device"):
        embedding.set_params(device="gpu").transform(X)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu(digits):
    with pytest.raises(ValueError, match="'cuda' needs a GPU"):
        NetEmbedding(net(ConvNet), device="cuda").fit(*digits)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
def test_a_gpu_gives_the_features_of_the_cpu(digits):
    X, y = digits
    trained = NetEmbedding(net(ConvNet), precision="float32").fit(X, y)
    assert trained.module_.head.weight.device.type == "cuda"
    on_gpu = trained.transform(X)
    np.testing.assert_allclose(
        trained.set_params(device="cpu").transform(X), on_gpu, atol=1e-4
    )

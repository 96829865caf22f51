"""The net is trained on what it can take, and says what it cannot."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier
from skorch.callbacks import EpochScoring
from torch import nn

from skpoison.embedding import MLP, NetEmbedding

from ..embedding._nets import (
    ConvNet,
    Dictionary,
    LogitsAndFeatures,
    Probabilities,
    TupleLossNet,
    classifier,
    plain,
    regressor,
)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def test_the_features_are_those_of_the_trained_net(iris):
    X, y = iris
    embedding = NetEmbedding(classifier(max_epochs=30), random_state=0)
    features = embedding.fit_transform(X, y)
    assert features.dtype == np.float32
    assert features.shape == (150, 5)
    with torch.no_grad():
        expected = embedding.module_.body(torch.tensor(X, dtype=torch.float32))
    np.testing.assert_allclose(features, expected.numpy(), rtol=1e-5, atol=1e-6)
    assert embedding.net_.score(X.astype(np.float32), y) > 0.9
    assert embedding.layer_ == "head"


def test_digits_reach_the_reference_accuracy():
    # MLP 64-128-64, Adam 2e-3, 30 epochs, 900 training rows: .967 is the reference.
    X, y = load_digits(return_X_y=True)
    X = X / 16
    order = np.random.default_rng(0).permutation(len(X))
    train, test = order[:900], order[1200:]
    net = classifier(64, 10, (128, 64), lr=2e-3, max_epochs=30, batch_size=128)
    embedding = NetEmbedding(net, random_state=0).fit(X[train], y[train])
    assert embedding.net_.score(X[test].astype(np.float32), y[test]) >= 0.95
    head = LogisticRegression(max_iter=500)
    head.fit(embedding.transform(X[train]), y[train])
    assert head.score(embedding.transform(X[test]), y[test]) >= 0.95


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["setosa", "versicolor", "virginica"]),
        np.array(["setosa", "versicolor", "virginica"], dtype=object),
        np.array([1, 2, 3], dtype=np.int32),
        np.array([-7, 0, 40], dtype=np.int8),
        np.array([0.0, 1.0, 2.0]),
    ],
)
def test_labels_of_any_type_train_the_same_net(iris, labels):
    X, y = iris
    expected = NetEmbedding(classifier(), random_state=0).fit_transform(X, y)
    embedding = NetEmbedding(classifier(), random_state=0).fit(X, labels[y])
    assert_array_equal(embedding.transform(X), expected)
    assert_array_equal(embedding.classes_, labels)


@pytest.mark.parametrize(
    "cast",
    [
        pd.DataFrame,
        lambda X: X.astype(np.float32),
        np.asfortranarray,
        lambda X: X.tolist(),
    ],
)
def test_every_container_gives_the_same_features(iris, cast):
    X, y = iris
    expected = NetEmbedding(classifier(), random_state=0).fit_transform(X, y)
    embedding = NetEmbedding(classifier(), random_state=0)
    assert_array_equal(embedding.fit_transform(cast(X), y), expected)


def test_integer_columns_are_converted(iris):
    _, y = iris
    X = pd.DataFrame({name: np.arange(150) % 5 for name in "abcd"})
    embedding = NetEmbedding(classifier(), random_state=0).fit(X, y)
    assert list(embedding.feature_names_in_) == list("abcd")
    assert_array_equal(
        embedding.transform(X), embedding.transform(X.astype(np.float64))
    )


def test_read_only_rows_are_taken(iris):
    X, y = iris
    X = X.astype(np.float32)
    X.setflags(write=False)
    assert NetEmbedding(classifier()).fit_transform(X, y).shape == (150, 5)


@pytest.mark.parametrize("net", [regressor(), plain(nn.MSELoss)])
def test_values_train_a_regression(net):
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:, :4] * 20, (y - y.mean()) / y.std()
    net.set_params(max_epochs=30, optimizer=torch.optim.Adam)
    embedding = NetEmbedding(net, random_state=0).fit(X, y)
    residuals = y - embedding.net_.predict(X.astype(np.float32))[:, 0]
    assert residuals.var() < 0.9 * y.var()
    assert not hasattr(embedding, "classes_")
    column = NetEmbedding(net, random_state=0).fit_transform(X, y[:, None])
    assert_array_equal(column, embedding.transform(X))


def test_whole_numbers_are_values_for_a_regressor(iris):
    X, y = iris
    embedding = NetEmbedding(regressor(), random_state=0)
    assert_array_equal(
        embedding.fit(X, y).transform(X), embedding.fit(X, 1.0 * y).transform(X)
    )


def test_whole_numbers_are_labels_for_a_plain_net(iris):
    X, y = iris
    net = plain(nn.CrossEntropyLoss, module__n_classes=3)
    embedding = NetEmbedding(net, random_state=0).fit(X, y + 5)
    assert_array_equal(embedding.classes_, [5, 6, 7])


def test_binary_classifier(iris):
    X, y = iris
    net = regressor(NeuralNetBinaryClassifier, criterion=nn.BCEWithLogitsLoss)
    net.set_params(max_epochs=30, optimizer=torch.optim.Adam)
    two = y < 2
    embedding = NetEmbedding(net, random_state=0)
    embedding.fit(X[two], np.array(["no", "yes"])[y[two]])
    assert embedding.net_.score(X[two].astype(np.float32), y[two]) > 0.9
    with pytest.raises(ValueError, match="holds 3 classes.*NeuralNetClassifier"):
        embedding.fit(X, y)


def test_a_tuple_is_trained_on_its_logits(iris):
    X, y = iris
    expected = NetEmbedding(classifier(), random_state=0).fit_transform(X, y)
    net = classifier().set_params(module=LogitsAndFeatures)
    embedding = NetEmbedding(net, random_state=0)
    assert_array_equal(embedding.fit_transform(X, y), expected)


def test_a_loss_of_its_own_gets_the_whole_tuple(iris):
    X, y = iris
    params = classifier().get_params(deep=False) | {"module": LogitsAndFeatures}
    net = TupleLossNet(**params)
    features = NetEmbedding(net, random_state=0).fit_transform(X, y)
    plain_loss = NetEmbedding(classifier(), random_state=0).fit_transform(X, y)
    assert np.abs(features - plain_loss).max() > 0


def test_images(iris):
    X, y = load_digits(return_X_y=True)
    X = X[:200].reshape(-1, 1, 8, 8) / 16
    net = classifier().set_params(module=ConvNet)
    for name in ("n_features", "hidden"):
        delattr(net, f"module__{name}")
    net.set_params(module__n_classes=10)
    embedding = NetEmbedding(net, random_state=0, batch_size=64)
    features = embedding.fit(X, y[:200]).transform(X)
    assert features.shape == (200, 6)
    assert embedding.n_features_in_ == 1
    assert embedding.input_shape_ == (1, 8, 8)
    # Dropout and batch statistics are those of eval mode: rows do not interact.
    np.testing.assert_allclose(embedding.transform(X[:3]), features[:3], rtol=1e-2)
    with pytest.raises(ValueError, match=r"\(1, 9, 8\).*fitted on rows of.*\(1, 8, 8"):
        embedding.transform(np.zeros((2, 1, 9, 8)))


def test_too_few_outputs(iris):
    X, y = iris
    with pytest.raises(ValueError, match="y holds 3 classes: give its last layer 3"):
        NetEmbedding(classifier(n_classes=2)).fit(X, y)


def test_a_regression_of_another_shape(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"outputs of shape \(128, 2\).*\(128, 1\)"):
        NetEmbedding(regressor(module__n_classes=2)).fit(X, y)


def test_no_tensor(iris):
    X, y = iris
    net = classifier().set_params(module=Dictionary)
    with pytest.raises(ValueError, match="returns dict: its forward must return"):
        NetEmbedding(net).fit(X, y)


def test_rows_of_the_wrong_width(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"shape \(3,\).*first layer is Linear\(in_fe"):
        NetEmbedding(classifier()).fit(X[:, :3], y)
    embedding = NetEmbedding(classifier()).fit(X, y)
    with pytest.raises(ValueError, match="X has 3 features.*expecting 4 features"):
        embedding.transform(X[:, :3])


def test_out_of_memory_is_no_matter_of_shape(iris):
    X, y = iris

    class Greedy(MLP):
        def forward(self, X):
            raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        NetEmbedding(classifier().set_params(module=Greedy)).fit(X, y)


def test_nan(iris):
    X, y = iris
    embedding = NetEmbedding(classifier()).fit(X, y)
    X = X.copy()
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        NetEmbedding(classifier()).fit(X, y)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        embedding.transform(X)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_beyond_float32(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"infinity.*float32"):
        NetEmbedding(classifier()).fit(X * 1e300, y)


def test_logits_under_a_criterion_that_expects_probabilities(iris):
    with pytest.raises(ValueError, match="NLLLoss.*criterion=torch.nn.CrossEntropyLos"):
        NetEmbedding(classifier(criterion=nn.NLLLoss)).fit(*iris)


def test_probabilities_under_that_criterion(iris):
    X, y = iris
    net = classifier(criterion=nn.NLLLoss, max_epochs=30)
    embedding = NetEmbedding(net.set_params(module=Probabilities), random_state=0)
    assert embedding.fit(X, y).net_.score(X.astype(np.float32), y) > 0.9


def test_training_that_diverges(iris):
    net = classifier(optimizer=torch.optim.SGD, lr=1e30)
    with pytest.raises(ValueError, match="not finite: scale X or lower the learning"):
        NetEmbedding(net, random_state=0).fit(*iris)


def test_infinite_features(iris):
    X, _ = iris
    module = MLP(4, 2)
    with torch.no_grad():
        module.body[2].weight.fill_(3e38)
        module.body[2].bias.fill_(3e38)
    with pytest.raises(ValueError, match="not finite for 150 of 150 rows"):
        NetEmbedding(module, frozen=True).fit(X).transform(X)


def test_no_target(iris):
    X, _ = iris
    with pytest.raises(ValueError, match="requires y to be passed"):
        NetEmbedding(classifier()).fit(X)


def test_sample_weight_never_reaches_the_module(iris):
    X, y = iris
    weight = np.ones(len(y))
    with pytest.raises(TypeError, match="sample_weight"):
        NetEmbedding(classifier()).fit(X, y, sample_weight=weight)
    pipeline = make_pipeline(NetEmbedding(classifier()), LogisticRegression())
    with pytest.raises(TypeError, match="sample_weight"):
        pipeline.fit(X, y, netembedding__sample_weight=weight)


def test_a_module_class_is_no_net(iris):
    with pytest.raises(ValueError, match="'net' parameter of NetEmbedding must be"):
        NetEmbedding(MLP).fit(*iris)


def test_a_bare_module_cannot_be_trained(iris):
    with pytest.raises(ValueError, match=r"skorch\.NeuralNetClassifier.*frozen=True"):
        NetEmbedding(MLP(4, 3)).fit(*iris)


def test_the_given_net_is_left_alone(iris):
    module = MLP(4, 3, hidden=(8, 5))
    weights = module.head.weight.detach().clone()
    net = NeuralNetClassifier(module, criterion=nn.CrossEntropyLoss, train_split=None)
    embedding = NetEmbedding(net).fit(*iris)
    assert not net.initialized_
    assert_array_equal(module.head.weight.detach(), weights)
    assert not torch.equal(embedding.module_.head.weight, weights)


def test_parameters_of_the_net_wait_for_the_next_fit(iris):
    X, y = iris
    embedding = NetEmbedding(classifier(), random_state=0).fit(X, y)
    before = embedding.transform(X)
    embedding.set_params(net__module__hidden=(3,), layer="body.0")
    assert_array_equal(embedding.transform(X), before)
    assert embedding.fit(X, y).transform(X).shape == (150, 3)


def test_skorch_is_silent_unless_asked(iris, capsys):
    X, y = iris
    NetEmbedding(classifier(verbose=1)).fit(X, y)
    assert capsys.readouterr().out == ""
    NetEmbedding(classifier(verbose=0), verbose=1).fit(X, y)
    assert "train_loss" in capsys.readouterr().out


def test_callbacks_of_the_net_run(iris):
    X, y = iris
    scoring = EpochScoring("accuracy", name="acc", on_train=True)
    embedding = NetEmbedding(classifier(callbacks=[scoring])).fit(X, y)
    assert len(embedding.net_.history[:, "acc"]) == 5

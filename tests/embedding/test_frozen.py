"""Frozen weights stay what they are, through clones and cross-validation."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from skpoison.embedding import MLP, NetEmbedding

from ._nets import classifier


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X.astype(np.float32), y


@pytest.fixture
def fitted_net(iris):
    return classifier(verbose=0).fit(*iris)


def body(module, X):
    with torch.no_grad():
        return module.body(torch.tensor(X)).numpy()


@pytest.mark.parametrize("bare", [False, True])
def test_the_weights_are_used_as_they_are(iris, fitted_net, bare):
    X, _ = iris
    net = fitted_net.module_ if bare else fitted_net
    features = NetEmbedding(net, frozen=True).fit_transform(X)
    np.testing.assert_allclose(features, body(fitted_net.module_, X), atol=1e-6)


@pytest.mark.parametrize("bare", [False, True])
def test_the_weights_survive_a_clone(iris, fitted_net, bare):
    X, _ = iris
    net = fitted_net.module_ if bare else fitted_net
    embedding = NetEmbedding(net, frozen=True, batch_size=7)
    embedding.set_output(transform="pandas")
    twin = clone(clone(embedding))
    assert not hasattr(twin, "net_")
    assert twin.batch_size == 7
    features = twin.fit_transform(X)
    assert list(features.columns) == [f"netembedding{i}" for i in range(5)]
    np.testing.assert_allclose(features, body(fitted_net.module_, X), atol=1e-6)


def test_the_weights_survive_a_grid_search(iris, fitted_net):
    X, y = iris
    pipeline = make_pipeline(
        NetEmbedding(fitted_net, frozen=True), LogisticRegression(max_iter=1000)
    )
    search = GridSearchCV(pipeline, {"netembedding__layer": [None, "body.1"]}, cv=3)
    search.fit(X, y)
    direct = cross_val_score(pipeline[1], body(fitted_net.module_, X), y, cv=3)
    assert search.cv_results_["mean_test_score"][0] == pytest.approx(direct.mean())


def test_training_the_net_further_does_not_change_a_fitted_embedding(iris, fitted_net):
    X, y = iris
    embedding = NetEmbedding(fitted_net, frozen=True).fit(X)
    before = embedding.transform(X)
    fitted_net.partial_fit(X, y)
    assert_array_equal(embedding.transform(X), before)


def test_nothing_happens_to_the_given_module(iris):
    X, _ = iris
    module = MLP(4, 3).train()
    NetEmbedding(module, frozen=True).fit(X).transform(X)
    assert module.training
    assert all(weights.requires_grad for weights in module.parameters())
    assert not any(part._forward_hooks for part in module.modules())
    assert not any(part._forward_pre_hooks for part in module.modules())


def test_an_unfitted_net_cannot_be_frozen(iris):
    X, y = iris
    with pytest.raises(NotFittedError, match="pass a torch module.*FrozenEstimator"):
        NetEmbedding(classifier(), frozen=True).fit(X, y)


def test_a_fitted_embedding_can_be_frozen_as_a_whole(iris):
    X, y = iris
    embedding = NetEmbedding(classifier(), random_state=0).fit(X, y)
    kept = clone(FrozenEstimator(embedding)).fit(X, y)
    assert_array_equal(kept.transform(X), embedding.transform(X))


def test_parameters_of_a_frozen_net_cannot_be_set(iris, fitted_net):
    embedding = NetEmbedding(fitted_net, frozen=True)
    with pytest.raises(ValueError, match="net__module__hidden cannot be set"):
        embedding.set_params(net__module__hidden=(3,))
    assert fitted_net.module_.head.in_features == 5
    embedding = NetEmbedding(classifier(), frozen=True)
    embedding.set_params(frozen=False, net__module__hidden=(3,))
    assert embedding.net.module__hidden == (3,)


def test_a_trained_embedding_can_be_fitted_again_as_a_frozen_one(iris):
    X, y = iris
    embedding = NetEmbedding(classifier()).fit(X, y)
    module = MLP(4, 3, hidden=(2,))
    embedding.set_params(net=module, frozen=True).fit(X)
    assert not hasattr(embedding, "classes_")
    np.testing.assert_allclose(embedding.transform(X), body(module, X), atol=1e-6)


def test_a_compiled_module(iris):
    X, _ = iris
    module = MLP(4, 3)
    compiled = torch.compile(module, backend="eager")
    features = NetEmbedding(compiled, frozen=True).fit_transform(X)
    np.testing.assert_allclose(features, body(module, X), atol=1e-6)

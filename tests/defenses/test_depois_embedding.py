"""De-Pois on the features of a network, as a step of a pipeline."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from skorch import NeuralNetClassifier

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import DePoisFilter
from skpoison.embedding import MLP, NetEmbedding
from skpoison.metrics import filter_report
from skpoison.pipeline import Pipeline


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X, y = X[:900].astype(np.float32) / 16, y[:900]
    trusted = np.arange(900) < 300
    is_flip = np.zeros(900, dtype=bool)
    attack = LabelFlipAttack(rate=0.2, random_state=0)
    _, y[~trusted], is_flip[~trusted] = attack.fit_poison(X[~trusted], y[~trusted])
    return X, y, trusted, is_flip


def test_flips_are_found_in_the_features_of_a_network(digits):
    X, y, trusted, is_flip = digits
    net = NeuralNetClassifier(
        MLP,
        module__n_features=64,
        module__n_classes=10,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        max_epochs=15,
        lr=1e-2,
        train_split=None,
    )
    pipeline = Pipeline(
        [
            ("embed", NetEmbedding(net, random_state=0)),
            ("depois", DePoisFilter(max_iter=150, random_state=0)),
            ("clf", LogisticRegression()),
        ]
    )
    pipeline.fit(X, y, depois__trusted=trusted)
    kept = pipeline["depois"].inlier_mask_
    report = filter_report(is_flip[~trusted], kept[~trusted])
    assert report["f1_poison"] > 0.75
    right = ~is_flip
    assert pipeline.score(X[right], y[right]) > 0.93

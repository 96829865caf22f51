"""The digits of scikit-learn, which every machine has, and networks for them."""

from functools import cache

import numpy as np
import torch
from sklearn.datasets import load_digits
from skorch import NeuralNetClassifier
from torch import nn

from skpoison.embedding import MLP, NetEmbedding

N_TRAIN = 1200


class SmallCNN(nn.Sequential):
    """Two convolutions and two linear layers for 8 x 8 pixels."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 16, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )


@cache
def digits(images=False):
    """X and y to train on, X and y to test on."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    if images:
        X = X.reshape(-1, 1, 8, 8)
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[:N_TRAIN], order[N_TRAIN:]
    return X[train], y[train], X[test], y[test]


def cnn(n_epochs):
    """A convolutional skorch net for images."""
    return _classifier(SmallCNN, n_epochs)


def mlp(n_epochs):
    """A fully connected skorch net for vectors."""
    return _classifier(
        MLP, n_epochs, module__n_features=64, module__n_classes=10, module__hidden=(64,)
    )


@cache
def trained(make, n_epochs):
    """A net that was trained on the CPU, the same for all devices."""
    X, y, _, _ = digits(images=make is cnn)
    embedding = NetEmbedding(make(n_epochs), device="cpu", random_state=0)
    return embedding.fit(X, y).net_


def _classifier(module, n_epochs, **options):
    return NeuralNetClassifier(
        module,
        **options,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=2e-3,
        batch_size=64,
        max_epochs=n_epochs,
        iterator_train__shuffle=True,
        train_split=None,
    )

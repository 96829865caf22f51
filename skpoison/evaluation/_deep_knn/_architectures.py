"""The networks of victims and attackers, and how each kind of them is trained."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from skorch import NeuralNetClassifier
from torch import nn

from ...embedding import MLP
from ...embedding.networks import (
    DPN92,
    AugmentedBatches,
    DenseNet121,
    GoogLeNet,
    MobileNetV2,
    ResNet8,
    ResNet18,
    ResNet20,
    ResNet50,
    ResNeXt29,
    SENet18,
    TriangularRate,
    make_fast_classifier,
)
from ._images import N_CLASSES, SHAPES


@dataclass(frozen=True)
class Architecture:
    """A kind of network.

    Attributes
    ----------
    make : callable
        Returns the skorch net, without weights, for a data set and so many epochs.
    has_dropout : bool
    logit_scale : float
        What the logits are to those of the last linear layer.
    """

    make: Callable[[str, int], NeuralNetClassifier]
    has_dropout: bool = False
    logit_scale: float = 1


class FlatMLP(MLP):
    """A multi-layer perceptron on the pixels of images."""

    def forward(self, X):
        """Logits of images."""
        return super().forward(X.flatten(1))


class SmallCNN(nn.Module):
    """Two convolutions, a hidden layer of 64 features with dropout, a linear head."""

    def __init__(self, shape, n_classes):
        super().__init__()
        channels, height, width = shape
        self.body = nn.Sequential(
            nn.Conv2d(channels, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * (height // 4) * (width // 4), 64),
            nn.ReLU(),
            nn.Dropout(0.2),
        )
        self.head = nn.Linear(64, n_classes)

    def forward(self, X):
        """Logits of images."""
        return self.head(self.body(X))


class WithDropout(nn.Module):
    """A network of the package with dropout after every stage of its body.

    Attackers train such surrogates, as C. Zhu et al. 2019 do, and craft with the
    dropout on: their poisons then suit networks that are not among the surrogates.
    """

    def __init__(self, network, n_classes, in_channels, p=0.2):
        super().__init__()
        self.network = network(n_classes, in_channels=in_channels)
        stages = [(stage, nn.Dropout(p)) for stage in self.network.body]
        self.network.body = nn.Sequential(*(part for pair in stages for part in pair))

    def forward(self, X):
        """Logits of images."""
        return self.network(X)


def _mlp(data, epochs):
    channels, height, width = SHAPES[data]
    n_features = channels * height * width
    return _by_adam(FlatMLP, data, epochs, module__n_features=n_features)


def _cnn(data, epochs):
    return _by_adam(SmallCNN, data, epochs, module__shape=SHAPES[data])


def _by_adam(module, data, epochs, **options):
    return NeuralNetClassifier(
        module,
        **options,
        module__n_classes=N_CLASSES,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=2e-3,
        batch_size=16 if data == "digits" else 128,
        max_epochs=epochs,
        iterator_train__shuffle=True,
        train_split=None,
    )


def _by_sgd(module, **options):
    """What trains a network of the package on images that may be mirrored."""

    def make(data, epochs):
        return NeuralNetClassifier(
            module,
            **options,
            module__n_classes=N_CLASSES,
            module__in_channels=SHAPES[data][0],
            criterion=nn.CrossEntropyLoss,
            criterion__label_smoothing=0.1,
            optimizer=torch.optim.SGD,
            optimizer__momentum=0.9,
            optimizer__nesterov=True,
            optimizer__weight_decay=5e-4,
            lr=0.3,
            batch_size=256,
            max_epochs=epochs,
            iterator_train=AugmentedBatches,
            train_split=None,
            callbacks=[("rate", TriangularRate(end=0.01))],
        )

    return make


def _whitening(data, epochs):
    return make_fast_classifier(
        N_CLASSES, in_channels=SHAPES[data][0], max_epochs=epochs
    )


ARCHITECTURES = {
    "mlp": Architecture(_mlp),
    "cnn": Architecture(_cnn, has_dropout=True),
    "whitening": Architecture(_whitening, logit_scale=1 / 9),
    **{
        network.__name__.lower(): Architecture(_by_sgd(network))
        for network in (
            DPN92,
            DenseNet121,
            GoogLeNet,
            MobileNetV2,
            ResNeXt29,
            ResNet8,
            ResNet18,
            ResNet20,
            ResNet50,
            SENet18,
        )
    },
    **{
        f"dropout-{network.__name__.lower()}": Architecture(
            _by_sgd(WithDropout, module__network=network), has_dropout=True
        )
        for network in (ResNet8, ResNet20)
    },
}

"""Networks trained for experiments: once per recipe, then read from a folder."""

import os
import sys
import time
from typing import NamedTuple

import torch
from skorch import NeuralNetClassifier
from torch import nn

from skpoison.defenses import AdversarialTrainingClassifier
from skpoison.embedding import MLP, NetEmbedding, networks
from skpoison.embedding.networks import make_fast_classifier
from skpoison.embedding.networks._batches import AugmentedBatches
from skpoison.embedding.networks._callbacks import TriangularRate

N_CLASSES = 10
SHAPES = {"digits": (1, 8, 8), "mnist": (1, 28, 28), "cifar10": (3, 32, 32)}
# Prefixes of architectures that are trained on adversarial images: by many steps, on
# CIFAR-10 as in the paper, or by a single one.
ROBUST, FAST = "robust-", "robust-fast-"
ADVERSARIAL = {
    "digits": {"eps": 0.1, "step_size": 0.025, "n_steps": 10},
    "mnist": {"eps": 0.1, "step_size": 0.025, "n_steps": 10},
    "cifar10": {"eps": 8 / 255, "step_size": 2 / 255, "n_steps": 20},
}
# What the logits of a network are to those of its last linear layer.
LOGIT_SCALES = {"whitening": 1 / 9}


class Recipe(NamedTuple):
    """All that a trained network depends on.

    Attributes
    ----------
    data : {"digits", "mnist", "cifar10"}
    architecture : str
        One of ARCHITECTURES, perhaps after ROBUST or FAST.
    epochs, seed : int
    rows : int
        Training rows per class.
    draw : int
        Which draw of the rows.
    precision : {"float32", "auto"}
        "auto" is bfloat16 for convolutions where the machine multiplies it natively.
    """

    data: str
    architecture: str
    epochs: int
    seed: int
    rows: int
    draw: int
    precision: str

    @property
    def name(self):
        return (
            f"{self.data}-{self.architecture}-{self.epochs}epochs-seed{self.seed}-"
            f"{self.rows}rows-draw{self.draw}-{self.precision}"
        )

    def path(self, folder):
        """The file of the weights in a folder."""
        return folder / f"{self.name}.pt"

    @property
    def logit_scale(self):
        return LOGIT_SCALES.get(self._plain, 1)

    def net(self):
        """The skorch net, without weights."""
        return ARCHITECTURES[self._plain](self.data, self.epochs)

    @property
    def _plain(self):
        return self.architecture.removeprefix(FAST).removeprefix(ROBUST)

    def trainer(self):
        """The estimator that trains the net."""
        options = {
            "precision": self.precision,
            "random_state": self.seed,
            "verbose": int(self.data == "cifar10"),
        }
        if self.architecture.startswith(ROBUST):
            options |= ADVERSARIAL[self.data]
            if self.architecture.startswith(FAST):
                options |= {"n_steps": 1, "step_size": 1.25 * options["eps"]}
            return AdversarialTrainingClassifier(self.net(), **options)
        return NetEmbedding(self.net(), **options)


class FlatMLP(MLP):
    """A multi-layer perceptron on the pixels of images."""

    def forward(self, X):
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
    "mlp": _mlp,
    "cnn": _cnn,
    "whitening": _whitening,
    **{
        name.lower(): _by_sgd(getattr(networks, name))
        for name in networks.__all__
        if name not in ("AlexNet", "WhiteningNet", "make_fast_classifier")
    },
    **{
        f"dropout-{network.__name__.lower()}": _by_sgd(
            WithDropout, module__network=network
        )
        for network in (networks.ResNet8, networks.ResNet20)
    },
}


def trained(recipe, rows, folder):
    """The trained module of a recipe.

    Parameters
    ----------
    recipe : Recipe
    rows : callable
        Returns the X and the y to train on, where the folder lacks the network.
    folder : path
        Where weights are kept, as files named after the recipe.

    Returns
    -------
    torch.nn.Module
        In eval mode.
    """
    path = recipe.path(folder)
    if not path.exists():
        module = _train(recipe, *rows())
        folder.mkdir(parents=True, exist_ok=True)
        # A run that is interrupted while it writes leaves no broken file behind.
        unfinished = path.with_suffix(f".{os.getpid()}")
        torch.save(module.state_dict(), unfinished)
        unfinished.rename(path)
    module = recipe.net().set_params(verbose=0).initialize().module_
    module.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return module.eval()


def _train(recipe, X, y):
    print(f"training {recipe.name}", file=sys.stderr, flush=True)
    start = time.process_time(), time.monotonic()
    module = recipe.trainer().fit(X, y).module_
    print(
        f"{recipe.name}: {time.process_time() - start[0]:.0f} CPU seconds, "
        f"{time.monotonic() - start[1]:.0f} seconds in all",
        file=sys.stderr,
        flush=True,
    )
    return module

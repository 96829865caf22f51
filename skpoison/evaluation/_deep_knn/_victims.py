"""Victims of clean-label poison: a frozen network whose head goes on training."""

from functools import cache
from typing import NamedTuple

import numpy as np

from skpoison.embedding import NetEmbedding
from skpoison.evaluation import LinearProbes

from ._images import PRETRAINING_ROWS, Setup
from ._networks import SHAPES, Recipe, trained

PRECISIONS = {"digits": "float32", "mnist": "float32", "cifar10": "auto"}


class Net(NamedTuple):
    """A network as it is written in options and tables.

    "resnet8-16" was trained for 16 epochs; of "whitening-16/flip+shift" the features
    are averaged over views of each image. A seed may follow: "mlp-30 seed 1".
    """

    architecture: str
    epochs: int
    views: str | None
    seed: int

    @classmethod
    def parse(cls, text, seed=0):
        name, _, own_seed = text.partition(" seed ")
        name, _, views = name.partition("/")
        architecture, _, epochs = name.rpartition("-")
        return cls(architecture, int(epochs), views or None, int(own_seed or seed))


class Victim:
    """A network, frozen, and the head that it was trained with.

    Parameters
    ----------
    net : Net
    data : str
    draw : int
    folder : path
        Where trained networks are kept.
    """

    def __init__(self, net, data, draw, folder):
        module = network(net, data, draw, folder)
        self.embedding = NetEmbedding(
            module, frozen=True, views=net.views, precision=PRECISIONS[data]
        ).fit(np.zeros((2, *SHAPES[data]), dtype=np.float32))
        head = module.get_submodule(self.embedding.layer_)
        scale = recipe_of(net, data, draw).logit_scale
        self.coef = scale * head.weight.detach().numpy()
        self.intercept = None if head.bias is None else head.bias.detach().numpy()

    def features(self, X):
        """The features of images."""
        return self.embedding.transform(X)

    def train(self, features, y, keep_masks):
        """A head for each mask, trained on from the network's own."""
        return LinearProbes(random_state=0).fit(
            features,
            y,
            keep_masks,
            coef_init=self.coef,
            intercept_init=self.intercept,
        )


def network(net, data, draw, folder):
    """The network of a victim, trained where the folder lacks it."""
    recipe = recipe_of(net, data, draw)
    return trained(recipe, lambda: Setup(data, draw).pretraining(recipe.rows), folder)


def recipe_of(net, data, draw):
    """What the network of a victim depends on; its views are not among that."""
    trained_as = net.architecture, net.epochs, net.seed
    return Recipe(data, *trained_as, PRETRAINING_ROWS[data], draw, PRECISIONS[data])


@cache
def victim(net, data, draw, folder):
    """The victim; its network is trained where the folder lacks it."""
    return Victim(net, data, draw, folder)


@cache
def test_rows(net, data, draw, folder):
    """Features and labels to test a victim on."""
    X, y = Setup(data, draw).test()
    return victim(net, data, draw, folder).features(X), y

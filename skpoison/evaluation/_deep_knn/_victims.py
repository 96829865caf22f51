"""Victims of clean-label poison: a frozen network whose head goes on training."""

from functools import cache
from typing import Literal

import numpy as np

from ...embedding import NetEmbedding
from .._linear_probes import LinearProbes
from ._architectures import ARCHITECTURES
from ._images import PRETRAINING_ROWS, SHAPES, Setup
from ._networks import Recipe, trained

PRECISIONS: dict[str, Literal["auto", "float32"]] = {
    "digits": "float32",
    "mnist": "float32",
    "cifar10": "auto",
}


class Victim:
    """A network, frozen, and the head that it was trained with.

    Parameters
    ----------
    net : Network
        With a seed.
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
        scale = ARCHITECTURES[net.architecture].logit_scale
        self.coef = scale * head.weight.detach().numpy()
        self.intercept = None if head.bias is None else head.bias.detach().numpy()

    def features(self, X):
        """The features of images."""
        return self.embedding.transform(X)

    def train(self, features, y, keep_masks):
        """A probe for each mask, trained on from the network's own head."""
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
    return Recipe(
        data,
        net.architecture,
        net.training,
        net.epochs,
        net.seed,
        PRETRAINING_ROWS[data],
        draw,
        PRECISIONS[data],
    )


@cache
def victim(net, data, draw, folder):
    """The victim; its network is trained where the folder lacks it."""
    return Victim(net, data, draw, folder)


@cache
def rows_to_test(net, data, draw, folder):
    """Features and labels to test a victim on."""
    X, y = Setup(data, draw).test()
    return victim(net, data, draw, folder).features(X), y

"""Initial weights from a generator of one's own."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

__all__ = ["drawn"]

Module = TypeVar("Module", bound=nn.Module)


def drawn(build: Callable[[], Module], random: torch.Generator) -> Module:
    """A module whose initial weights come from the generator, on its device.

    torch's own initialisation draws from global generators, through which fits in
    concurrent threads would disturb one another.

    Parameters
    ----------
    build : callable
        Makes the module, of linear, convolutional and batch norm layers.
    random : torch.Generator

    Returns
    -------
    torch.nn.Module
        Weights and biases of linear and convolutional layers are uniform within one
        over the square root of the number of inputs of a unit.
    """
    with torch.device("meta"):
        module = build()
    module = module.to_empty(device=random.device)
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            bound = layer.weight[0].numel() ** -0.5
            for values in layer.parameters(recurse=False):
                nn.init.uniform_(values, -bound, bound, generator=random)
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.reset_parameters()
    return module

"""The networks of the game, on vectors or images; these are fastest channels last."""

from itertools import pairwise

import torch
from torch import nn

__all__ = ["generator", "judge"]

_SLOPE = 0.2
# Channels of the two convolutions, which each halve or double the sides.
_CHANNELS = (16, 32)


def generator(noise_dim, hidden_layer_sizes, row_shape):
    """From noise to rows with values in [-1, 1].

    Fully connected layers, for images followed by two convolutions on ever larger
    maps; batch norms keep the rows from being all the same.

    Parameters
    ----------
    noise_dim : int
    hidden_layer_sizes : sequence of int
    row_shape : tuple of int
        (n_features,), or (channels, height, width).

    Returns
    -------
    torch.nn.Module
    """
    if len(row_shape) == 1:
        return nn.Sequential(
            *_hidden_layers((noise_dim, *hidden_layer_sizes), batch_norm=True),
            nn.Linear(hidden_layer_sizes[-1], row_shape[0]),
            nn.Tanh(),
        )
    n_channels, *side = row_shape
    narrow, wide = _CHANNELS
    half = [_halved(n) for n in side]
    quarter = [_halved(n) for n in half]
    n_values = wide * quarter[0] * quarter[1]
    return _channels_last(
        *_hidden_layers((noise_dim, *hidden_layer_sizes, n_values), batch_norm=True),
        nn.Unflatten(1, (wide, *quarter)),
        nn.Upsample(tuple(half)),
        nn.Conv2d(wide, narrow, 3, padding=1),
        nn.BatchNorm2d(narrow),
        nn.LeakyReLU(_SLOPE),
        nn.Upsample(tuple(side)),
        nn.Conv2d(narrow, n_channels, 3, padding=1),
        nn.Tanh(),
    )


def judge(row_shape, hidden_layer_sizes, n_outputs):
    """From rows to logits: the discriminator, or the classifier.

    Parameters
    ----------
    row_shape, hidden_layer_sizes : as in `generator`
    n_outputs : int

    Returns
    -------
    torch.nn.Module
    """
    if len(row_shape) == 1:
        first, n_inputs = [], row_shape[0]
    else:
        n_channels, *side = row_shape
        narrow, wide = _CHANNELS
        first = [
            nn.Conv2d(n_channels, narrow, 3, stride=2, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.Conv2d(narrow, wide, 3, stride=2, padding=1),
            nn.LeakyReLU(_SLOPE),
            nn.Flatten(),
        ]
        height, width = (_halved(_halved(n)) for n in side)
        n_inputs = wide * height * width
    sizes = (n_inputs, *hidden_layer_sizes)
    return _channels_last(
        *first, *_hidden_layers(sizes), nn.Linear(sizes[-1], n_outputs)
    )


def _channels_last(*layers):
    network = nn.Sequential(*layers)
    for weights in network.parameters():
        if weights.ndim == 4:
            weights.data = weights.data.contiguous(memory_format=torch.channels_last)
    return network


def _hidden_layers(sizes, *, batch_norm=False):
    for n_in, n_out in pairwise(sizes):
        yield nn.Linear(n_in, n_out)
        if batch_norm:
            yield nn.BatchNorm1d(n_out)
        yield nn.LeakyReLU(_SLOPE)


def _halved(n):
    """The side of what a convolution of stride two makes of a side."""
    return (n + 1) // 2

"""Poison points that move uphill: freely, or as what an auto-encoder makes."""

from itertools import pairwise

import torch
from torch import nn

from ..._torch.weights import drawn

__all__ = ["FreePoints", "GeneratedPoints"]

# How the auto-encoder learns to reproduce clean rows before it learns to do harm.
_WARM_UP, _BATCH_SIZE, _WARM_UP_RATE = 300, 128, 2e-3


class FreePoints:
    """Points that each take steps of one length along the sign of their gradient.

    Parameters
    ----------
    values : tensor of shape (n_points, ...)
        Where they start.
    step : float
    bounds : tuple of two floats
    """

    def __init__(self, values, *, step, bounds):
        self.values = values
        self._step = step
        self._bounds = bounds

    def climb(self, gradient):
        """Move to where the gradient points."""
        moved = self.values + self._step * gradient.sign()
        self.values = moved.clamp(*self._bounds)


class GeneratedPoints:
    """Points that an auto-encoder makes of others; its weights move, not the points.

    Parameters
    ----------
    sources : tensor of shape (n_points, ...)
        What it is given.
    clean : tensor of shape (n_samples, ...)
        Rows that it first learns to reproduce.
    hidden_layer_sizes : sequence of int
    learning_rate : float
    bounds : tuple of two floats
    random : torch.Generator
    """

    def __init__(
        self, sources, clean, *, hidden_layer_sizes, learning_rate, bounds, random
    ):
        self._sources = sources
        self._low, self._width = bounds[0], bounds[1] - bounds[0]
        n_inputs = sources[0].numel()
        sizes = (n_inputs, *hidden_layer_sizes, n_inputs)
        self._network = drawn(lambda: _perceptron(sizes), random).to(sources.dtype)
        self._reproduce(clean, random)
        self._optimizer = torch.optim.Adam(
            self._network.parameters(), lr=learning_rate, maximize=True
        )

    @property
    def values(self):
        """The points at the present weights."""
        with torch.no_grad():
            return self._generate(self._sources)

    def climb(self, gradient):
        """Move the weights such that the points follow the gradient."""
        self._optimizer.zero_grad()
        self._generate(self._sources).backward(gradient)
        self._optimizer.step()

    def _generate(self, rows):
        made = torch.sigmoid(self._network(rows.flatten(1)))
        return (self._low + self._width * made).reshape(rows.shape)

    def _reproduce(self, clean, random):
        optimizer = torch.optim.Adam(self._network.parameters(), lr=_WARM_UP_RATE)
        for _ in range(_WARM_UP):
            rows = clean[
                torch.randint(
                    len(clean), (_BATCH_SIZE,), generator=random, device=clean.device
                )
            ]
            optimizer.zero_grad()
            (((self._generate(rows) - rows) / self._width) ** 2).mean().backward()
            optimizer.step()


def _perceptron(sizes):
    layers = [
        layer
        for n_in, n_out in pairwise(sizes)
        for layer in (nn.Linear(n_in, n_out), nn.LeakyReLU(0.2))
    ]
    return nn.Sequential(*layers[:-1])

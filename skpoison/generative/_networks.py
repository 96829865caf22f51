"""Fully connected networks, several of one shape side by side."""

from itertools import pairwise

import torch
from torch import nn

__all__ = ["MLP", "uniform"]

# A running mean keeps .8 of its past at every step.
_NORM_MOMENTUM = 0.2


class MLP(nn.Module):
    """Networks of one shape, trained side by side in batched products.

    A hidden layer is linear, leaky ReLU, then batch normalisation or dropout where
    asked for; the last layer is linear. No random number comes from torch's global
    generators, so that fits in concurrent threads do not disturb one another.

    Parameters
    ----------
    sizes : sequence of int
        Widths of the layers, input and output included.
    random : torch.Generator
        Draws the initial weights, on its own device.
    n_nets : int, default=1
    slope : float, default=0.2
        Slope of the leaky ReLU below zero.
    dropout : float, default=0.0
        Share of the hidden units that are dropped in a pass that is given a generator.
    batch_norm : bool, default=False
    """

    def __init__(
        self, sizes, random, *, n_nets=1, slope=0.2, dropout=0.0, batch_norm=False
    ):
        super().__init__()
        self.slope = slope
        self.dropout = dropout
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for n_in, n_out in pairwise(sizes):
            bound = n_in**-0.5
            self.weights.append(uniform((n_nets, n_in, n_out), bound, random))
            self.biases.append(uniform((n_nets, 1, n_out), bound, random))
        self.norms = nn.ModuleList(
            _BatchNorm(n_nets, width, random.device)
            for width in sizes[1:-1]
            if batch_norm
        )

    def forward(self, inputs, random=None):
        """Outputs of every network.

        Parameters
        ----------
        inputs : tensor of shape (n_nets, n_rows, n_inputs)
        random : torch.Generator or None, default=None
            Draws the dropout masks; without it no unit is dropped.

        Returns
        -------
        tensor of shape (n_nets, n_rows, n_outputs)
        """
        *hidden, (weight, bias) = zip(self.weights, self.biases)
        for i, (w, b) in enumerate(hidden):
            inputs = nn.functional.leaky_relu(torch.baddbmm(b, inputs, w), self.slope)
            if self.norms:
                inputs = self.norms[i](inputs)
            if self.dropout and random is not None:
                inputs = inputs * self._dropout_mask(inputs, random)
        return torch.baddbmm(bias, inputs, weight)

    def local_slopes(self, inputs, random=None):
        """Derivative of each hidden unit by its linear part, dropout included.

        Parameters
        ----------
        inputs, random : as in `forward`

        Returns
        -------
        list of tensor of shape (n_nets, n_rows, width)
        """
        slopes = []
        with torch.no_grad():
            for w, b in zip(self.weights[:-1], self.biases[:-1]):
                linear = torch.baddbmm(b, inputs, w)
                local = torch.where(linear > 0, 1.0, self.slope)
                if self.dropout and random is not None:
                    local *= self._dropout_mask(local, random)
                slopes.append(local)
                inputs = linear * local
        return slopes

    def _dropout_mask(self, like, random):
        kept = torch.empty_like(like).bernoulli_(1 - self.dropout, generator=random)
        return kept / (1 - self.dropout)


class _BatchNorm(nn.Module):
    """Batch normalisation over the rows of each network."""

    mean: torch.Tensor
    variance: torch.Tensor

    def __init__(self, n_nets, width, device):
        super().__init__()
        shape = (n_nets, 1, width)
        self.scale = nn.Parameter(torch.ones(shape, device=device))
        self.shift = nn.Parameter(torch.zeros(shape, device=device))
        self.register_buffer("mean", torch.zeros(shape, device=device))
        self.register_buffer("variance", torch.ones(shape, device=device))

    def forward(self, inputs):
        if self.training:
            n = inputs.shape[1]
            variance, mean = torch.var_mean(inputs, dim=1, keepdim=True, correction=0)
            with torch.no_grad():
                self.mean.lerp_(mean, _NORM_MOMENTUM)
                self.variance.lerp_(variance * n / (n - 1), _NORM_MOMENTUM)
        else:
            variance, mean = self.variance, self.mean
        scale = self.scale * torch.rsqrt(variance + 1e-5)
        return torch.addcmul(self.shift - mean * scale, inputs, scale)


def uniform(shape, bound, random):
    """Weights drawn between -bound and bound, on the device of the generator."""
    values = torch.empty(shape, dtype=torch.float32, device=random.device)
    return nn.Parameter(values.uniform_(-bound, bound, generator=random))

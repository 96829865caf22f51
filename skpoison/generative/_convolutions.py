"""Convolutional networks for images, several of one shape side by side."""

from itertools import pairwise

import torch
from torch import nn

from ._networks import MLP, uniform

__all__ = ["ConvNet", "ImageDecoder"]

# Where the images are so small, fully connected layers take over.
_SMALL_SIDE = 8
_FIRST_CHANNELS, _MOST_CHANNELS = 16, 64


class ConvNet(nn.Module):
    """Convolutions that halve an image until it is small, then an `MLP`.

    Parameters
    ----------
    image_shape : tuple of int
        (channels, height, width).
    sizes : sequence of int
        Widths of the fully connected layers, the output included.
    random : torch.Generator
        Draws the initial weights, on its own device.
    n_nets : int, default=1
    dropout : float, default=0.0
        Share of the hidden units of the fully connected layers that are dropped in a
        pass that is given a generator.
    """

    def __init__(self, image_shape, sizes, random, *, n_nets=1, dropout=0.0):
        super().__init__()
        channels, *side = image_shape
        widths, strides = _plan(channels, max(side))
        self.layers = nn.ModuleList(
            _Convolutions(n_in, n_out, stride, random, n_nets=n_nets)
            for (n_in, n_out), stride in zip(pairwise(widths), strides)
        )
        for stride in strides:
            side = [-(-length // stride) for length in side]
        n_inputs = widths[-1] * side[0] * side[1]
        self.head = MLP((n_inputs, *sizes), random, n_nets=n_nets, dropout=dropout)

    def forward(self, images, random=None):
        """Outputs of every network.

        Parameters
        ----------
        images : tensor of shape (n_nets, n_rows, channels, height, width)
        random : torch.Generator or None, default=None
            Draws the dropout masks; without it no unit is dropped.

        Returns
        -------
        tensor of shape (n_nets, n_rows, n_outputs)
        """
        maps = _side_by_side(images)
        for layer in self.layers:
            maps = nn.functional.leaky_relu(layer(maps), self.head.slope)
        return self.head(_one_by_one(maps, len(images)).flatten(2), random)


class ImageDecoder(nn.Module):
    """From vectors to images, that grow twofold with each convolution.

    Parameters
    ----------
    sizes : sequence of int
        Widths of the fully connected layers, the input included.
    image_shape : tuple of int
        (channels, height, width) of the images made.
    random : torch.Generator
    n_nets : int, default=1
    """

    def __init__(self, sizes, image_shape, random, *, n_nets=1):
        super().__init__()
        channels, *self.side = image_shape
        widths, self.strides = (part[::-1] for part in _plan(channels, max(self.side)))
        small = [-(-length // _product(self.strides)) for length in self.side]
        self.small = (widths[0], *small)
        self.body = MLP(
            (*sizes, _product(self.small)), random, n_nets=n_nets, batch_norm=True
        )
        self.layers = nn.ModuleList(
            _Convolutions(n_in, n_out, 1, random, n_nets=n_nets)
            for n_in, n_out in pairwise(widths)
        )

    def forward(self, inputs):
        """Images of shape (n_nets, n_rows, channels, height, width)."""
        vectors = self.body(inputs)
        maps = _side_by_side(vectors.unflatten(2, self.small))
        for layer, stride in zip(self.layers, self.strides):
            maps = nn.functional.leaky_relu(maps, self.body.slope)
            maps = layer(nn.functional.interpolate(maps, scale_factor=stride))
        height, width = self.side
        return _one_by_one(maps, len(inputs))[..., :height, :width]


class _Convolutions(nn.Module):
    """One layer of 3 x 3 convolutions for each network, as groups of a single one."""

    def __init__(self, n_in, n_out, stride, random, *, n_nets):
        super().__init__()
        self.stride = stride
        self.n_nets = n_nets
        bound = (9 * n_in) ** -0.5
        self.weight = uniform((n_nets * n_out, n_in, 3, 3), bound, random)
        self.bias = uniform((n_nets * n_out,), bound, random)

    def forward(self, maps):
        return nn.functional.conv2d(
            maps,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=1,
            groups=self.n_nets,
        )


def _plan(channels, side):
    """Numbers of channels between the layers, and by how much each layer shrinks."""
    strides = [1] if side <= _SMALL_SIDE else []
    side = -(-side // 2)
    strides.append(2)
    while side > _SMALL_SIDE:
        side = -(-side // 2)
        strides.append(2)
    widths = [min(_FIRST_CHANNELS * 2**i, _MOST_CHANNELS) for i in range(len(strides))]
    return [channels, *widths], strides


def _side_by_side(images):
    """The images of every network as channels of one, which is fastest when last."""
    maps = images.transpose(0, 1).flatten(1, 2)
    return maps.contiguous(memory_format=torch.channels_last)


def _one_by_one(maps, n_nets):
    return maps.unflatten(1, (n_nets, -1)).transpose(0, 1)


def _product(lengths):
    return torch.Size(lengths).numel()

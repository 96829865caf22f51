"""Densely connected network."""

from __future__ import annotations

import torch
from torch import nn

from ._blocks import PooledClassifier, conv, norm_relu

__all__ = ["DenseNet121"]

GROWTH = 32


class _Layer(nn.Module):
    """Appends new channels to those it is given."""

    def __init__(self, n_in):
        super().__init__()
        self.new = nn.Sequential(
            norm_relu(n_in),
            conv(n_in, 4 * GROWTH),
            norm_relu(4 * GROWTH),
            conv(4 * GROWTH, GROWTH, 3),
        )

    def forward(self, x):
        return torch.cat([x, self.new(x)], dim=1)


def _dense_block(n_in, n_layers):
    return nn.Sequential(*(_Layer(n_in + i * GROWTH) for i in range(n_layers)))


def _transition(n_in):
    """Half the channels, half the size."""
    return nn.Sequential(norm_relu(n_in), conv(n_in, n_in // 2), nn.AvgPool2d(2))


class DenseNet121(PooledClassifier):
    """Densely connected network of 121 layers, growth rate 32: 6.96 M weights.

    Every layer of a block sees what all layers before it made. The embedding has 1,024
    features.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] G. Huang, Z. Liu, L. van der Maaten and K. Weinberger, "Densely Connected
       Convolutional Networks", 2017, section 3 and table 1.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import DenseNet121
    >>> DenseNet121()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        body = nn.Sequential(
            conv(in_channels, 64, 3),
            _dense_block(64, 6),
            _transition(256),
            _dense_block(128, 12),
            _transition(512),
            _dense_block(256, 24),
            _transition(1024),
            _dense_block(512, 16),
            norm_relu(1024),
        )
        super().__init__(body, 1024, n_classes)

"""The Inception network."""

from __future__ import annotations

import torch
from torch import nn

from ._blocks import PooledClassifier, conv_norm_relu

__all__ = ["GoogLeNet"]


class _Inception(nn.Module):
    """Four branches side by side, of different reach.

    Parameters
    ----------
    n_in : int
    n_1x1 : int
        Channels of the 1 x 1 convolution.
    small : tuple of two ints
        Channels before and after the 3 x 3 convolution.
    large : tuple of two ints
        Channels before and after the two 3 x 3 convolutions that reach 5 x 5.
    n_pooled : int
        Channels of the projection after max-pooling.
    """

    def __init__(self, n_in, n_1x1, small, large, n_pooled):
        super().__init__()
        self.branches = nn.ModuleList(
            [
                conv_norm_relu(n_in, n_1x1),
                nn.Sequential(
                    conv_norm_relu(n_in, small[0]),
                    conv_norm_relu(small[0], small[1], 3),
                ),
                nn.Sequential(
                    conv_norm_relu(n_in, large[0]),
                    conv_norm_relu(large[0], large[1], 3),
                    conv_norm_relu(large[1], large[1], 3),
                ),
                nn.Sequential(
                    nn.MaxPool2d(3, stride=1, padding=1),
                    conv_norm_relu(n_in, n_pooled),
                ),
            ]
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class GoogLeNet(PooledClassifier):
    """Inception network of 22 layers: 6.16 M weights.

    Convolutions of several sizes side by side, without the auxiliary classifiers, with
    batch normalization, and with two 3 x 3 convolutions in place of each 5 x 5 [2]_.
    The embedding has 1,024 features. Published counts of 6.17 M include a bias per
    convolution, which the normalization after it cancels.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] C. Szegedy et al., "Going Deeper with Convolutions", 2015, table 1.
    .. [2] S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network
       Training by Reducing Internal Covariate Shift", 2015, section 4.2.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import GoogLeNet
    >>> GoogLeNet()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        body = nn.Sequential(
            conv_norm_relu(in_channels, 192, 3),
            _Inception(192, 64, (96, 128), (16, 32), 32),
            _Inception(256, 128, (128, 192), (32, 96), 64),
            nn.MaxPool2d(3, stride=2, padding=1),
            _Inception(480, 192, (96, 208), (16, 48), 64),
            _Inception(512, 160, (112, 224), (24, 64), 64),
            _Inception(512, 128, (128, 256), (24, 64), 64),
            _Inception(512, 112, (144, 288), (32, 64), 64),
            _Inception(528, 256, (160, 320), (32, 128), 128),
            nn.MaxPool2d(3, stride=2, padding=1),
            _Inception(832, 256, (160, 320), (32, 128), 128),
            _Inception(832, 384, (192, 384), (48, 128), 128),
        )
        super().__init__(body, 1024, n_classes)

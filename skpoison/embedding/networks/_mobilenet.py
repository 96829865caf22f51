"""Inverted residuals on depthwise convolutions."""

from __future__ import annotations

from functools import partial

from torch import nn

from ._blocks import (
    PooledClassifier,
    Residual,
    conv_norm,
    conv_norm_relu,
    projection,
    stage,
)

__all__ = ["MobileNetV2"]


def _inverted_residual(n_in, n_out, stride, *, expansion):
    width = expansion * n_in
    branch = nn.Sequential(
        conv_norm_relu(n_in, width),
        conv_norm_relu(width, width, 3, stride=stride, groups=width),
        conv_norm(width, n_out),
    )
    if stride > 1:
        return branch
    return Residual(branch, projection(n_in, n_out, stride))


class MobileNetV2(PooledClassifier):
    """Network of inverted residuals with linear bottlenecks: 2.30 M weights.

    The first convolution and the second stage keep the size of the image. The
    embedding has 1,280 features. As in the network that the attacks were published
    against, and unlike [1]_, a projection passes by the blocks that change the number
    of channels alone, the first block expands too (by 1), and the rectifier is not
    capped at 6.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] M. Sandler, A. Howard, M. Zhu, A. Zhmoginov and L.-C. Chen, "MobileNetV2:
       Inverted Residuals and Linear Bottlenecks", 2018, table 2.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import MobileNetV2
    >>> MobileNetV2()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        expanding = partial(_inverted_residual, expansion=6)
        body = nn.Sequential(
            conv_norm_relu(in_channels, 32, 3),
            _inverted_residual(32, 16, 1, expansion=1),
            stage(expanding, 16, 24, 2, 1),
            stage(expanding, 24, 32, 3, 2),
            stage(expanding, 32, 64, 4, 2),
            stage(expanding, 64, 96, 3, 1),
            stage(expanding, 96, 160, 3, 2),
            stage(expanding, 160, 320, 1, 1),
            conv_norm_relu(320, 1280),
        )
        super().__init__(body, 1280, n_classes)

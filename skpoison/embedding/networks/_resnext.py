"""Residual network of grouped convolutions."""

from __future__ import annotations

from torch import nn

from ._blocks import (
    PooledClassifier,
    Residual,
    conv_norm,
    conv_norm_relu,
    projection,
    stage,
)

__all__ = ["ResNeXt29"]

N_GROUPS = 2


def _block(n_in, n_out, stride):
    width = n_out // 2
    branch = nn.Sequential(
        conv_norm_relu(n_in, width),
        conv_norm_relu(width, width, 3, stride=stride, groups=N_GROUPS),
        conv_norm(width, n_out),
    )
    return nn.Sequential(Residual(branch, projection(n_in, n_out, stride)), nn.ReLU())


class ResNeXt29(PooledClassifier):
    """ResNeXt-29 of 2 groups of 64 channels (2x64d): 9.13 M weights.

    Residual blocks whose 3 x 3 convolution works on two groups of channels. The
    embedding has 1,024 features. The first convolution is 1 x 1, as in the network
    that the attacks were published against; that of [1]_ is 3 x 3.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] S. Xie, R. Girshick, P. Dollár, Z. Tu and K. He, "Aggregated Residual
       Transformations for Deep Neural Networks", 2017, section 5.3.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import ResNeXt29
    >>> ResNeXt29()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        body = nn.Sequential(
            conv_norm_relu(in_channels, 64),
            stage(_block, 64, 256, 3, 1),
            stage(_block, 256, 512, 3, 2),
            stage(_block, 512, 1024, 3, 2),
        )
        super().__init__(body, 1024, n_classes)

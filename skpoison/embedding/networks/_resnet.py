"""Residual networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn
from torch.nn.functional import pad

from ._blocks import (
    PooledClassifier,
    Residual,
    conv_norm,
    conv_norm_relu,
    projection,
    stage,
)

__all__ = ["ResNet8", "ResNet18", "ResNet20", "ResNet50"]


class _PaddedShortcut(nn.Module):
    """Every second pixel, and zeros as the new channels: no weights."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.n_new = n_out - n_in
        self.stride = stride

    def forward(self, x):
        kept = x[..., :: self.stride, :: self.stride]
        return pad(kept, (0, 0, 0, 0, 0, self.n_new))


def _basic_block(n_in, n_out, stride, shortcut=projection):
    branch = nn.Sequential(
        conv_norm_relu(n_in, n_out, 3, stride=stride),
        conv_norm(n_out, n_out, 3),
    )
    return nn.Sequential(Residual(branch, shortcut(n_in, n_out, stride)), nn.ReLU())


def _narrow_block(n_in, n_out, stride):
    return _basic_block(n_in, n_out, stride, shortcut=_PaddedShortcut)


def _bottleneck(n_in, n_out, stride):
    width = n_out // 4
    branch = nn.Sequential(
        conv_norm_relu(n_in, width),
        conv_norm_relu(width, width, 3, stride=stride),
        conv_norm(width, n_out),
    )
    return nn.Sequential(Residual(branch, projection(n_in, n_out, stride)), nn.ReLU())


class _NarrowResNet(PooledClassifier):
    """Three stages of 16, 32 and 64 channels, with shortcuts that have no weights."""

    def __init__(self, n_blocks: int, n_classes: int, in_channels: int) -> None:
        body = nn.Sequential(
            conv_norm_relu(in_channels, 16, 3),
            stage(_narrow_block, 16, 16, n_blocks, 1),
            stage(_narrow_block, 16, 32, n_blocks, 2),
            stage(_narrow_block, 32, 64, n_blocks, 2),
        )
        super().__init__(body, 64, n_classes)


class _WideResNet(PooledClassifier):
    """Four stages, each twice as wide as the one before, with projections."""

    def __init__(
        self,
        block: Callable[..., nn.Module],
        width: int,
        depths: Sequence[int],
        n_classes: int,
        in_channels: int,
    ) -> None:
        body = nn.Sequential(
            conv_norm_relu(in_channels, 64, 3),
            stage(block, 64, width, depths[0], 1),
            stage(block, width, 2 * width, depths[1], 2),
            stage(block, 2 * width, 4 * width, depths[2], 2),
            stage(block, 4 * width, 8 * width, depths[3], 2),
        )
        super().__init__(body, 8 * width, n_classes)


class ResNet8(_NarrowResNet):
    """Residual network of 8 layers and 16, 32 and 64 channels: 75,290 weights.

    The smallest of the family that [1]_ trains on CIFAR-10: one block of two
    convolutions per stage. The embedding has 64 features.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep Residual Learning for Image
       Recognition", 2016, section 4.2.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import ResNet8
    >>> ResNet8()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        super().__init__(1, n_classes, in_channels)


class ResNet20(_NarrowResNet):
    """Residual network of 20 layers and 16, 32 and 64 channels: .27 M weights.

    The network of [1]_ for CIFAR-10, with n = 3. The embedding has 64 features.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep Residual Learning for Image
       Recognition", 2016, section 4.2.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import ResNet20
    >>> ResNet20()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        super().__init__(3, n_classes, in_channels)


class ResNet18(_WideResNet):
    """Residual network of 18 layers: 11.17 M weights.

    The first convolution is 3 x 3 and no pooling follows it, so that an image of
    32 x 32 pixels ends as 4 x 4 positions. The embedding has 512 features.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep Residual Learning for Image
       Recognition", 2016, table 1.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import ResNet18
    >>> ResNet18()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        super().__init__(_basic_block, 64, (2, 2, 2, 2), n_classes, in_channels)


class ResNet50(_WideResNet):
    """Residual network of 50 layers, in bottleneck blocks: 23.52 M weights.

    The first convolution is 3 x 3 and no pooling follows it. The embedding has 2,048
    features.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep Residual Learning for Image
       Recognition", 2016, table 1 and figure 5.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import ResNet50
    >>> ResNet50()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        super().__init__(_bottleneck, 256, (3, 4, 6, 3), n_classes, in_channels)

"""Residual network with squeeze and excitation."""

from __future__ import annotations

from torch import nn

from ._blocks import PooledClassifier, conv, conv_norm_relu, norm_relu, stage

__all__ = ["SENet18"]

REDUCTION = 16


class _SqueezeExcitation(nn.Module):
    """Weighs each channel by what the channels hold on average over the image."""

    def __init__(self, n_channels):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(n_channels, n_channels // REDUCTION, 1),
            nn.ReLU(),
            nn.Conv2d(n_channels // REDUCTION, n_channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.gate(x)


class _Block(nn.Module):
    """Pre-activation: normalized before each convolution, never after the sum."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.activation = norm_relu(n_in)
        self.branch = nn.Sequential(
            conv(n_in, n_out, 3, stride=stride),
            norm_relu(n_out),
            conv(n_out, n_out, 3),
            _SqueezeExcitation(n_out),
        )
        same_shape = n_in == n_out and stride == 1
        self.shortcut = None if same_shape else conv(n_in, n_out, stride=stride)

    def forward(self, x):
        active = self.activation(x)
        kept = x if self.shortcut is None else self.shortcut(active)
        return self.branch(active) + kept


class SENet18(PooledClassifier):
    """Pre-activation ResNet-18 with squeeze and excitation: 11.26 M weights.

    Each block [2]_ ends in a gate that weighs its channels [1]_. The embedding has 512
    features, which may be negative: the last sum is neither normalized nor rectified,
    as in the network that the attacks were published against.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] J. Hu, L. Shen and G. Sun, "Squeeze-and-Excitation Networks", 2018,
       section 3.
    .. [2] K. He, X. Zhang, S. Ren and J. Sun, "Identity Mappings in Deep Residual
       Networks", 2016, figure 1.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import SENet18
    >>> SENet18()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        body = nn.Sequential(
            conv_norm_relu(in_channels, 64, 3),
            stage(_Block, 64, 64, 2, 1),
            stage(_Block, 64, 128, 2, 2),
            stage(_Block, 128, 256, 2, 2),
            stage(_Block, 256, 512, 2, 2),
        )
        super().__init__(body, 512, n_classes)

"""The vocabulary of the networks: convolutions, shortcuts, stages and the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "PooledClassifier",
    "Residual",
    "conv",
    "conv_norm",
    "conv_norm_relu",
    "norm_relu",
    "projection",
    "stage",
]


def conv(n_in, n_out, kernel=1, *, stride=1, groups=1):
    """A convolution that keeps the size (but for its stride) and has no bias."""
    return nn.Conv2d(
        n_in, n_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False
    )


def conv_norm(n_in, n_out, kernel=1, *, stride=1, groups=1):
    """A convolution and batch normalization, which has the bias."""
    return nn.Sequential(
        conv(n_in, n_out, kernel, stride=stride, groups=groups),
        nn.BatchNorm2d(n_out),
    )


def conv_norm_relu(n_in, n_out, kernel=1, *, stride=1, groups=1):
    """A convolution, batch normalization and the rectifier."""
    return conv_norm(n_in, n_out, kernel, stride=stride, groups=groups).append(
        nn.ReLU()
    )


def norm_relu(n_channels):
    """What a pre-activation block applies before a convolution."""
    return nn.Sequential(nn.BatchNorm2d(n_channels), nn.ReLU())


def projection(n_in, n_out, stride):
    """The shortcut around a block: nothing where the shapes agree."""
    if n_in == n_out and stride == 1:
        return nn.Identity()
    return conv_norm(n_in, n_out, stride=stride)


def stage(block, n_in, n_out, n_blocks, stride):
    """A sequence of blocks ``block(n_in, n_out, stride)``, of which the first strides.

    Parameters
    ----------
    block : callable
    n_in, n_out : int
        Channels before and after the stage.
    n_blocks : int
    stride : int

    Returns
    -------
    torch.nn.Sequential
    """
    rest = [block(n_out, n_out, 1) for _ in range(n_blocks - 1)]
    return nn.Sequential(block(n_in, n_out, stride), *rest)


class Residual(nn.Module):
    """The sum of a branch and a shortcut."""

    def __init__(self, branch, shortcut):
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut

    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


class PooledClassifier(nn.Module):
    """A convolutional body, the mean over all positions, and a linear head."""

    def __init__(self, body: nn.Module, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.body = body
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(n_features, n_classes)

    def forward(self, X: Tensor) -> Tensor:
        """Return the logits, of shape (n_samples, n_classes)."""
        return self.head(self.pool(self.body(X)))

"""Dual path network."""

from __future__ import annotations

import torch
from torch import nn

from ._blocks import PooledClassifier, conv_norm, conv_norm_relu

__all__ = ["DPN92"]

N_GROUPS = 32


class _DualPathBlock(nn.Module):
    """Adds to the first channels (the residual path), appends the rest (the dense one).

    Parameters
    ----------
    n_in : int
        Channels given.
    width : int
        Channels of the grouped convolution.
    n_sum : int
        Channels of the residual path.
    n_new : int
        Channels appended to the dense path.
    stride : int
    first : bool
        Whether it starts a stage: both paths then start from a projection.
    """

    def __init__(self, n_in, width, n_sum, n_new, stride, first):
        super().__init__()
        self.n_sum = n_sum
        self.branch = nn.Sequential(
            conv_norm_relu(n_in, width),
            conv_norm_relu(width, width, 3, stride=stride, groups=N_GROUPS),
            conv_norm(width, n_sum + n_new),
        )
        self.shortcut = (
            conv_norm(n_in, n_sum + n_new, stride=stride) if first else nn.Identity()
        )

    def forward(self, x):
        old, new = self.shortcut(x), self.branch(x)
        summed = old[:, : self.n_sum] + new[:, : self.n_sum]
        dense = old[:, self.n_sum :], new[:, self.n_sum :]
        return torch.cat([summed, *dense], dim=1).relu()


def _stage(n_in, width, n_sum, n_new, n_blocks, stride):
    blocks = [_DualPathBlock(n_in, width, n_sum, n_new, stride, first=True)]
    # The first block leaves 2 n_new channels in the dense path, each other adds n_new.
    blocks += [
        _DualPathBlock(n_sum + i * n_new, width, n_sum, n_new, 1, first=False)
        for i in range(2, n_blocks + 1)
    ]
    return nn.Sequential(*blocks)


class DPN92(PooledClassifier):
    """Dual path network of 92 layers: 34.24 M weights.

    Each block adds to a residual path and appends to a dense one. The embedding has
    2,560 features. The rectifier follows the sum, as in the network that the attacks
    were published against; in [1]_ it precedes the convolutions.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] Y. Chen, J. Li, H. Xiao, X. Jin, S. Yan and J. Feng, "Dual Path Networks",
       2017, section 4 and table 1.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import DPN92
    >>> DPN92()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        body = nn.Sequential(
            conv_norm_relu(in_channels, 64, 3),
            _stage(64, 96, 256, 16, 3, 1),
            _stage(320, 192, 512, 32, 4, 2),
            _stage(672, 384, 1024, 24, 20, 2),
            _stage(1528, 768, 2048, 128, 3, 2),
        )
        super().__init__(body, 2560, n_classes)

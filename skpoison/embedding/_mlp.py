"""A small multi-layer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor


class MLP(nn.Module):
    """Fully connected ReLU layers and a linear head.

    The forward pass returns logits: train it with
    :class:`torch.nn.CrossEntropyLoss`, not with skorch's default criterion, which
    expects probabilities. With ``n_classes=1`` it is a regression net.

    Parameters
    ----------
    n_features : int
        Width of the input.
    n_classes : int
        Number of outputs.
    hidden : sequence of int, default=(128, 64)
        Width of each hidden layer; the last is the width of the embedding.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding import MLP
    >>> MLP(64, 10)(torch.zeros(3, 64)).shape
    torch.Size([3, 10])
    """

    def __init__(
        self, n_features: int, n_classes: int, *, hidden: Sequence[int] = (128, 64)
    ) -> None:
        super().__init__()
        widths = (n_features, *hidden)
        layers = [
            layer
            for n_in, n_out in pairwise(widths)
            for layer in (nn.Linear(n_in, n_out), nn.ReLU())
        ]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], n_classes)

    def forward(self, X: Tensor) -> Tensor:
        """Return the logits, of shape (n_samples, n_classes)."""
        return self.head(self.body(X))

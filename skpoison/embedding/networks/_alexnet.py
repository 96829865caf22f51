"""AlexNet, scaled down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AlexNet"]


def _response_norm():
    return nn.LocalResponseNorm(9, alpha=0.001, beta=0.75, k=1.0)


class AlexNet(nn.Module):
    """AlexNet scaled down to images of 32 x 32 pixels: 1.76 M weights.

    Two convolutions with local response normalization and two hidden linear layers
    [1]_: the victim of feature collision [2]_. No batch normalization. The embedding
    has 192 features. Of all networks here it alone fixes the size of the image.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    in_channels : int, default=3
        Channels of an image.

    References
    ----------
    .. [1] A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet Classification with
       Deep Convolutional Neural Networks", 2012, section 3.
    .. [2] A. Shafahi et al., "Poison Frogs! Targeted Clean-Label Poisoning Attacks on
       Neural Networks", 2018, section 4.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import AlexNet
    >>> AlexNet()(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, n_classes: int = 10, *, in_channels: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, 64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
            _response_norm(),
            nn.Conv2d(64, 64, 5, padding=2),
            nn.ReLU(),
            _response_norm(),
            nn.MaxPool2d(3, stride=2, padding=1),
            nn.Flatten(),
            nn.Linear(64 * 8 * 8, 384),
            nn.ReLU(),
            nn.Linear(384, 192),
            nn.ReLU(),
        )
        self.head = nn.Linear(192, n_classes)

    def forward(self, X: Tensor) -> Tensor:
        """Return the logits, of shape (n_samples, n_classes)."""
        return self.head(self.body(X))

"""Critics D(x | y), of vectors and of images, several side by side."""

import torch
from torch import nn

from ._convolutions import ConvNet
from ._gradient_penalty import input_gradient
from ._networks import MLP

__all__ = ["make_critic"]


def make_critic(encoder, settings, random, *, n_nets=1):
    """The critics, or the discriminator, for the rows of an encoder.

    Parameters
    ----------
    encoder : Encoder
    settings : estimator
        Its `hidden_layer_sizes` and `dropout`.
    random : torch.Generator
        Draws the initial weights.
    n_nets : int, default=1

    Returns
    -------
    VectorCritic or ImageCritic
    """
    kind = ImageCritic if encoder.is_image else VectorCritic
    return kind(encoder, settings, random, n_nets=n_nets)


class VectorCritic(nn.Module):
    """Fully connected critics, to which the condition is so many more features."""

    rows_at_once = 4096

    def __init__(self, encoder, settings, random, *, n_nets=1):
        super().__init__()
        self.n_nets = n_nets
        self.n_classes = encoder.n_classes
        (n_features,) = encoder.row_shape
        sizes = (n_features + encoder.n_conditions, *settings.hidden_layer_sizes, 1)
        self.network = MLP(sizes, random, n_nets=n_nets, dropout=settings.dropout)

    def forward(self, parts, random=None):
        """Score rows with their conditions.

        Parameters
        ----------
        parts : list of (tensor, tensor)
            Rows, of shape (n_nets, n_rows, ...), and their conditions.
        random : torch.Generator or None, default=None
            Draws dropout masks.

        Returns
        -------
        tensor of shape (n_nets, n_rows)
            The scores of all parts, one part after the other.
        """
        inputs = torch.cat([torch.cat(part, dim=2) for part in parts], dim=1)
        return self.network(inputs, random)[..., 0]

    def label_scores(self, x):
        """Score rows with every label.

        Returns
        -------
        tensor of shape (n_nets, n_rows, n_classes)
        """
        labels = torch.eye(self.n_classes, device=x.device)
        scores = [self([(x, y.expand(*x.shape[:2], -1))]) for y in labels]
        return torch.stack(scores, dim=2)

    def gradient(self, x, conditions, random=None):
        """Gradients of the scores by rows and by conditions, in one row each.

        Returns
        -------
        tensor of shape (n_nets, n_rows, n_features + n_conditions)
            Differentiable in the weights.
        """
        inputs = torch.cat([x, conditions], dim=2)
        return input_gradient(self.network, inputs, random)


class ImageCritic(nn.Module):
    """Convolutional critics, with the condition projected upon what they see.

    D(x | y) = c(x) + <y, v(x)>, where c and v are the outputs of one network [1]_. A
    network looks at an image once for all of its labels, where planes of constants
    beside the colours would have it look anew for each label.

    References
    ----------
    .. [1] T. Miyato, M. Koyama, "cGANs with Projection Discriminator", 2018.
    """

    rows_at_once = 512

    def __init__(self, encoder, settings, random, *, n_nets=1):
        super().__init__()
        self.n_nets = n_nets
        sizes = (*settings.hidden_layer_sizes, 1 + encoder.n_conditions)
        self.network = ConvNet(
            encoder.row_shape, sizes, random, n_nets=n_nets, dropout=settings.dropout
        )

    def forward(self, parts, random=None):
        """Score images with their conditions, as `VectorCritic` does.

        Images that are in several parts are looked at once.
        """
        seen: dict = {}
        scores = []
        for x, conditions in parts:
            if id(x) not in seen:
                seen[id(x)] = self.network(x, random)
            outputs = seen[id(x)]
            projection = (conditions * outputs[..., 1:]).sum(dim=2)
            scores.append(outputs[..., 0] + projection)
        return torch.cat(scores, dim=1)

    def label_scores(self, x):
        """Score images with every label, of shape (n_nets, n_rows, n_classes)."""
        outputs = self.network(x)
        return outputs[..., :1] + outputs[..., 1:]

    def gradient(self, x, conditions, random=None):
        """Gradients of the scores by images and by conditions, in one row each."""
        with torch.enable_grad():
            inputs = x.detach().requires_grad_(), conditions.detach().requires_grad_()
            total = self([inputs], random).sum()
            gradients = torch.autograd.grad(total, inputs, create_graph=True)
        return torch.cat([part.flatten(2) for part in gradients], dim=2)

"""Generators: from noise and a condition to a row."""

import torch
from torch import nn

from ._convolutions import ImageDecoder
from ._networks import MLP

__all__ = ["Generator"]


class Generator(nn.Module):
    """Generators G(z, y), one for each critic or discriminator.

    Parameters
    ----------
    encoder : Encoder
    settings : estimator
        Its `generator_layer_sizes` and `noise_dim`.
    random : torch.Generator
        Draws the initial weights.
    n_nets : int, default=1
    """

    def __init__(self, encoder, settings, random, *, n_nets=1):
        super().__init__()
        self.n_nets = n_nets
        self.noise_dim = settings.noise_dim
        self.span = encoder.span
        sizes = (settings.noise_dim + encoder.n_conditions,)
        sizes = (*sizes, *settings.generator_layer_sizes)
        self.networks: nn.Module
        if encoder.is_image:
            self.networks = ImageDecoder(
                sizes, encoder.row_shape, random, n_nets=n_nets
            )
        else:
            sizes = (*sizes, encoder.n_features)
            self.networks = MLP(sizes, random, n_nets=n_nets, batch_norm=True)

    def forward(self, conditions, random):
        """Scaled rows for conditions of shape (n_nets, n_rows, n_conditions)."""
        noise = torch.randn(
            (*conditions.shape[:2], self.noise_dim),
            generator=random,
            device=conditions.device,
        )
        inputs = torch.cat([noise, conditions], dim=2)
        return self.span * torch.tanh(self.networks(inputs))

    def sample(self, conditions, random):
        """One scaled row for each condition, by the first generator."""
        self.eval()
        with torch.no_grad():
            return self(conditions[None].expand(self.n_nets, -1, -1), random)[0]

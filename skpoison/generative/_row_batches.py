"""Which rows a critic learns from in one step."""

import torch

__all__ = ["RowBatches"]


class RowBatches:
    """Draws batches of rows for each network, in proportion to weights.

    Parameters
    ----------
    x : tensor of shape (n_samples, n_features)
    conditions : tensor of shape (n_samples, n_conditions)
    weights : ndarray of shape (n_nets, n_samples)
        How often each network is shown each row, up to a factor.
    batch_size : int
    random : torch.Generator
    """

    def __init__(self, x, conditions, weights, batch_size, random):
        self._x = x
        self._conditions = conditions
        self._random = random
        self._cumulated = torch.as_tensor(weights, device=random.device).cumsum(dim=1)
        self._shape = (len(weights), batch_size)

    def rows(self):
        """Rows and their conditions, of shape (n_nets, batch_size, ...)."""
        rows = self._draw()
        return self._x[rows], self._conditions[rows]

    def conditions(self):
        """The conditions of rows drawn anew."""
        return self._conditions[self._draw()]

    def _draw(self):
        share = torch.rand(
            self._shape,
            dtype=self._cumulated.dtype,
            generator=self._random,
            device=self._random.device,
        )
        return torch.searchsorted(
            self._cumulated, share * self._cumulated[:, -1:], right=True
        )

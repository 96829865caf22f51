"""The range of the clean rows, entry by entry."""

import torch

__all__ = ["RowScale"]


class RowScale:
    """Scales rows such that every entry spans [-1, 1] over the clean rows.

    An entry that is constant there is 0, and stays as it is in whatever is made.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...)
    device : torch.device
    """

    def __init__(self, X, device):
        self._low, self._high = X.min(axis=0), X.max(axis=0)
        self._middle = self._low + (self._high - self._low) / 2
        self._half = (self._high - self._low) / 2
        self._device = device

    def scaled(self, X):
        """A tensor of float32."""
        unit = self._half + (self._half == 0)
        scaled = (X - self._middle) / unit
        return torch.tensor(scaled, dtype=torch.float32, device=self._device)

    def original(self, rows):
        """An ndarray in the units and the type of the clean rows."""
        rows = self._middle + self._half * rows.cpu().numpy()
        return rows.clip(self._low, self._high).astype(self._low.dtype)

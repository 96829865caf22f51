"""Images as a training sees them that shifts and mirrors them at random."""

import torch

__all__ = ["RandomViews"]


class RandomViews:
    """Draws shifts and mirror images, through which gradients pass.

    Parameters
    ----------
    max_shift : int
        Pixels along each axis; what comes in from beyond the edge is zero.
    flip : bool
        Whether every other image is mirrored, left to right.
    random : torch.Generator
    """

    def __init__(self, *, max_shift, flip, random):
        self._max_shift = max_shift
        self._flip = flip
        self._random = random

    def __call__(self, images):
        """One view of each image.

        Parameters
        ----------
        images : tensor of shape (n_images, channels, height, width)

        Returns
        -------
        tensor like images
        """
        if not self._max_shift and not self._flip:
            return images
        n, n_channels, height, width = images.shape
        reach = self._max_shift
        padded = torch.nn.functional.pad(images, [reach] * 4)
        rows = self._offsets(n, images.device) + torch.arange(height).to(images.device)
        columns = torch.arange(width).to(images.device).expand(n, width)
        if self._flip:
            mirrored = self._drawn(2, n, images.device).bool()
            columns = torch.where(mirrored, columns.flip(1), columns)
        columns = columns + self._offsets(n, images.device)
        each = torch.arange(n, device=images.device)[:, None, None, None]
        channels = torch.arange(n_channels, device=images.device)[None, :, None, None]
        return padded[each, channels, rows[:, None, :, None], columns[:, None, None, :]]

    def _offsets(self, n, device):
        return self._drawn(2 * self._max_shift + 1, n, device)

    def _drawn(self, high, n, device):
        return torch.randint(high, (n, 1), generator=self._random, device=device)

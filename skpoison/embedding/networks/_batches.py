"""Batches of images that are moved and mirrored at random."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from torch.utils.data import default_collate

__all__ = ["AugmentedBatches", "shifted"]


class AugmentedBatches:
    """Shuffled batches for training: the `iterator_train` of a skorch net for images.

    Each image is moved by up to `shift` pixels in both directions, its edges
    reflected, and mirrored left to right in every second epoch: in the even or in the
    odd ones, as a coin decides per image. Rows that fill no batch wait for an epoch
    that shuffles them otherwise.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
        Of pairs of an image, of shape (channels, height, width), and its target.
    batch_size : int
    shift : int, default=2
        In pixels.
    generator : torch.Generator, default=None
        None for torch's own.

    Raises
    ------
    ValueError
        While iterating, for rows that are no images.

    See Also
    --------
    make_fast_classifier : A recipe that trains on such batches.

    Examples
    --------
    >>> import torch
    >>> from skpoison.embedding.networks import AugmentedBatches
    >>> dataset = [(torch.rand(3, 32, 32), i % 2) for i in range(10)]
    >>> for images, target in AugmentedBatches(dataset, batch_size=4):
    ...     print(images.shape, target.shape)
    torch.Size([4, 3, 32, 32]) torch.Size([4])
    torch.Size([4, 3, 32, 32]) torch.Size([4])
    """

    def __init__(
        self,
        dataset: Any,
        *,
        batch_size: int,
        shift: int = 2,
        generator: torch.Generator | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = min(batch_size, len(dataset))
        self.shift = shift
        self.generator = generator
        self.mirrored = torch.randint(2, (len(dataset),), generator=generator).bool()

    def __len__(self) -> int:
        return len(self.dataset) // self.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.dataset), generator=self.generator)
        for rows in order.split(self.batch_size)[: len(self)]:
            images, target = default_collate([self.dataset[i] for i in rows.tolist()])
            if images.ndim != 4:
                raise ValueError(
                    "X must hold images, of shape (n_samples, channels, height, "
                    f"width); its rows have the shape {tuple(images.shape[1:])}."
                )
            mirrored = self.mirrored[rows, None, None, None]
            images = torch.where(mirrored, images.flip(-1), images)
            yield self._moved(images), target
        self.mirrored = ~self.mirrored

    def state_dict(self) -> dict[str, Tensor]:
        """What a training that goes on after an epoch needs to know.

        Returns
        -------
        dict of str -> tensor
        """
        return {"mirrored": self.mirrored}

    def load_state_dict(self, state_dict: dict[str, Tensor]) -> None:
        """Go on from a state.

        Parameters
        ----------
        state_dict : dict of str -> tensor
            From `state_dict`.
        """
        self.mirrored = state_dict["mirrored"]

    def _moved(self, images):
        moves = torch.randint(
            -self.shift,
            self.shift + 1,
            (2, len(images)),
            generator=self.generator,
        )
        return shifted(images, *moves, reach=self.shift)


def shifted(images, down, right, *, reach):
    """Each image moved by as many pixels as given for it, edges reflected.

    Parameters
    ----------
    images : tensor of shape (n, channels, height, width)
    down, right : int tensors of shape (n,)
        From -reach to reach.
    reach : int

    Returns
    -------
    tensor of the shape of images
    """
    height, width = images.shape[-2:]
    padded = pad(images, (reach,) * 4, mode="reflect")
    row = torch.arange(height) + (reach - down)[:, None]
    column = torch.arange(width) + (reach - right)[:, None]
    image = torch.arange(len(images))[:, None, None]
    # Indices on both sides of the slice put the channels last.
    return padded[image, :, row[:, :, None], column[:, None, :]].movedim(-1, 1)

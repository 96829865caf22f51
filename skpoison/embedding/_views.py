"""Views of an image, over which features are averaged."""

from functools import partial
from itertools import product

import torch
from torch.nn.functional import pad

__all__ = ["VIEWS", "resolve_views"]


def _flip_and_shift(images, flip, dy, dx):
    """Images mirrored left to right, then moved by up to a pixel, edges reflected."""
    if flip:
        images = images.flip(-1)
    if (dy, dx) == (0, 0):
        return images
    height, width = images.shape[-2:]
    padded = pad(images, (1, 1, 1, 1), mode="reflect")
    return padded[..., 1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]


FLIPS = (False, True)
SHIFTS = ((0, 0), (-1, -1), (1, 1))

VIEWS = {
    name: [partial(_flip_and_shift, flip=f, dy=y, dx=x) for f, (y, x) in moves]
    for name, moves in {
        "flip": product(FLIPS, SHIFTS[:1]),
        "shift": product(FLIPS[:1], SHIFTS),
        "flip+shift": product(FLIPS, SHIFTS),
    }.items()
}


def resolve_views(views):
    """The views as functions of a batch of images; one that changes nothing for None.

    Raises
    ------
    ValueError
        When there is none, or one cannot be called.
    """
    if views is None:
        return [torch.nn.Identity()]
    if isinstance(views, str):
        return VIEWS[views]
    views = list(views)
    if not views or not all(callable(view) for view in views):
        raise ValueError(
            "views must name a set of views or list functions that map a batch of "
            f"images to a batch of the same shape; got {views!r}."
        )
    return views

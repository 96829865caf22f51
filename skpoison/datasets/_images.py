"""What a fetcher of images returns, and how it cuts out a small set of them."""

import numpy as np
from sklearn.utils import Bunch

__all__ = ["first_of_each_class", "image_set"]


def image_set(images, y, positions, *, target_names, DESCR, return_X_y):
    """A Bunch of the images at the given positions, or its (X, y)."""
    if len(positions) < len(y):
        images, y = images[positions], y[positions]
    target = y.astype(np.int64)
    data = images.reshape(len(images), -1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        images=images,
        target=target,
        target_names=target_names,
        positions=positions,
        DESCR=DESCR,
    )


def first_of_each_class(y, n_images):
    """Positions of the first images of each class, ascending."""
    firsts = [np.flatnonzero(y == label)[:n_images] for label in np.unique(y)]
    return np.sort(np.concatenate(firsts))

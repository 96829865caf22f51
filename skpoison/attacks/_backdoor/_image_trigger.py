"""A pattern over an image."""

import numpy as np

__all__ = ["ImageTrigger", "blended_noise", "bright_patch", "check_images", "mix"]

# Images have so few channels; no height or width is as small.
_CHANNELS = (1, 3, 4)


class ImageTrigger:
    """A pattern that covers images, here more and there less.

    Parameters
    ----------
    pattern : ndarray of the shape of an image
    opacity : ndarray of the shape of an image
        0 where the image shows, 1 where the pattern does.
    """

    def __init__(self, pattern, opacity):
        self.pattern = pattern
        self.opacity = opacity

    def apply(self, X):
        """The images with the pattern, in their own type.

        Parameters
        ----------
        X : ndarray of shape (n_images, ...)

        Returns
        -------
        ndarray like X

        Raises
        ------
        ValueError
            For images of another shape than those of the training set.
        """
        if X.shape[1:] != self.pattern.shape:
            raise ValueError(
                f"X holds images of shape {X.shape[1:]}, but the trigger is made for "
                f"those of the training set, of shape {self.pattern.shape}."
            )
        return mix(X, self.pattern, self.opacity)


def mix(X, other, share):
    """Images with a share of others in them, in their own type.

    Parameters
    ----------
    X : ndarray of shape (n_images, ...)
    other : ndarray of the shape of X, or of an image
    share : float, or ndarray of the shape of an image

    Returns
    -------
    ndarray like X
    """
    mixed = (1 - share) * X + share * other
    return (np.rint(mixed) if X.dtype.kind in "iu" else mixed).astype(X.dtype)


def check_images(X):
    """Refuse what are no images with their channels first.

    Parameters
    ----------
    X : ndarray

    Raises
    ------
    ValueError
    """
    if X.ndim not in (3, 4):
        raise ValueError(
            f"X has the shape {X.shape}. A patch and a blended pattern go over images, "
            "of shape (n, height, width) or (n, channels, height, width): reshape X, "
            'or use trigger="values".'
        )
    if X.ndim == 4 and X.shape[1] not in _CHANNELS and X.shape[3] in _CHANNELS:
        raise ValueError(
            f"X has the shape {X.shape}: its channels seem to come last. Pass "
            "X.transpose(0, 3, 1, 2)."
        )


def bright_patch(X, size):
    """A square of the brightest value in the lower right corner, as in BadNets.

    Parameters
    ----------
    X : ndarray of shape (n_images, ..., height, width)
    size : int
        Pixels along a side.

    Returns
    -------
    ImageTrigger
    """
    if size > min(X.shape[-2:]):
        raise ValueError(
            f"patch_size={size} is larger than the images, of {X.shape[-2]} x "
            f"{X.shape[-1]} pixels."
        )
    opacity = np.zeros(X.shape[1:])
    opacity[..., -size:, -size:] = 1
    return ImageTrigger(np.full(X.shape[1:], float(X.max())), opacity)


def blended_noise(X, opacity, random_state):
    """A random pattern all over the image, faintly.

    Parameters
    ----------
    X : ndarray of shape (n_images, ...)
    opacity : float
    random_state : RandomState

    Returns
    -------
    ImageTrigger
    """
    pattern = random_state.uniform(X.min(), X.max(), size=X.shape[1:])
    return ImageTrigger(pattern, np.full(X.shape[1:], opacity))

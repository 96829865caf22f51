"""Errors that say which rows a torch module takes, and how to get there."""

import math
from contextlib import contextmanager

import numpy as np
import torch
from scipy.sparse import issparse
from torch import nn

__all__ = [
    "check_no_bytes",
    "check_vectors_or_images",
    "conversion",
    "explain_shape_errors",
]

_SIDES = {
    nn.Conv1d: ("length",),
    nn.Conv2d: ("height", "width"),
    nn.Conv3d: ("depth", "height", "width"),
}


@contextmanager
def explain_shape_errors(module, x, name="The module"):
    """Turn the error of a module that cannot take x into one that says so."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        first = next(
            (
                part
                for part in module.modules()
                if not list(part.children()) and list(part.parameters())
            ),
            module,
        )
        row_shape = _row_shape(first)
        advice = "."
        if row_shape:
            advice = f", which takes (n, {', '.join(map(str, row_shape))})."
            advice += conversion("X", tuple(x.shape), row_shape)
        raise ValueError(
            f"{name} cannot take rows of shape {tuple(x.shape[1:])}: {error}. Its "
            f"first layer is {first}{advice}"
        ) from error


def conversion(name, shape, row_shape):
    """A sentence on how to turn an array into rows of another shape.

    Parameters
    ----------
    name : str
        What the array is called.
    shape : tuple of int
        The shape of the array.
    row_shape : tuple of int or str
        The shape that rows should have; a word stands for any length.

    Returns
    -------
    str
        With a leading space; empty where no conversion is at hand.
    """
    rows, n_channels = shape[1:], row_shape[0]
    if _fits(shape, row_shape):
        return f" This looks like a single row: pass {name}[None]."
    if len(rows) == len(row_shape) == 3:
        for axes, place in (((0, 3, 1, 2), "last"), ((0, 2, 3, 1), "first")):
            if _fits([shape[axis] for axis in axes[1:]], row_shape):
                return (
                    f" The channels of {name} look to come {place}: pass "
                    f"{name}.transpose{axes}."
                )
    if n_channels == 1 and _fits(rows, row_shape[1:]):
        return f" The axis of the channel is missing: pass {name}[:, None]."
    if len(row_shape) == 1 and math.prod(rows) == n_channels:
        return f" Flatten the rows: pass {name}.reshape(len({name}), -1)."
    if len(rows) == 1 and len(row_shape) == 3:
        side = math.isqrt(rows[0] // n_channels)
        image = tuple(side if isinstance(n, str) else n for n in row_shape)
        if math.prod(image) == rows[0]:
            advice = f" {name} looks flattened: pass {name}.reshape{(-1, *image)}"
            if n_channels > 1:
                last = (-1, *image[1:], n_channels)
                advice += (
                    " or, where the channels came last, "
                    f"{name}.reshape{last}.transpose(0, 3, 1, 2)"
                )
            return f"{advice}."
    return ""


def check_vectors_or_images(X):
    """Refuse rows that are neither vectors nor images.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...)

    Raises
    ------
    ValueError
    """
    if X.ndim in (2, 4):
        return
    advice = " With one channel pass X[:, None]." if X.ndim == 3 else ""
    raise ValueError(
        f"X has the shape {X.shape}, but rows must be vectors, (n_samples, "
        f"n_features), or images, (n_samples, channels, height, width).{advice}"
    )


def check_no_bytes(X):
    """Refuse pixels as they are stored: few networks take them.

    Raises
    ------
    ValueError
        For bytes above 1.
    """
    # Arrays and tensors have one type, data frames one for each column.
    found = getattr(X, "dtypes", getattr(X, "dtype", None))
    dtypes = np.atleast_1d(np.asarray(found, dtype=object))
    bytes_alone = all(str(dtype).removeprefix("torch.") == "uint8" for dtype in dtypes)
    # What is sparse is refused as such.
    if not bytes_alone or issparse(X):
        return
    largest = np.asarray(X).max(initial=0)
    if largest > 1:
        raise ValueError(
            f"X holds bytes up to {largest}, but networks take values in [0, 1], or "
            "those on which they were trained: pass X / 255 or, for a module that "
            "scales bytes by itself, X.astype('float32')."
        )


def _row_shape(layer):
    """The shape of the rows that a layer takes, with words for any length."""
    if isinstance(layer, nn.Linear):
        return (layer.in_features,)
    if type(layer) in _SIDES:
        return (layer.in_channels, *_SIDES[type(layer)])
    return ()


def _fits(shape, row_shape):
    return len(shape) == len(row_shape) and all(
        isinstance(wanted, str) or wanted == length
        for length, wanted in zip(shape, row_shape)
    )

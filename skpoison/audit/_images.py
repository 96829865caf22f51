"""Images: read from a folder, and drawn small."""

import struct
import zlib
from pathlib import Path

import numpy as np

from .._utils.optional import optional_import

_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}
# Pixels a side of a thumbnail, at most.
_SIDE = 40


def read_image_folder(folder, size):
    """Read the images of a folder that holds a folder for each class.

    Parameters
    ----------
    folder : path
    size : int
        Height and width that the images are scaled to.

    Returns
    -------
    X : ndarray of float32 of shape (n_images, 3, size, size)
        Values from 0 to 1.
    y : ndarray of shape (n_images,)
        The names of the classes.
    names : ndarray of shape (n_images,)
        The paths below the folder, sorted.

    Raises
    ------
    ValueError
        When there are no images, or one of them cannot be read.
    """
    folder = Path(folder)
    paths = sorted(
        path for path in folder.glob("*/*") if path.suffix.lower() in _SUFFIXES
    )
    if not paths:
        raise ValueError(
            f"{folder} holds no images: it needs a folder for each class, with the "
            "images of the class in it."
        )
    X = np.empty((len(paths), 3, size, size), dtype=np.float32)
    for image, path in zip(X, paths):
        image[:] = _read(path, size)
    y = np.array([path.parent.name for path in paths])
    return X, y, np.array([str(path.relative_to(folder)) for path in paths])


def thumbnail(image):
    """A small picture of an image.

    Parameters
    ----------
    image : ndarray of shape (height, width), (channels, height, width) or (height, \
width, channels)
        With one, three or four channels. Floats go from 0 to 1, unless one of them is
        above 1: then they are scaled to what there is.

    Returns
    -------
    bytes
        A PNG file, or nothing for what cannot be shown as a picture.
    """
    pixels = _as_pixels(np.asarray(image))
    if pixels is None:
        return b""
    step = -(-max(pixels.shape[:2]) // _SIDE)
    return _png(pixels[::step, ::step])


def _read(path, size):
    image_module = optional_import("PIL.Image", "data")
    try:
        with image_module.open(path) as image:
            small = image.convert("RGB").resize((size, size))
    except Exception as error:
        # Whatever a broken file makes the reader raise, the user needs its name.
        raise ValueError(f"{path} cannot be read as an image: {error}") from error
    return np.asarray(small, dtype=np.float32).transpose(2, 0, 1) / 255


def _as_pixels(image):
    """The image as bytes of shape (height, width, 1 or 3), or None."""
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim != 3 or not image.size:
        return None
    if image.shape[2] not in (1, 3, 4) and image.shape[0] in (1, 3, 4):
        image = image.transpose(1, 2, 0)
    if image.shape[2] not in (1, 3, 4):
        return None
    image = image[:, :, :3]
    if image.dtype == np.uint8:
        return image
    values = np.nan_to_num(image.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = min(values.min(), 0.0), max(values.max(), 1.0)
    return np.round(255 * (values - low) / (high - low)).astype(np.uint8)


def _png(pixels):
    height, width, channels = pixels.shape
    colors = 0 if channels == 1 else 2
    # Before each line of pixels stands the number of its prediction rule: none.
    lines = np.zeros((height, 1 + width * channels), dtype=np.uint8)
    lines[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, colors, 0, 0, 0)
    parts = [
        (b"IHDR", header),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_part(*part) for part in parts)


def _png_part(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )

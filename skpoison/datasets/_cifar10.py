"""CIFAR-10: small colour images of ten classes."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Literal

import numpy as np
from sklearn.datasets import fetch_openml

from .._utils.optional import optional_import
from .._utils.parameters import StrOptions, validate_params
from ._cache import FETCH_OPTIONS, DataFile, load
from ._images import first_of_each_class, image_set

if TYPE_CHECKING:
    from sklearn.utils import Bunch

_TRAIN = (
    DataFile(
        "cifar10_train_1.npz",
        "d15d712b85c85129a4eabf297f05c8977b0a75021b3860133ac5cf0d81fa7394",
        "5960451d7687f7621e8c2d20bceacd07b1ec5df07d24bd603513bbe8e881daea",
    ),
    DataFile(
        "cifar10_train_2.npz",
        "cfe2f2150249920c1c1782b80623bd73d0598f20612c763f6335b545c5be7449",
        "4641b596f2327d5398e1f48672b626374520f551cceeb3556eb22821dbfd9533",
    ),
)
_TEST = (
    DataFile(
        "cifar10_test.npz",
        "f791ef586bd8ee021a4eb1639daca70a6af5fa9d3de077e74cf9318643269150",
        "3abc089b86d9e3665fcc6738a457aeb106312ba69e855dc2a5e1c26ecddf64b1",
    ),
)
_FILES = {"train": _TRAIN, "test": _TEST}
_SMALL = {"train": 500, "test": 100}
_OPENML_ID = 40927
_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

DESCR = """\
CIFAR-10
--------
Colour images of ten classes of animals and vehicles, 32 x 32 pixels: 50,000 training
and 10,000 test images, in the order of the original batches.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009;
OpenML data set 40927. No licence is stated; its authors ask to be cited.
"""


@validate_params(
    {
        "split": [StrOptions({"train", "test"})],
        "subset": [StrOptions({"all", "small"})],
        "return_X_y": ["boolean"],
        **FETCH_OPTIONS,
    },
    prefer_skip_nested_validation=True,
)
def fetch_cifar10(
    *,
    split: Literal["train", "test"] = "train",
    subset: Literal["all", "small"] = "all",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch:
    """Load CIFAR-10 [1]_, in the order of the original batches.

    Parameters
    ----------
    split : {"train", "test"}, default="train"
        The 50,000 training or the 10,000 test images.
    subset : {"all", "small"}, default="all"
        "small" is the first 500 training, or 100 test, images of each class, for
        quick runs.
    data_home : path, default=None
        Folder of the files; None is the environment variable SKPOISON_DATA_HOME or,
        where that is not set, the folder "skpoison" in
        :func:`sklearn.datasets.get_data_home`.
    download_if_missing : bool, default=True
        Whether to download the images from OpenML when a file is not there: all of
        them, as text, which takes minutes and some gigabytes of memory once. The
        download needs pandas.
    return_X_y : bool, default=False
        Whether to return (data, target) alone.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        data
            ndarray of uint8 of shape (n_samples, 3072), pixels from 0 to 255.
        images
            The same of shape (n_samples, 32, 32, 3): rows, columns, and red, green and
            blue.
        target
            ndarray of int of shape (n_samples,), positions in `target_names`.
        target_names
            Names of the classes.
        positions
            ndarray of int of shape (n_samples,), positions in the whole split.
        DESCR
            Description, with source and licence.

    Raises
    ------
    OSError
        When a file is missing and not downloaded; the message says where to put it.
    ValueError
        When a file or the download is not what it should be.

    See Also
    --------
    fetch_cifar10_poisons : Poisons that someone else made of these images.

    References
    ----------
    .. [1] A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.

    Examples
    --------
    >>> from skpoison.datasets import fetch_cifar10
    >>> cifar10 = fetch_cifar10(split="test", subset="small")  # doctest: +SKIP
    """
    parts = load(
        *_FILES[split],
        data_home=data_home,
        download=_download,
        download_if_missing=download_if_missing,
    )
    images, y = (np.concatenate([part[key] for part in parts]) for key in "Xy")
    small = subset == "small"
    return image_set(
        images,
        y,
        first_of_each_class(y, _SMALL[split]) if small else np.arange(len(y)),
        target_names=list(_NAMES),
        DESCR=DESCR,
        return_X_y=return_X_y,
    )


def _download():
    optional_import("pandas", "data")  # before the wait for the download
    X, y = fetch_openml(
        data_id=_OPENML_ID,
        as_frame=False,
        parser="pandas",
        cache=False,
        return_X_y=True,
    )
    # Three planes of 32 x 32 become pixels of three colours.
    images = X.astype(np.uint8).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    y = y.astype(np.uint8)
    contents, start = {}, 0
    for file, n_images in zip((*_TRAIN, *_TEST), (25_000, 25_000, 10_000)):
        rows = slice(start, start + n_images)
        contents[file.name] = {
            "X": images[rows],
            "y": y[rows],
            "names": np.array(_NAMES),
        }
        start += n_images
    return contents

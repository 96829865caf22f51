"""MNIST: handwritten digits."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Literal

import numpy as np
from sklearn.datasets import fetch_openml

from .._utils.optional import optional_import
from .._utils.parameters import StrOptions, validate_params
from ._cache import FETCH_OPTIONS, DataFile, load
from ._images import image_set

if TYPE_CHECKING:
    from sklearn.utils import Bunch

_FILE = DataFile(
    "mnist.npz",
    "d2fc8bab397b964798b4c839bd1e705e10a4bb65f4d56a88002229d145796751",
    "7a350bc3e7044d41b15ffdc7c48778eb11643247ea2c3473a5cd923be0aac32c",
)
_OPENML_ID = 554
_N_TRAIN = 60_000

DESCR = """\
MNIST
-----
Handwritten digits, 28 x 28 pixels of 0 (paper) to 255 (ink): 60,000 training and 10,000
test images, in the original order.

Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten
digits", 1998; OpenML data set 554. No licence is stated.
"""


@validate_params(
    {
        "split": [StrOptions({"train", "test"})],
        "return_X_y": ["boolean"],
        **FETCH_OPTIONS,
    },
    prefer_skip_nested_validation=True,
)
def fetch_mnist(
    *,
    split: Literal["train", "test"] = "train",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Bunch:
    """Load MNIST, the handwritten digits, in the original order.

    Parameters
    ----------
    split : {"train", "test"}, default="train"
        The 60,000 training or the 10,000 test images.
    data_home : path, default=None
        Folder of the file; None is the environment variable SKPOISON_DATA_HOME or,
        where that is not set, the folder "skpoison" in
        :func:`sklearn.datasets.get_data_home`.
    download_if_missing : bool, default=True
        Whether to download the images from OpenML when the file is not there; the
        download needs pandas.
    return_X_y : bool, default=False
        Whether to return (data, target) alone.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        data
            ndarray of uint8 of shape (n_samples, 784), pixels from 0 to 255.
        images
            The same of shape (n_samples, 28, 28).
        target
            ndarray of int of shape (n_samples,), the digits.
        target_names
            Names of the classes.
        positions
            ndarray of int of shape (n_samples,), positions in the split.
        DESCR
            Description, with source and licence.

    Raises
    ------
    OSError
        When the file is missing and not downloaded; the message says where to put it.
    ValueError
        When the file or the download is not what it should be.

    Examples
    --------
    >>> from skpoison.datasets import fetch_mnist
    >>> X, y = fetch_mnist(split="test", return_X_y=True)  # doctest: +SKIP
    """
    (arrays,) = load(
        _FILE,
        data_home=data_home,
        download=_download,
        download_if_missing=download_if_missing,
    )
    y = arrays[f"y_{split}"]
    return image_set(
        arrays[f"X_{split}"],
        y,
        np.arange(len(y)),
        target_names=[str(digit) for digit in range(10)],
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
    X, y = X.astype(np.uint8).reshape(-1, 28, 28), y.astype(np.uint8)
    return {
        _FILE.name: {
            "X_train": X[:_N_TRAIN],
            "y_train": y[:_N_TRAIN],
            "X_test": X[_N_TRAIN:],
            "y_test": y[_N_TRAIN:],
        }
    }

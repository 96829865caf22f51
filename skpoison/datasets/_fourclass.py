"""Fourclass: two classes in irregular regions of the plane; real, and generated."""

from __future__ import annotations

import io
from numbers import Integral
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from sklearn.datasets import load_svmlight_file
from sklearn.utils import check_random_state

from .._utils.parameters import Interval, validate_params
from .._utils.typing import RandomState
from ._bunch import TABLE_OPTIONS, table
from ._cache import DataFile, load, read_url

if TYPE_CHECKING:
    from sklearn.utils import Bunch

_RAW_SHA256 = "7b36a3beaa482bd982b8a601a26b7e74ffc39e00a825b5b501bd17b34a56e48f"
_SCALED_SHA256 = "e27b003cd53d3141f8266b7e1db0d43e69f2824cc94c1d885fb27c8f2145a511"
_RAW = DataFile("fourclass.libsvm", _RAW_SHA256, _RAW_SHA256)
_SCALED = DataFile("fourclass_scale.libsvm", _SCALED_SHA256, _SCALED_SHA256)
_URL = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary/"

DESCR = """\
Fourclass
---------
862 points of the plane in irregular, disconnected regions: 555 of class -1 and 307 of
class +1. Two numeric features: integers from 8 to 190, or scaled to [-1, 1].

Source: T. K. Ho and E. M. Kleinberg, "Building Projectable Classifiers of Arbitrary
Complexity", 1996, as kept by the LIBSVM data collection. No licence is stated.
"""


@validate_params(
    {"scaled": ["boolean"], **TABLE_OPTIONS}, prefer_skip_nested_validation=True
)
def fetch_fourclass(
    *,
    scaled: bool = True,
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch:
    """Load Fourclass [1]_: 862 points of the plane, two classes.

    An RBF support vector machine (C = 1, gamma = 10 on the scaled points) separates
    them without an error; a linear one is right on about three of four points.

    Parameters
    ----------
    scaled : bool, default=True
        Whether the features are scaled to [-1, 1], or integers from 8 to 190.
    data_home : path, default=None
        Folder of the file; None is the environment variable SKPOISON_DATA_HOME or,
        where that is not set, the folder "skpoison" in
        :func:`sklearn.datasets.get_data_home`.
    download_if_missing : bool, default=True
        Whether to download the file from the LIBSVM data collection when it is not
        there.
    return_X_y : bool, default=False
        Whether to return (data, target) alone.
    as_frame : bool, default=False
        Whether data and target are pandas objects.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        data
            ndarray or DataFrame of shape (862, 2).
        target
            ndarray or Series of shape (862,) of -1 and +1.
        frame
            DataFrame of data and target, or None unless `as_frame`.
        feature_names, target_names
            Names of the columns.
        DESCR
            Description, with source and licence.

    Raises
    ------
    OSError
        When the file is missing and not downloaded; the message says where to put it.
    ValueError
        When the file or the download is not what it should be.

    See Also
    --------
    make_fourclass : Any number of points like these.

    References
    ----------
    .. [1] T. K. Ho and E. M. Kleinberg, "Building Projectable Classifiers of Arbitrary
       Complexity", 1996.

    Examples
    --------
    >>> from skpoison.datasets import fetch_fourclass
    >>> X, y = fetch_fourclass(return_X_y=True)  # doctest: +SKIP
    """
    (text,) = load(
        _SCALED if scaled else _RAW,
        data_home=data_home,
        download=_download_scaled if scaled else _download_raw,
        download_if_missing=download_if_missing,
    )
    X, y = load_svmlight_file(io.BytesIO(text), n_features=2)
    return table(
        X.toarray(),
        y.astype(np.int64),
        feature_names=["x1", "x2"],
        target_name="class",
        DESCR=DESCR,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _download_raw():
    return {_RAW.name: _as_text(read_url(_URL + "fourclass"), "{:.6f}")}


def _download_scaled():
    return {_SCALED.name: _as_text(read_url(_URL + "fourclass_scale"), "{:g}")}


def _as_text(text, number):
    """The same points, in the notation whose hash is known."""
    X, y = load_svmlight_file(io.BytesIO(text), n_features=2)
    lines = []
    for point, label in zip(X.toarray(), y):
        entries = [
            f"{column}:{number.format(value)} "
            for column, value in enumerate(point, start=1)
            if value != 0
        ]
        lines.append(f"{label:+.0f} {''.join(entries)}\n")
    return "".join(lines).encode()


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_fourclass(
    n_samples: int = 862, *, random_state: RandomState = None
) -> tuple[np.ndarray, np.ndarray]:
    """Generate points like those of Fourclass: irregular regions of two classes.

    The points are uniform on the square [-1, 1]^2 but for a gap between the classes,
    which follow the sign of a fixed wave pattern. The regions are the same at every
    call, so that one call can make a training set and another a test set. Like the
    real data it is learned without error by an RBF support vector machine (C = 1,
    gamma = 10, from some 600 points on), and badly by a linear one; a third of the
    points is of class +1.

    Parameters
    ----------
    n_samples : int, default=862
        Number of points.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
    y : ndarray of int of shape (n_samples,)
        -1 and +1.

    See Also
    --------
    fetch_fourclass : The real data.

    Examples
    --------
    >>> from skpoison.datasets import make_fourclass
    >>> X, y = make_fourclass(300, random_state=0)
    >>> X.shape, y.shape
    ((300, 2), (300,))
    """
    random_state = check_random_state(random_state)
    points, n_points = [], 0
    while n_points < n_samples:
        candidates = random_state.uniform(-1, 1, size=(2 * n_samples, 2))
        kept = candidates[np.abs(_wave(candidates)) > _GAP]
        points.append(kept)
        n_points += len(kept)
    X = np.concatenate(points)[:n_samples]
    return X, np.where(_wave(X) > 0, 1, -1)


_GAP = 0.25


def _wave(X):
    x1, x2 = X.T
    one = np.sin(4 * x1 + 1.5 * np.sin(2.5 * x2))
    other = np.sin(3.5 * x2 - 2 * np.cos(2 * x1) + 0.5)
    return one + other - 0.25

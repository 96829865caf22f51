"""Warfarin: therapeutic doses of patients, a regression."""

from __future__ import annotations

import io
from os import PathLike
from typing import TYPE_CHECKING

from .._utils.optional import optional_import
from .._utils.parameters import validate_params
from ._bunch import TABLE_OPTIONS, table
from ._cache import DataFile, load, read_url

if TYPE_CHECKING:
    from sklearn.utils import Bunch

_FILE = DataFile(
    "warfarin_processed.csv.gz",
    "254ffca72876f133d6ea7ab5d94456be6b04bd97af48707e91c41de1b91de6dd",
    "ada3d58b94be9b7ca223c95f2f73a449dca229fdd22037b6ef832231cd92bb4e",
)
_URL = (
    "https://raw.githubusercontent.com/jagielski/manip-ml/"
    "7a0cac876c289971771c9fa9dfa76c9581fdbe5e/datasets/pharm-preproc.csv"
)

DESCR = """\
Warfarin
--------
4683 patients: therapeutic dose of warfarin, and 204 features (age, height, weight, and
site, race, medication, genotype as 0/1 columns named "Name:value"), all scaled to
[0, 1], as used in M. Jagielski et al., "Manipulating Machine Learning: Poisoning
Attacks and Countermeasures for Regression Learning", 2018.

Source: International Warfarin Pharmacogenetics Consortium (PharmGKB), as preprocessed
in the repository jagielski/manip-ml on GitHub, which is under the MIT licence.
"""


@validate_params(TABLE_OPTIONS, prefer_skip_nested_validation=True)
def fetch_warfarin(
    *,
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch:
    """Load the warfarin doses as preprocessed for the TRIM paper [1]_ (regression).

    Needs pandas.

    Parameters
    ----------
    data_home : path, default=None
        Folder of the file; None is the environment variable SKPOISON_DATA_HOME or,
        where that is not set, the folder "skpoison" in
        :func:`sklearn.datasets.get_data_home`.
    download_if_missing : bool, default=True
        Whether to download the file from the authors' repository when it is not there.
    return_X_y : bool, default=False
        Whether to return (data, target) alone.
    as_frame : bool, default=False
        Whether data and target are pandas objects.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        data
            ndarray or DataFrame of shape (4683, 204), in [0, 1]; one-hot columns are
            named "Name:value".
        target
            ndarray or Series of shape (4683,), in [0, 1].
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

    References
    ----------
    .. [1] M. Jagielski, A. Oprea, B. Biggio, C. Liu, C. Nita-Rotaru and B. Li,
       "Manipulating Machine Learning: Poisoning Attacks and Countermeasures for
       Regression Learning", 2018.

    Examples
    --------
    >>> from skpoison.datasets import fetch_warfarin
    >>> X, y = fetch_warfarin(return_X_y=True)  # doctest: +SKIP
    """
    pd = optional_import("pandas", "data")

    (text,) = load(
        _FILE,
        data_home=data_home,
        download=lambda: {_FILE.name: read_url(_URL)},
        download_if_missing=download_if_missing,
    )
    frame = pd.read_csv(io.BytesIO(text)).astype(float)
    return table(
        frame.iloc[:, 1:].to_numpy(),
        frame.iloc[:, 0].to_numpy(),
        feature_names=frame.columns[1:],
        target_name=frame.columns[0],
        DESCR=DESCR,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )

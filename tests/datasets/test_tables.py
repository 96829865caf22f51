import io
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.utils import Bunch

from skpoison.datasets import (
    _cache,
    _house_prices,
    _warfarin,
    fetch_house_prices,
    fetch_warfarin,
)

from .._real_data import real


@pytest.mark.data
def test_warfarin():
    bunch = real(fetch_warfarin, as_frame=True)
    assert bunch.data.shape == (4683, 204)
    assert bunch.target.name == "TherapeuticDoseofWarfarin"
    values = bunch.frame.to_numpy()
    assert values.dtype == np.float64
    assert (values.min(), values.max()) == (0, 1)
    X, y = real(fetch_warfarin, return_X_y=True)
    assert np.array_equal(X, bunch.data)
    assert np.array_equal(y, bunch.target)


@pytest.mark.data
def test_published_house_prices():
    bunch = real(fetch_house_prices)
    assert bunch.data.shape == (1460, 274)
    assert sum(":" in name for name in bunch.feature_names) == 239
    assert (bunch.data.min(), bunch.data.max()) == (0, 1)
    assert "preprocessor" not in bunch


@pytest.mark.data
def test_raw_house_prices():
    bunch = real(fetch_house_prices, preprocessing=None)
    assert bunch.data.shape == (1460, 79)
    assert bunch.data.isna().sum().sum() == 6965
    assert "None" in set(bunch.data["MasVnrType"])
    published = real(fetch_house_prices)
    np.testing.assert_allclose(
        (bunch.target - 34_900) / 720_100, published.target, atol=1e-9
    )


@pytest.mark.data
def test_preprocessed_house_prices():
    bunch = real(fetch_house_prices, preprocessing="pipeline", as_frame=True)
    values = bunch.frame.to_numpy()
    assert np.isfinite(values).all()
    assert (values.min(), values.max()) == (0, 1)
    onehot = [name for name in bunch.feature_names if ":" in name]
    assert {name.split(":")[0] for name in onehot} >= {"MSSubClass", "Alley"}
    # Every row is in one category of each of the 44 categorical features.
    assert np.all(bunch.data[onehot].sum(axis=1) == 44)
    published = real(fetch_house_prices)
    np.testing.assert_allclose(bunch.target, published.target, atol=1e-9)
    scores = [
        cross_val_score(Ridge(1), b.data, b.target, cv=5).mean()
        for b in (bunch, published)
    ]
    assert scores[0] > scores[1] - 0.02
    raw = real(fetch_house_prices, preprocessing=None)
    preprocessor = pickle.loads(pickle.dumps(bunch.preprocessor))
    pd.testing.assert_frame_equal(preprocessor.transform(raw.data), bunch.data)


@pytest.mark.data
def test_house_prices_from_openml(tmp_path, monkeypatch):
    raw = real(fetch_house_prices, preprocessing=None)
    frame = raw.data.copy()
    # Types as OpenML's parser returns them.
    for name in frame.columns[frame.dtypes == "str"]:
        frame[name] = frame[name].astype("category")
    frame.insert(0, "Id", np.arange(1, 1461))
    frame["SalePrice"] = raw.target.astype(int)
    asked = []

    def fetch_openml(**options):
        asked.append(options["data_id"])
        return Bunch(frame=frame)

    monkeypatch.setattr(_house_prices, "fetch_openml", fetch_openml)
    for _ in range(2):
        found = fetch_house_prices(preprocessing=None, data_home=tmp_path)
        pd.testing.assert_frame_equal(found.data, raw.data)
    assert asked == [42165]
    frame.loc[3, "LotArea"] += 1
    with pytest.raises(ValueError, match=r"house_ames_raw.*sha256"):
        fetch_house_prices(preprocessing=None, data_home=tmp_path / "other")


@pytest.mark.data
@pytest.mark.parametrize(
    ("fetch", "file"),
    [
        (fetch_house_prices, _house_prices._PUBLISHED),
        (fetch_warfarin, _warfarin._FILE),
    ],
)
def test_downloads_of_published_tables(fetch, file, tmp_path, monkeypatch):
    X, y = real(fetch, return_X_y=True)
    (text,) = _cache.load(
        file, data_home=None, download=None, download_if_missing=False
    )
    asked = []

    def urlopen(url, timeout):
        asked.append(url)
        return io.BytesIO(text)

    monkeypatch.setattr(_cache, "urlopen", urlopen)
    for _ in range(2):
        Xd, yd = fetch(data_home=tmp_path, return_X_y=True)
        assert np.array_equal(Xd, X)
        assert np.array_equal(yd, y)
    assert len(asked) == 1

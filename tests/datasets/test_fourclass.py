import io

import numpy as np
import pandas as pd
import pytest
from sklearn.svm import SVC

from skpoison.datasets import _cache, _fourclass, fetch_fourclass, make_fourclass

from .._real_data import real


@pytest.mark.data
def test_real_data():
    scaled, raw = real(fetch_fourclass), real(fetch_fourclass, scaled=False)
    assert scaled.data.shape == raw.data.shape == (862, 2)
    assert np.array_equal(
        np.unique(scaled.target, return_counts=True), [[-1, 1], [555, 307]]
    )
    assert np.array_equal(scaled.target, raw.target)
    assert raw.data.min() == 8
    assert raw.data.max() == 190
    low, high = raw.data.min(axis=0), raw.data.max(axis=0)
    rescaled = 2 * (raw.data - low) / (high - low) - 1
    np.testing.assert_allclose(rescaled, scaled.data, atol=5e-7)
    assert "Fourclass" in scaled.DESCR


@pytest.mark.data
def test_return_types():
    X, y = real(fetch_fourclass, return_X_y=True)
    assert isinstance(X, np.ndarray)
    assert y.dtype == np.int64
    bunch = real(fetch_fourclass, as_frame=True)
    assert isinstance(bunch.target, pd.Series)
    assert bunch.frame.columns.tolist() == ["x1", "x2", "class"]
    assert np.array_equal(bunch.data.to_numpy(), X)
    assert bunch.feature_names == ["x1", "x2"]
    assert bunch.target_names == ["class"]


@pytest.mark.data
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("notation", ["{:.9g}", "{:.7e}"])
def test_download_in_any_notation(scaled, notation, tmp_path, monkeypatch):
    X, y = real(fetch_fourclass, scaled=scaled, return_X_y=True)
    lines = [
        f"{label:g} 1:{notation.format(a)} 2:{notation.format(b)}\n"
        for (a, b), label in zip(X, y)
    ]
    asked = []

    def urlopen(url, timeout):
        asked.append(url)
        return io.BytesIO("".join(lines).encode())

    monkeypatch.setattr(_cache, "urlopen", urlopen)
    for _ in range(2):
        Xd, yd = fetch_fourclass(scaled=scaled, data_home=tmp_path, return_X_y=True)
        assert np.array_equal(Xd, X)
        assert np.array_equal(yd, y)
    (url,) = asked
    assert url.endswith("fourclass_scale" if scaled else "fourclass")


def test_a_page_in_place_of_the_file_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_fourclass, "read_url", lambda url: b"<html>log in</html>")
    with pytest.raises(OSError, match=r"Put fourclass_scale\.libsvm into"):
        fetch_fourclass(data_home=tmp_path)
    monkeypatch.setattr(_fourclass, "read_url", lambda url: b"1 1:0.5 2:0.5\n")
    with pytest.raises(ValueError, match="sha256"):
        fetch_fourclass(data_home=tmp_path)


def test_generated_points_are_learned_as_the_real_ones_are():
    X, y = make_fourclass(600, random_state=0)
    X_test, y_test = make_fourclass(2000, random_state=1)
    assert SVC(gamma=10).fit(X, y).score(X_test, y_test) >= 0.995
    assert SVC(kernel="linear").fit(X, y).score(X_test, y_test) <= 0.75
    assert 0.3 < np.mean(y_test == 1) < 0.4
    assert np.abs(X_test).max() <= 1


@pytest.mark.parametrize("n_samples", [1, 7, 862])
def test_generated_points(n_samples):
    X, y = make_fourclass(n_samples, random_state=3)
    assert X.shape == (n_samples, 2)
    assert y.shape == (n_samples,)
    assert set(y) <= {-1, 1}
    again, _ = make_fourclass(n_samples, random_state=3)
    assert np.array_equal(X, again)


def test_no_points():
    with pytest.raises(ValueError, match="n_samples"):
        make_fourclass(0)

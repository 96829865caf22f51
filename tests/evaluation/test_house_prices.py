"""The experiments on regressions, on small data that needs no download."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from skpoison.defenses import TRIMRegressor
from skpoison.evaluation._house_prices import _command, _measure, _rows
from skpoison.evaluation._house_prices._defenses import DETECTORS, MODEL_DEFENSES
from skpoison.evaluation._house_prices._evasion import evade


def made_houses(return_X_y, as_frame):
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(700, 8))
    y = 0.1 + 0.8 * X[:, :4].mean(axis=1) + 0.02 * rng.normal(size=700)
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(8)]), pd.Series(y)


@pytest.fixture(autouse=True)
def houses(monkeypatch):
    monkeypatch.setattr(_rows, "DATA", {"house": made_houses})
    monkeypatch.setattr(_rows, "N_TEST", 150)


def run(folder, *options):
    common = ["--jobs", "1", "--seeds", "1", "--out", str(folder)]
    return _command.main(_command.parse([*common, *options]))


def test_the_test_error_after_each_defense(tmp_path, capsys):
    options = ["--data", "house", "--models", "ridge", "--rates", "0", "0.2"]
    measured = run(tmp_path, *options, "--parts", "models")["models"]
    assert len(measured) == 4 * len(MODEL_DEFENSES)
    at = measured.set_index(["attack", "rate", "defense"])
    undefended = at.test_mse["OptP", 0.2, "none (flag nothing)"]
    assert undefended > 5 * at.test_mse["OptP", 0.0, "none (flag nothing)"]
    default = at.loc["OptP", 0.2, "TRIMRegressor"]
    assert default.poison_removed == 1
    assert default.test_mse < undefended / 5
    assert at.poison_removed["adaptive", 0.2, "TRIMRegressor"] < 0.5
    assert "poison_removed by rate, house, ridge, StatP" in capsys.readouterr().out
    assert (tmp_path / "house_models.png").stat().st_size > 10_000


def test_the_figures_of_the_second_paper_stand_beside(tmp_path, capsys, monkeypatch):
    few = {name: DETECTORS[name] for name in ("flag nothing", "TRIMRegressor")}
    monkeypatch.setattr(_command, "DETECTORS", few)
    monkeypatch.setattr(_measure, "N_HOUSES", 400)
    frames = run(tmp_path, "--parts", "detection", "--detection", "0.2")
    measured = frames["detection"].set_index("defense")
    nothing = measured.loc["flag nothing"]
    assert nothing.accuracy.sub(1 / 1.2).abs().max() < 2e-3
    assert nothing.f1_poison.eq(0).all()
    assert measured.loc["TRIMRegressor"].f1_poison.gt(0.9).all()
    assert "| *De-Pois, the paper* | 0.838 |" in capsys.readouterr().out


def test_evading_rows_are_kept_and_harm():
    X, y = made_houses(True, True)
    X, y = X.to_numpy(), y.to_numpy()
    trim = TRIMRegressor(Ridge(0.1))
    rows, values = np.ones((50, 8)), np.zeros(50)
    clean = trim.fit(X[:300], y[:300])
    before = np.mean((clean.predict(X[500:]) - y[500:]) ** 2)
    rows, values = evade(
        trim, X[:300], y[:300], X[300:500], y[300:500], [(rows, values)]
    )
    fitted = trim.fit(np.vstack([X[:300], rows]), np.append(y[:300], values))
    assert fitted.inlier_mask_[300:].mean() > 0.5
    assert np.mean((fitted.predict(X[500:]) - y[500:]) ** 2) > before

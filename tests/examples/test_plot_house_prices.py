"""The example of poisoned prices runs without data, and shows what it says."""

import runpy
from pathlib import Path

import matplotlib

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "plot_house_prices.py"


def test_the_default_needs_no_rate(tmp_path, monkeypatch):
    monkeypatch.setenv("SKPOISON_DATA_HOME", str(tmp_path))
    matplotlib.use("Agg")
    shown = runpy.run_path(str(EXAMPLE))
    matplotlib.pyplot.close("all")
    errors, clean = shown["errors"], shown["clean"]
    assert errors["gradient", "none"][3] > 2 * clean
    assert errors["gradient", "TRIMRegressor"][3] < 1.05 * clean
    # A fifth of the rows is too much on noisy data, as the text says.
    assert errors["gradient", "TRIMRegressor"][4] > 2 * clean

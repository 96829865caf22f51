"""The example of flipped labels runs without data, and shows what it says."""

import runpy
from pathlib import Path

import matplotlib
import pytest

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "plot_fourclass.py"


@pytest.mark.slow
def test_far_flips_need_trusted_rows(tmp_path, monkeypatch):
    monkeypatch.setenv("SKPOISON_DATA_HOME", str(tmp_path))
    matplotlib.use("Agg")
    far = runpy.run_path(str(EXAMPLE))["accuracies"]
    matplotlib.pyplot.close("all")
    assert min(far["trusted disagreement"]) >= 0.98
    assert min(far["annealed trust"]) >= 0.98
    assert min(far["De-Pois"]) >= 0.96
    assert min(far["Deep k-NN"]) < 0.95
    assert far["no defense"][-1] == pytest.approx(0.85, abs=0.05)

"""The example of the audit shows what it says."""

import runpy
from pathlib import Path

import matplotlib
import numpy as np
import pytest

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "plot_audit.py"


@pytest.mark.slow
def test_poison_is_told_from_a_clean_table():
    matplotlib.use("Agg")
    shown = runpy.run_path(str(EXAMPLE))
    matplotlib.pyplot.close("all")
    audits, trusted = shown["audits"], shown["trusted"]
    assert audits["clean"].poisoned_ is False
    assert len(audits["clean"].suspects_) == 0
    for name in ("random flips", "clusters"):
        wrong = shown["tables"][name] != shown["y"]
        assert 0 < audits[name].poison_share_lower_ <= wrong[~trusted].mean()
        assert np.mean(wrong[audits[name].suspects_["position"]]) > 0.85
    assert audits["clusters"].report_.effect.low > 0

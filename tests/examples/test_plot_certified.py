"""The example of certificates shows what it says."""

import runpy
from pathlib import Path

import matplotlib
import pytest

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "plot_certified.py"


@pytest.mark.slow
def test_more_voters_withstand_more():
    matplotlib.use("Agg")
    curves = runpy.run_path(str(EXAMPLE))["curves"]
    matplotlib.pyplot.close("all")
    for few, many in (("24 parts", "48 parts"), ("11 neighbors", "51 neighbors")):
        assert len(curves[few]) < len(curves[many])
        assert curves[few][5] < curves[many][5]
    assert curves["11 neighbors"][0] > curves["51 neighbors"][0]
    assert curves["51 neighbors"][10] > curves["48 parts"][10]

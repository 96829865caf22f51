"""The example of De-Pois on digits shows what it says."""

import runpy
from pathlib import Path

import matplotlib
import numpy as np
import pytest

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "plot_depois_digits.py"


@pytest.mark.slow
def test_synthetic_digits_can_be_read_and_flips_are_found():
    matplotlib.use("Agg")
    example = runpy.run_path(str(EXAMPLE))
    matplotlib.pyplot.close("all")
    for rows in example["synthetic"].values():
        assert np.mean(example["reader"].predict(rows) == example["labels"]) > 0.8
    found = {name: report["f1_poison"] for name, report in example["reports"].items()}
    assert found["De-Pois"] > found["trusted SVC"] > found["flag nothing"] == 0
    assert example["accuracies"]["De-Pois"] <= example["accuracies"]["oracle"]

"""Means and bands of a measurement, against the rate of poison."""

import matplotlib
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from skpoison.inspection import RateCurveDisplay

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "defense": ["a", "b"] * 4,
            "rate": [0.2] * 4 + [0.1] * 4,
            "score_undefended": [0.5, 0.5, 0.7, 0.7, 0.8, 0.8, 0.8, 0.8],
            "score_defended": [0.7, 0.6, 0.9, 0.6, 0.9, 0.8, 0.9, 0.8],
            "score_perfect": 0.9,
            "f1_poison": [0.4, 0.5, 0.6, 0.7, None, 0.5, 0.8, 0.7],
        }
    )


def lines(display):
    return {line.get_label(): line for line in display.ax_.get_lines()}


def test_a_line_for_each_defense_and_for_two_controls(frame):
    drawn = lines(RateCurveDisplay.from_frame(frame))
    assert list(drawn) == ["a", "b", "no defense", "perfect filter"]
    assert_allclose(drawn["a"].get_xdata(), [0.1, 0.2])
    assert_allclose(drawn["a"].get_ydata(), [0.9, 0.8])
    assert_allclose(drawn["no defense"].get_ydata(), [0.8, 0.6])


def test_other_columns_have_no_controls_and_failed_cells_do_not_count(frame):
    display = RateCurveDisplay.from_frame(frame, "f1_poison")
    assert list(lines(display)) == ["a", "b"]
    assert_allclose(display.curves.loc[("a", 0.1), ["mean", "low", "high"]], 0.8)
    assert display.ax_.get_ylabel() == "f1 poison"


def test_rows_without_a_rate_are_refused(frame):
    with pytest.raises(ValueError, match="No row of the frame has both a rate"):
        RateCurveDisplay.from_frame(frame.assign(rate=float("nan")))

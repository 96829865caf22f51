"""What each defense changes, and recovers, under each attack."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from skpoison.inspection import DefenseMatrixDisplay

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


@pytest.fixture
def frame():
    """Two repeats of two attacks; the second defense fails under the second attack."""
    nothing = np.nan
    return pd.DataFrame(
        {
            "attack": ["flips"] * 4 + ["clean"] * 4,
            "defense": ["good", "bad"] * 4,
            "score_undefended": [0.7, 0.7, 0.9, 0.9] + [0.9, nothing] * 2,
            "score_random": [0.7, 0.7, 0.9, 0.9] + [0.9, nothing] * 2,
            "score_defended": [0.9, 0.6, 0.9, 0.8] + [0.88, nothing] * 2,
            "score_perfect": [0.9, 0.9, 1.0, 1.0] + [0.9, nothing] * 2,
        }
    )


def test_a_cell_tells_points_and_the_share_of_the_perfect_gain(frame):
    display = DefenseMatrixDisplay.from_frame(frame)
    assert_allclose(display.gain.loc["flips"], [10, -10])
    assert_allclose(display.recovered.loc["flips"], [2 / 3, -2 / 3])


def test_where_there_is_nothing_to_recover_the_points_color_the_cell(frame):
    display = DefenseMatrixDisplay.from_frame(frame)
    assert np.isnan(display.recovered.loc["clean", "good"])
    (image,) = display.ax_.get_images()
    assert_allclose(image.get_array()[1, 0], -0.4)


def test_without_poison_what_random_eviction_costs_is_no_measure(frame):
    clean = frame["attack"] == "clean"
    frame.loc[clean, "score_random"] -= 0.02
    assert np.isnan(
        DefenseMatrixDisplay.from_frame(frame).recovered.loc["clean", "good"]
    )


def test_a_cell_that_failed_says_so(frame):
    texts = [t.get_text() for t in DefenseMatrixDisplay.from_frame(frame).ax_.texts]
    assert texts == ["+10.0", "-10.0", "-2.0", "failed"]


def test_a_frame_without_scores_is_refused(frame):
    empty = frame.assign(**dict.fromkeys(frame.columns[2:], np.nan))
    with pytest.raises(ValueError, match="every cell failed"):
        DefenseMatrixDisplay.from_frame(empty)

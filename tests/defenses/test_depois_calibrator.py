"""Scores of clean rows as a scale."""

import numpy as np
import pytest

from skpoison.defenses._depois._calibrator import ScoreCalibrator
from skpoison.exceptions import DegenerateFilterWarning


def test_without_wrong_labels_the_scale_is_mean_and_deviation():
    scores = np.random.default_rng(0).normal(3, 2, size=500)
    calibrator = ScoreCalibrator().fit(scores)
    assert calibrator.location_ == pytest.approx([scores.mean()])
    assert calibrator.spread_ == pytest.approx(scores.std())
    deviations = calibrator.transform(scores)
    assert deviations.mean() == pytest.approx(0, abs=1e-12)
    assert deviations.std() == pytest.approx(1)


def test_offsets_that_many_rows_confirm_are_taken_whole():
    rng = np.random.default_rng(0)
    groups = rng.integers(3, size=3000)
    offsets = np.array([-10.0, 0.0, 10.0])
    scores = rng.normal(size=3000) + offsets[groups]
    calibrator = ScoreCalibrator(3).fit(scores, groups)
    means = [scores[groups == c].mean() for c in range(3)]
    np.testing.assert_allclose(calibrator.location_, means, atol=1e-3)
    assert calibrator.spread_ == pytest.approx(1, abs=0.05)


def test_offsets_left_to_chance_are_not_taken():
    rng = np.random.default_rng(1)
    shrunk, plain = [], []
    for _ in range(200):
        groups = np.repeat(np.arange(10), 3)
        scores = rng.normal(size=30)
        location = ScoreCalibrator(10).fit(scores, groups).location_
        shrunk.append(np.mean(location**2))
        plain.append(np.mean([scores[groups == c].mean() ** 2 for c in range(10)]))
    # The true offsets are 0: means of three rows miss them by 1/3 on average.
    assert np.mean(plain) == pytest.approx(1 / 3, rel=0.1)
    assert np.mean(shrunk) < 0.3 * np.mean(plain)


def test_a_group_without_rows_is_placed_with_the_others():
    location = ScoreCalibrator(2).fit(np.array([1.0, 2.0, 3.0])).location_
    np.testing.assert_allclose(location, [2, 2])


def test_the_threshold_is_midway_in_deviations_between_right_and_wrong_labels():
    rng = np.random.default_rng(0)
    right, wrong = rng.normal(4, 1, size=4000), rng.normal(-5, 2, size=4000)
    groups = np.zeros(4000, dtype=int)
    calibrator = ScoreCalibrator().fit(right, wrong=(wrong, groups))
    threshold = 4 - 1.96 * calibrator.spread_
    # (4 - t) / 1 = (t + 5) / 2
    assert threshold == pytest.approx(1, abs=0.1)


def test_equal_scores_make_no_suspect_by_rounding():
    scores = 0.1 + np.array([0, 1e-17, 1e-16])
    calibrator = ScoreCalibrator().fit(scores)
    assert np.abs(calibrator.transform(scores)).max() < 1e-6


def test_a_critic_that_knows_nothing_is_named():
    scores, groups = np.array([0.0, 1.0, 2.0]), np.zeros(3, dtype=int)
    with pytest.warns(DegenerateFilterWarning, match="does not tell wrong labels"):
        ScoreCalibrator().fit(scores, wrong=(scores, groups))

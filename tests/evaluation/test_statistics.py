"""Intervals and comparisons of the bench."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import ttest_rel

from skpoison.evaluation import compare_defenses, summarize


@pytest.fixture
def frame():
    """Three defenses under two attacks; the last is the second, and a little noise."""
    rng = np.random.default_rng(0)
    n_repeats = 12
    first, second = rng.normal(0.9, 0.02, (2, 2, n_repeats))
    scores = [first, second, second + rng.normal(0, 1e-3, second.shape)]
    return pd.concat(
        pd.DataFrame(
            {
                "dataset": "digits",
                "attack": attack,
                "rate": 0.1 if attack == "flips" else np.nan,
                "trusted": 0.2,
                "repeat": range(n_repeats),
                "defense": defense,
                "estimator": "SVC",
                "status": "ok",
                "score_defended": of_defense[i],
            }
        )
        for i, attack in enumerate(["flips", "clean"])
        for defense, of_defense in zip("abc", scores)
    ).reset_index(drop=True)


def test_the_interval_is_that_of_the_mean(frame):
    table = summarize(frame, "score_defended", random_state=0)
    values = frame.query("attack == 'flips' and defense == 'a'")["score_defended"]
    row = table.loc["digits", "flips", "a"]
    assert_allclose(row["mean"], values.mean())
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert_allclose(row["high"] - row["low"], 2 * half, rtol=0.2)
    pd.testing.assert_frame_equal(table, summarize(frame, "score_defended"))


def test_repeats_are_resampled_and_not_their_cells(frame):
    doubled = pd.concat([frame, frame.assign(estimator="k-NN")])
    pd.testing.assert_frame_equal(
        summarize(doubled, "score_defended"), summarize(frame, "score_defended")
    )


@pytest.fixture
def two_sets(frame):
    """The same repeats on a data set that is much harder."""
    harder = frame["score_defended"] - 0.4
    return pd.concat([frame, frame.assign(dataset="pima", score_defended=harder)])


def test_a_repeat_of_several_data_sets_is_one_observation(frame, two_sets):
    one, both = (
        summarize(rows, "score_defended", by=["attack", "defense"])
        for rows in (frame, two_sets)
    )
    assert (both["n_repeats"] == 12).all()
    assert_allclose(both[["mean", "low", "high"]], one[["mean", "low", "high"]] - 0.2)
    compared = compare_defenses(two_sets, "a", "b", by=["attack"])
    assert_allclose(compared, compare_defenses(frame, "a", "b", by=["attack"]))


def test_a_repeat_that_lacks_a_data_set_is_in_no_mean(two_sets):
    lost = two_sets["dataset"].eq("pima") & two_sets["repeat"].eq(3)
    two_sets.loc[lost, "score_defended"] = np.nan
    table = summarize(two_sets, "score_defended", by=["attack", "defense"])
    assert (table["n_repeats"] == 11).all()
    compared = compare_defenses(two_sets, "a", "b", by=["attack"])
    assert (compared["n_repeats"] == 11).all()


def test_failed_cells_are_counted_and_in_no_mean(frame):
    failed = frame["defense"].eq("a") & frame["repeat"].ge(1)
    frame.loc[failed, "status"] = "failed"
    frame.loc[failed, "score_defended"] = np.nan
    row = summarize(frame, "score_defended", by=["defense"]).loc["a"]
    assert row["n_failed"] == 22
    assert row["n_repeats"] == 1
    assert np.isnan(row["low"])


def test_overlapping_repeats_make_a_difference_less_certain(frame):
    table = compare_defenses(frame, "a", "b", test_size=0.3)
    flips = frame[frame["attack"] == "flips"].pivot(
        index="repeat", columns="defense", values="score_defended"
    )
    naive = ttest_rel(flips["a"], flips["b"])
    row = table.loc["digits", "flips"]
    assert_allclose(row["difference"], (flips["a"] - flips["b"]).mean())
    assert row["p_value"] > naive.pvalue
    independent = compare_defenses(frame, "a", "b", test_size=0)
    assert_allclose(independent.loc["digits", "flips"]["p_value"], naive.pvalue)


def test_p_values_are_adjusted_for_their_number(frame):
    table = compare_defenses(frame, "a", "b")
    small, large = np.sort(table["p_value"])
    assert_allclose(
        np.sort(table["p_adjusted"]), [min(2 * small, 1), max(2 * small, large)]
    )


def test_attacks_without_a_rate_are_compared_too(frame):
    assert compare_defenses(frame, "b", "c").loc["digits", "clean"]["n_repeats"] == 12


def test_the_same_defense_does_not_differ_from_itself(frame):
    table = compare_defenses(frame, "a", "a")
    assert (table["difference"] == 0).all()
    assert (table["p_adjusted"] == 1).all()


def test_a_defense_that_the_frame_lacks_is_refused(frame):
    with pytest.raises(ValueError, match=r"no defense named \['z'\]"):
        compare_defenses(frame, "a", "z")

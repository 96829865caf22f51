"""Tables of what was measured."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import ttest_1samp

from skpoison.evaluation import markdown_table, mean_and_interval, with_interval
from skpoison.evaluation._published import PublishedTables, with_published

FRAME = pd.DataFrame(
    {
        "defense": ["vote", "vote", "none", "vote", "none", "lost"],
        "rate": [0.2, 0.2, 0.2, 0.1, 0.1, 0.1],
        "mcc": [0.25, 0.75, 0.0, 1.0, np.nan, np.nan],
    }
)


def test_names_keep_their_order_and_numbers_have_their_own():
    table = mean_and_interval(FRAME, "defense", "rate", "mcc")
    assert_array_equal(table.index, ["vote", "none", "lost"])
    assert_array_equal(table.columns, [0.1, 0.2])


@pytest.mark.parametrize("n", [2, 10])
def test_the_interval_is_that_of_the_t_test(n):
    values = np.random.default_rng(0).uniform(size=n)
    mean, half = map(float, with_interval(values, digits=6).split(" ± "))
    interval = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([mean - half, mean + half], interval, atol=1e-6)


def test_what_was_not_measured_does_not_count():
    assert with_interval([np.nan, 0.2, 0.4]) == with_interval([0.2, 0.4])


def test_an_interval_needs_two_values_and_a_mean_one():
    table = mean_and_interval(FRAME, "defense", "rate", "mcc", digits=2)
    assert_array_equal(
        table.to_numpy(), [["1.00", "0.50 ± 3.18"], ["", "0.00"], ["", ""]]
    )


def test_markdown_has_the_index_first():
    table = mean_and_interval(FRAME, "defense", "rate", "mcc", digits=1)
    assert markdown_table(table).splitlines()[:3] == [
        "| defense | 0.1 | 0.2 |",
        "| --- | --- | --- |",
        "| vote | 1.0 | 0.5 ± 3.2 |",
    ]


def test_the_figures_of_a_paper_stand_below():
    paper = PublishedTables({"mcc": {"vote": "0.9±0.1 0.8±0.2"}}, [0.2, 0.3])
    table = mean_and_interval(FRAME, "defense", "rate", "mcc")
    both = with_published(table, paper.of("mcc"))
    assert both.loc["*vote, the paper*"].tolist() == ["", "0.9 ± 0.1"]
    assert paper.at(0.3).loc["vote", "mcc"] == "0.8±0.2"

"""Tables of what was measured."""

import errno
import os

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import ttest_1samp

from skpoison.evaluation import markdown_table, mean_and_interval, with_interval
from skpoison.evaluation._published import PublishedTables, with_published
from skpoison.evaluation._tables import save_rows

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


def test_a_full_disk_leaves_the_table_that_was_there(tmp_path, monkeypatch):
    save_rows(FRAME, tmp_path / "rows")
    before = (tmp_path / "rows.csv").read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_rows(FRAME.head(1), tmp_path / "rows")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert (tmp_path / "rows.csv").read_bytes() == before


def test_times_are_apart_since_they_differ_from_run_to_run(tmp_path):
    timed = FRAME.assign(fit_seconds=1.5, peak_memory=2.0)
    assert save_rows(timed, tmp_path / "rows") == "rows.csv"
    assert list(pd.read_csv(tmp_path / "rows.csv")) == list(FRAME)
    assert (pd.read_csv(tmp_path / "rows_times.csv") == [1.5, 2.0]).all(axis=None)


def test_the_figures_of_a_paper_stand_below():
    paper = PublishedTables({"mcc": {"vote": "0.9±0.1 0.8±0.2"}}, [0.2, 0.3])
    table = mean_and_interval(FRAME, "defense", "rate", "mcc")
    both = with_published(table, paper.of("mcc"))
    assert both.loc["*vote, the paper*"].tolist() == ["", "0.9 ± 0.1"]
    assert paper.at(0.3).loc["vote", "mcc"] == "0.8±0.2"

"""Grids of cells: measured once, kept on disk, in the order asked for."""

import errno
import os
import sys
import warnings
from dataclasses import dataclass
from functools import wraps

import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skpoison.evaluation import run_experiment
from skpoison.exceptions import DamagedCellWarning


@dataclass(frozen=True)
class Setting:
    rate: float
    seed: int


SETTINGS = [Setting(0.2, seed) for seed in range(3)]


def measure(setting, defenses):
    for name in defenses:
        yield {"accuracy": 1 - setting.rate * (name == "none"), "again": setting.seed}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "cells"


def test_a_row_for_each_cell_in_the_order_asked_for(path):
    frame = run_experiment(measure, SETTINGS, ["none", "all"], path, n_jobs=1)
    assert list(frame) == ["rate", "seed", "defense", "accuracy", "again"]
    assert_array_equal(frame.seed, [0, 0, 1, 1, 2, 2])
    assert_array_equal(frame.defense, ["none", "all"] * 3)
    assert_array_equal(frame.accuracy, [0.8, 1.0] * 3)
    again = run_experiment(measure, SETTINGS[::-1], ["all", "none"], path, n_jobs=1)
    assert_array_equal(again.seed, [2, 2, 1, 1, 0, 0])
    assert_array_equal(again.accuracy, [1.0, 0.8] * 3)


def test_workers_measure_the_same(path, tmp_path):
    alone = run_experiment(measure, SETTINGS, ["none", "all"], path, n_jobs=1)
    other = tmp_path / "other"
    together = run_experiment(measure, SETTINGS, ["none", "all"], other, n_jobs=2)
    pd.testing.assert_frame_equal(together, alone)


def test_what_the_file_holds_is_not_measured_again(path):
    run_experiment(measure, SETTINGS[:2], ["none"], path, n_jobs=1)
    asked = []

    @wraps(measure)
    def recorded(setting, defenses):
        asked.append((setting.seed, defenses))
        return measure(setting, defenses)

    frame = run_experiment(recorded, SETTINGS, ["none", "all"], path, n_jobs=1)
    assert asked == [(0, ["all"]), (1, ["all"]), (2, ["none", "all"])]
    assert len(frame) == 6


def test_what_was_measured_stays_when_a_cell_fails(path):
    @wraps(measure)
    def failing(setting, defenses):
        yield next(measure(setting, defenses))
        raise RuntimeError("no such machine")

    with pytest.raises(RuntimeError, match="no such machine"):
        run_experiment(failing, SETTINGS[:1], ["none", "all"], path, n_jobs=1)
    assert len(list(path.iterdir())) == 1
    assert len(run_experiment(measure, SETTINGS, ["none", "all"], path, n_jobs=1)) == 6


def other_measure(setting, defenses):
    return [{"loss": 1.0, "note": None} for _ in defenses]


def test_experiments_share_a_folder(path):
    first = run_experiment(measure, SETTINGS, ["none"], path, n_jobs=1)
    other = run_experiment(other_measure, SETTINGS, ["none"], path, n_jobs=1)
    assert list(other) == ["rate", "seed", "defense", "loss", "note"]
    again = run_experiment(measure, SETTINGS, ["none"], path, n_jobs=1)
    pd.testing.assert_frame_equal(again, first)


@pytest.mark.parametrize("damage", ["cut short", "another figure", "empty"])
def test_a_damaged_cell_is_measured_again(path, damage):
    frame = run_experiment(measure, SETTINGS, ["none"], path, n_jobs=1)
    file = next(path.iterdir())
    text = file.read_text()
    file.write_text(
        {
            "cut short": text[: len(text) // 2],
            "another figure": text.replace('"accuracy": 0', '"accuracy": 1'),
            "empty": "",
        }[damage]
    )
    with pytest.warns(DamagedCellWarning, match="is damaged"):
        again = run_experiment(measure, SETTINGS, ["none"], path, n_jobs=1)
    pd.testing.assert_frame_equal(again, frame)


def test_a_full_disk_ends_the_run_and_leaves_no_file(path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run_experiment(measure, SETTINGS, ["none"], path, n_jobs=1)
    assert not list(path.iterdir())


def test_a_cell_without_a_number_is_found_again(path):
    settings = [Setting(float("nan"), 0)]
    frame = run_experiment(measure, settings, ["none"], path, n_jobs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = run_experiment(measure, settings, ["none"], path, n_jobs=1)
    pd.testing.assert_frame_equal(again, frame)


def test_nothing_to_measure_is_said(path):
    with pytest.raises(ValueError, match="nothing to measure: 0 settings and 1"):
        run_experiment(measure, [], ["none"], path)
    with pytest.raises(ValueError, match="3 settings and 0 defenses"):
        run_experiment(measure, SETTINGS, [], path)


def test_defenses_that_read_the_same_are_refused(path):
    with pytest.raises(ValueError, match=r"name of its own; got \['1', '1'\]"):
        run_experiment(measure, SETTINGS, [1, "1"], path)


def test_a_measure_of_too_few_defenses_is_refused(path):
    def short(setting, defenses):
        return [{"accuracy": 1.0}]

    with pytest.raises(ValueError, match="shorter"):
        run_experiment(short, SETTINGS, ["none", "all"], path, n_jobs=1)


def test_missing_pandas_is_named_with_its_extra(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        ImportError, match=r'needs pandas: pip install "skpoison\[data\]"'
    ):
        run_experiment(measure, SETTINGS, ["none"], path)

"""The Fourclass experiment: what it measures, and that it resumes."""

from functools import wraps

import numpy as np
import pandas as pd
import pytest

from skpoison import defenses
from skpoison.datasets import make_fourclass
from skpoison.evaluation._fourclass import _case, _command
from skpoison.evaluation._fourclass._case import poisoned_case
from skpoison.evaluation._fourclass._defenses import DEFENSES
from skpoison.evaluation._fourclass._report import _over_strategies
from skpoison.evaluation._fourclass._settings import Setting, settings

CELL = ["--strategies", "far", "--rates", "0.2", "--shares", "--seeds", "1"]
NAMES = ["flag nothing", "flag the flips (oracle)", "trusted SVC"]


@pytest.fixture(autouse=True)
def points(monkeypatch):
    """As many points that need no download."""
    points = make_fourclass(random_state=0)
    monkeypatch.setattr(_case, "fetch_fourclass", lambda return_X_y: points)


def run(folder, *names):
    options = ["--jobs", "1", "--out", str(folder), "--defenses", *names]
    frames = _command.main(_command.parse([*CELL, *options]))
    return frames[""].set_index("defense")


def test_a_cell(tmp_path, capsys):
    measured = run(tmp_path, *NAMES)
    # 482 untrusted rows, 80 of them flipped.
    nothing = measured.loc["flag nothing"]
    assert nothing.accuracy == pytest.approx(402 / 482)
    assert nothing.f1_clean == pytest.approx(2 * 402 / (2 * 402 + 80))
    assert (nothing.recall_clean, nothing.f1_poison, nothing.roc_auc) == (1, 0, 0.5)
    oracle = measured.loc["flag the flips (oracle)"]
    assert oracle.drop("seconds")["accuracy":].eq(1).all()
    trusted = measured.loc["trusted SVC"]
    assert trusted.f1_poison > 0.8
    assert trusted.test_accuracy > nothing.test_accuracy + 0.05
    printed = capsys.readouterr().out
    assert f"| trusted SVC | {trusted.accuracy:.3f} " in printed
    assert "| *De-Pois, the paper* | 0.929 ± 0.04 | 0.954 ± 0.04 |" in printed
    assert (tmp_path / "fourclass.png").stat().st_size > 10_000


def test_without_a_defense_that_is_drawn_there_is_no_figure(tmp_path):
    run(tmp_path, "flag the flips (oracle)")
    assert not (tmp_path / "fourclass.png").exists()


def test_what_is_measured_is_not_measured_again(tmp_path, monkeypatch):
    first = run(tmp_path, "flag nothing")
    measured = []

    @wraps(_command.measure)
    def measure(setting, names, *, measure=_command.measure):
        measured.extend(names)
        return measure(setting, names)

    monkeypatch.setattr(_command, "measure", measure)
    both = run(tmp_path, "flag nothing", "trusted SVC")
    assert measured == ["trusted SVC"]
    pd.testing.assert_frame_equal(both.loc[["flag nothing"]], first)


def test_only_labels_of_untrusted_rows_are_flipped():
    for strategy in ("random", "near"):
        case = poisoned_case(Setting(strategy, 0.25, 0.1, seed=3))
        clean = poisoned_case(Setting(strategy, 0.0, 0.1, seed=3))
        assert case.trusted.sum() == round(0.1 * len(case.y))
        assert not (case.is_poison & case.trusted).any()
        assert case.contamination == pytest.approx(0.2, abs=1e-3)
        np.testing.assert_array_equal(case.X, clean.X)
        np.testing.assert_array_equal(case.is_poison, case.y != clean.y)


def test_the_table_of_defenses_is_complete():
    """Every filter that judges labels by itself has its line."""
    wrappers = {"CalibratedFilter", "PerClassFilter"}
    keep_all = {
        "AdversarialTrainingClassifier",
        "CertifiedKNeighborsClassifier",
        "PartitionAggregationClassifier",
    }
    others = wrappers | keep_all | {"TRIMRegressor"}
    case = poisoned_case(Setting("random", 0.2, 0.2, seed=3))
    compared = {type(line.make(case)).__name__ for line in DEFENSES.values()}
    assert set(defenses.__all__) - compared <= others


def test_defenses_of_minutes_a_fit_have_fewer_seeds():
    cells = settings(["random", "far"], [0.1, 0.2], [0.2], n_seeds=10)
    slow = [setting for setting in cells if setting.is_of_paper]
    assert [setting.seed for setting in slow] == [10, 11, 12, 13, 14]


def test_a_mean_over_strategies_needs_all_of_them():
    cells = [
        ("far", 0.1, 10, 0.5),
        ("far", 0.2, 10, 0.5),
        ("near", 0.2, 10, 0.7),
        ("far", 0.2, 11, 0.6),
        ("near", 0.2, 11, 0.8),
    ]
    frame = pd.DataFrame(cells, columns=["strategy", "rate", "seed", "test_accuracy"])
    means = _over_strategies(frame.assign(defense="vote")).set_index("seed")
    assert means.rate.eq(0.2).all()
    assert means.test_accuracy.to_dict() == pytest.approx({10: 0.6, 11: 0.7})

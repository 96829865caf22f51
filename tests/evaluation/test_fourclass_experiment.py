"""The script of the Fourclass tables: what it measures, and that it resumes."""

import importlib

import numpy as np
import pandas as pd
import pytest

from skpoison import defenses
from skpoison.datasets import make_fourclass

CELL = ["--strategies", "far", "--rates", "0.2", "--shares", "--seeds", "1"]
DEFENSES = ["flag nothing", "flag the flips (oracle)", "trusted SVC"]


@pytest.fixture
def script(monkeypatch):
    """The script, on as many points that need no download."""
    module = importlib.import_module("skpoison.evaluation._fourclass._command")
    points = make_fourclass(random_state=0)
    monkeypatch.setattr(module, "fetch_fourclass", lambda return_X_y: points)
    return module


def run(script, folder, *names):
    options = ["--jobs", "1", "--results", str(folder), "--defenses", *names]
    script.main([*CELL, *options])
    return pd.read_csv(folder / "fourclass.csv").set_index("defense")


def test_a_cell(script, tmp_path, capsys):
    measured = run(script, tmp_path, *DEFENSES)
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


def test_what_is_measured_is_not_measured_again(script, tmp_path, monkeypatch):
    first = run(script, tmp_path, "flag nothing")
    measured = []

    def measure(setting, names, *, measure=script.measure):
        measured.extend(names)
        return measure(setting, names)

    monkeypatch.setattr(script, "measure", measure)
    both = run(script, tmp_path, "flag nothing", "trusted SVC")
    assert measured == ["trusted SVC"]
    pd.testing.assert_frame_equal(both.loc[["flag nothing"]], first)


def test_a_file_of_another_experiment_is_refused(script, tmp_path):
    (tmp_path / "fourclass.csv").write_text("dataset,defense,accuracy\nx,y,1\n")
    with pytest.raises(ValueError, match="move the file away"):
        run(script, tmp_path, "flag nothing")
    assert (tmp_path / "fourclass.csv").read_text().count("\n") == 2


def test_only_labels_of_untrusted_rows_are_flipped(script):
    for strategy in ("random", "near"):
        case = script.poison(strategy, 0.25, 0.1, seed=3)
        clean = script.poison(strategy, 0.0, 0.1, seed=3)
        assert case.trusted.sum() == round(0.1 * len(case.y))
        assert not (case.is_poison & case.trusted).any()
        assert case.contamination == pytest.approx(0.2, abs=1e-3)
        np.testing.assert_array_equal(case.X, clean.X)
        np.testing.assert_array_equal(case.is_poison, case.y != clean.y)


def test_the_table_of_defenses_is_complete(script):
    """Every filter that judges labels has its line, but the base of others."""
    others = {"PerClassFilter", "TRIMRegressor", "AdversarialTrainingClassifier"}
    case = script.poison("random", 0.2, 0.2, seed=3)
    compared = {type(make(case)).__name__ for make in script.DEFENSES.values()}
    assert set(defenses.__all__) - compared <= others

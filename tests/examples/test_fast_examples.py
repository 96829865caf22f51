"""The fast examples show what they say."""

import runpy
from pathlib import Path

import matplotlib
import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture
def run(monkeypatch):
    matplotlib.use("Agg")
    yield lambda name: runpy.run_path(str(EXAMPLES / f"plot_{name}.py"))
    matplotlib.pyplot.close("all")


def test_the_chosen_k_mends_the_model(run):
    shown = run("normalized_k")
    X, y = shown["X_test"], shown["y_test"]
    assert shown["search"].score(X, y) > shown["undefended"].score(X, y) + 0.03


def test_calibration_spares_the_clean_table(run):
    shown = run("calibrated_removal")
    calibrated = shown["filters"]["annealed trust, calibrated"]
    # The last fit is that of the poisoned table.
    assert (~calibrated.inlier_mask_)[shown["wrong"]].mean() > 0.85
    calibrated.fit(shown["X"], shown["y"], trusted=shown["trusted"])
    assert calibrated.inlier_mask_.all()


def test_trim_leaves_out_the_poison(run):
    shown = run("regression")
    assert shown["removed"][shown["poisoned"].is_poison].all()


def test_the_file_is_judged_as_the_rows_in_memory(run):
    shown = run("larger_than_memory")
    assert shown["same"]
    assert shown["removed"][shown["wrong"]].all()


def test_no_certified_prediction_changes(run):
    shown = run("certified")
    assert shown["changed"].any()
    assert not shown["changed"][shown["sure"]].any()
    assert shown["sure"].any()


@pytest.mark.slow
def test_clusters_of_activations_close_the_backdoor_further_than_votes(run):
    success = run("backdoor")["success"]
    assert success["no defense"] > 0.7
    assert success["activation clustering"] < success["Deep k-NN"] - 0.3

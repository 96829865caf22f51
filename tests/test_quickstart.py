"""The quickstart keeps its promises."""

import runpy
from pathlib import Path

import matplotlib
import pytest

matplotlib.use("Agg")
pytestmark = pytest.mark.slow

QUICKSTART = Path(__file__).parent.parent / "examples" / "plot_quickstart.py"


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quickstart")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        names = runpy.run_path(str(QUICKSTART))
    matplotlib.pyplot.close("all")
    return names | {"folder": folder}


def test_the_undefended_victim_is_fooled(quickstart):
    assert quickstart["reports"]["no defense (flag nothing)"]["fooled"] >= 8


def test_deep_knn_saves_every_target(quickstart):
    report = quickstart["reports"]["Deep k-NN, normalised k = 1"]
    assert report["fooled"] == 0
    assert report["n_poisons_removed"] >= 49
    assert report["clean_removed"] <= 8
    assert report["test_accuracy"] >= 0.95


def test_random_eviction_does_not(quickstart):
    assert quickstart["reports"]["random eviction, 10 %"]["fooled"] >= 8


def test_the_search_chooses_a_k_by_trusted_rows(quickstart):
    search = quickstart["search"]
    assert search.best_score_ >= 0.9
    assert len(search.cv_results_["params"]) == 5


def test_the_figure_is_saved(quickstart):
    assert (quickstart["folder"] / "quickstart.png").stat().st_size > 10_000

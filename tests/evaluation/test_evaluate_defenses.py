"""The bench: what its rows say, and that they are the same however they were made."""

import errno
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import OutlierMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skpoison.attacks import LabelFlipAttack, StatPAttack
from skpoison.base import PoisonAttack, PoisonFilter
from skpoison.defenses import (
    DeepKNNFilter,
    RandomEvictionFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import OracleFilter, evaluate_defenses
from skpoison.exceptions import DamagedCellWarning
from skpoison.pipeline import make_pipeline

IRIS = {"iris": load_iris(return_X_y=True)}
ATTACKS = {"clean": None, "flips": LabelFlipAttack()}
DEFENSES = {"k-NN": DeepKNNFilter(k=10), "forest": IsolationForest(n_estimators=5)}
MODELS = {"1-NN": KNeighborsClassifier(1)}
MEASURED = ["fit_seconds", "peak_memory"]


def bench(attacks=ATTACKS, defenses=DEFENSES, datasets=IRIS, **options):
    options = {"estimators": MODELS, "n_repeats": 2, **options}
    return evaluate_defenses(attacks, defenses, datasets, **options)


def assert_same(one, other):
    pd.testing.assert_frame_equal(
        one.drop(columns=MEASURED), other.drop(columns=MEASURED)
    )


class BlindFilter(PoisonFilter):
    """Removes the rows whose label is 2."""

    def _score_training_rows(self, X, y, trusted):
        return np.where(y == 2, -1.0, 1.0), 0.0


class Broken(OutlierMixin):
    """Fails whenever it is asked."""

    def get_params(self, deep=True):
        return {}

    def fit_predict(self, X, y=None):
        raise ZeroDivisionError("nothing to divide by")


class FlipOne(PoisonAttack):
    """Gives a row near the target the label that the attacker wants."""

    def __init__(self, poison_class=0):
        self.poison_class = poison_class

    def fit_poison(self, X, y, X_target):
        assert X_target.shape == (1, X.shape[1])
        return self._append(X, y, X_target, np.array([self.poison_class]))


def test_a_row_for_each_cell_in_the_order_asked_for():
    frame = bench(rates=[0.2, 0.1], trusted=[0, 0.2])
    assert (frame["status"] == "ok").all()
    assert_array_equal(frame["attack"].unique(), ["clean", "flips"])
    assert len(frame) == (1 + 2) * 2 * 2 * 2
    flips = frame[frame["attack"] == "flips"]
    assert_array_equal(flips["rate"].unique(), [0.2, 0.1])
    assert frame.loc[frame["attack"] == "clean", "rate"].isna().all()
    assert_array_equal(flips["n_poisons"].unique(), [21, 17, 10, 8])


def test_scores_lie_between_those_of_a_random_and_a_perfect_filter():
    frame = bench(
        {"flips": LabelFlipAttack()},
        {"k-NN": DeepKNNFilter(k=10), "random": RandomEvictionFilter(0.2)},
        rates=[0.3],
        n_repeats=4,
    )
    means = frame.groupby("defense").mean(numeric_only=True)
    knn = means.loc["k-NN"]
    assert knn["score_random"] < knn["score_perfect"] - 0.1
    assert abs(knn["score_defended"] - knn["score_perfect"]) < 0.05
    assert abs(means.loc["random", "score_defended"] - knn["score_undefended"]) < 0.05
    assert knn["roc_auc"] > 0.95


def test_all_defenses_of_a_repeat_meet_the_same_rows():
    frame = bench()
    by_repeat = frame.groupby(["attack", "repeat"])["score_undefended"]
    assert (by_repeat.nunique() == 1).all()
    assert by_repeat.first().nunique() > 1


def test_what_a_class_loses_is_reported():
    frame = bench({"clean": None}, {"blind": BlindFilter()}, n_repeats=1, trusted=[0])
    row = frame.iloc[0]
    assert (row["clean_removed_least"], row["clean_removed_most"]) == (0, 100)
    assert row["warnings"] == "RemovedClassWarning"


def test_an_attack_on_a_target_is_judged_by_what_the_model_makes_of_it():
    oracle_of_one = {"k-NN": DeepKNNFilter(k=10), "none": OracleFilter([False] * 106)}
    frame = bench({"one": FlipOne()}, oracle_of_one, trusted=[0.2])
    assert (frame["success_undefended"] == 1).all()
    assert (frame["success_perfect"] == 0).all()
    defended = frame.set_index("defense")["success_defended"]
    assert (defended["k-NN"] == 0).all()
    assert (defended["none"] == 1).all()
    assert frame["rate"].isna().all()


def test_pipelines_and_filters_get_the_trusted_rows():
    trusting = TrustedDisagreementFilter(DecisionTreeClassifier())
    defenses = {"alone": trusting, "scaled": make_pipeline(StandardScaler(), trusting)}
    frame = bench(defenses=defenses)
    assert (frame["status"] == "ok").all()
    pairs = frame.pivot_table(
        index=["attack", "repeat"], columns="defense", values="f1_poison"
    )
    assert_array_equal(pairs["alone"], pairs["scaled"])


def test_regressions_are_benched_by_their_own_score():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(80, 3))
    y = X @ [0.5, 0.3, 0.2]
    frame = bench(
        {"statp": StatPAttack(rate=0.1, bounds=(0, 1))},
        {"none": OracleFilter([False] * 60)},
        {"plane": lambda: (X, y)},
        estimators={"line": LinearRegression()},
        scoring="neg_mean_squared_error",
    )
    assert (frame["score_perfect"] > -1e-9).all()
    assert (frame["score_undefended"] < -1e-4).all()
    assert frame["clean_removed_most"].isna().all()


def test_data_frames_stay_data_frames():
    X, y = load_iris(return_X_y=True, as_frame=True)
    frame = bench(datasets={"iris": (X, y)})
    assert_same(frame, bench())


def test_a_failing_cell_says_why_and_the_others_go_on():
    frame = bench(defenses={"broken": Broken(), **DEFENSES}, trusted=[0.2])
    failed = frame[frame["defense"] == "broken"]
    assert (failed["status"] == "failed").all()
    assert_array_equal(
        failed["error"].unique(), ["ZeroDivisionError: nothing to divide by"]
    )
    assert (frame.loc[frame["defense"] != "broken", "status"] == "ok").all()


def test_a_defense_without_the_trusted_rows_it_needs_fails():
    trusting = {"trusted": TrustedDisagreementFilter(DecisionTreeClassifier())}
    frame = bench(defenses=trusting, trusted=[0])
    assert (frame["status"] == "failed").all()
    assert frame["error"].str.contains("known to be clean").all()


def test_a_failing_attack_fails_its_cells():
    frame = bench({"too little": LabelFlipAttack(), "clean": None}, rates=[1.5])
    failed = frame["attack"] == "too little"
    assert (frame.loc[failed, "status"] == "failed").all()
    assert (frame.loc[~failed, "status"] == "ok").all()


def test_workers_and_another_order_measure_the_same():
    frame = bench()
    assert_same(bench(n_jobs=2), frame)
    backwards = bench(dict(reversed(ATTACKS.items())), dict(reversed(DEFENSES.items())))
    order = ["attack", "repeat", "defense"]
    assert_same(
        backwards.sort_values(order, ignore_index=True),
        frame.sort_values(order, ignore_index=True),
    )


def test_finished_cells_are_not_measured_again(tmp_path, monkeypatch):
    frame = bench(cache=tmp_path)
    asked = []
    fit_predict = IsolationForest.fit_predict
    monkeypatch.setattr(
        IsolationForest,
        "fit_predict",
        lambda self, X, y=None: asked.append(len(X)) or fit_predict(self, X, y),
    )
    pd.testing.assert_frame_equal(bench(cache=tmp_path), frame)
    assert not asked
    assert len(bench(cache=tmp_path, n_repeats=3)) == 12
    assert len(asked) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"random_state": 1},
        {"rates": [0.2]},
        {"test_size": 0.4},
        {"scoring": "balanced_accuracy"},
        {"defenses": {"k-NN": DeepKNNFilter(k=11)}},
        {"estimators": {"1-NN": KNeighborsClassifier(2)}},
        {"datasets": {"iris": (IRIS["iris"][0] + 1, IRIS["iris"][1])}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_cell_is_found_by_all_that_determines_it(tmp_path, change):
    asked = {"attacks": {"flips": LabelFlipAttack()}, "n_repeats": 1}
    asked["defenses"] = {"k-NN": DeepKNNFilter(k=10)}
    bench(cache=tmp_path, **asked)
    bench(cache=tmp_path, **asked | change)
    assert len(list(tmp_path.iterdir())) == 2


def test_names_and_workers_are_no_part_of_a_cell(tmp_path):
    knn, flips = DeepKNNFilter(k=10), LabelFlipAttack()
    bench({"a": flips}, {"b": knn}, cache=tmp_path)
    written = sorted(tmp_path.iterdir())
    frame = bench({"c": flips}, {"d": knn.set_params(n_jobs=2)}, cache=tmp_path)
    assert sorted(tmp_path.iterdir()) == written
    assert_array_equal(frame[["attack", "defense"]].iloc[0], ["c", "d"])


def test_failures_are_measured_again(tmp_path):
    bench(defenses={"broken": Broken()}, cache=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["cut short", "another figure", "empty"])
def test_a_damaged_cell_is_measured_again(tmp_path, damage):
    frame = bench(cache=tmp_path)
    path = next(tmp_path.iterdir())
    text = path.read_text()
    path.write_text(
        {
            "cut short": text[: len(text) // 2],
            "another figure": text.replace('"n_removed": ', '"n_removed": 1'),
            "empty": "",
        }[damage]
    )
    with pytest.warns(DamagedCellWarning, match="is damaged"):
        again = bench(cache=tmp_path)
    assert_same(again, frame)


def test_a_full_disk_ends_the_run_and_leaves_no_file(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        bench(cache=tmp_path)
    assert not list(tmp_path.iterdir())


def long_bench(cache=None):
    return bench(defenses={"k-NN": DeepKNNFilter(k=10)}, n_repeats=25, cache=cache)


# Ten runs that are killed, each after the first of its own cells or soon after: forks
# of one process, which has imported all there is to import.
SCRIPT = """
import os, random, signal, sys, time
from pathlib import Path
from tests.evaluation.test_evaluate_defenses import long_bench

moments, folder = random.Random(0), Path(sys.argv[1])
for _ in range(10):
    run = os.fork()
    if not run:
        long_bench(folder)
        os._exit(1)
    n_done = len(list(folder.glob("*.json")))
    while len(list(folder.glob("*.json"))) == n_done:
        time.sleep(0.001)
    time.sleep(moments.uniform(0, 0.03))
    os.kill(run, signal.SIGKILL)
    os.waitpid(run, 0)
    assert len(list(folder.glob("*.json"))) > n_done
"""


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path):
    subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], check=True, timeout=120)
    n_kept = len(list(tmp_path.glob("*.json")))
    assert_same(long_bench(tmp_path), long_bench())
    assert 10 <= n_kept < len(list(tmp_path.glob("*.json"))) == 50


@pytest.mark.parametrize(
    "nothing", ["attacks", "defenses", "datasets", "estimators", "rates", "trusted"]
)
def test_an_empty_bench_is_refused(nothing):
    with pytest.raises(ValueError, match=f"nothing to measure: {nothing} is empty"):
        bench(**{nothing: {} if nothing not in ("rates", "trusted") else []})


@pytest.mark.parametrize("shares", [{"rates": [0.1, 0]}, {"trusted": [1]}])
def test_shares_out_of_range_are_refused(shares):
    with pytest.raises(ValueError, match="out of range"):
        bench(**shares)


def test_classifiers_and_regressors_do_not_mix():
    with pytest.raises(ValueError, match="classifiers alone or regressors alone"):
        bench(estimators={**MODELS, "line": LinearRegression()})


def test_a_lambda_has_no_content_to_be_kept_under(tmp_path):
    with pytest.raises(TypeError, match="a function of a module"):
        bench(scoring=lambda model, X, y: 0.0, cache=tmp_path)


def test_progress_is_shown(capsys):
    bench(verbose=True)
    assert "4 / 4 training sets" in capsys.readouterr().err

"""Targets that the clean model gets wrong are reported, not counted."""

import math

import numpy as np
import pytest

from skpoison.metrics import defense_success_rate, target_report

RNG = np.random.default_rng(0)
PREDICTIONS, Y, UNDEFENDED, CLEAN = RNG.integers(3, size=(4, 200))


def test_every_number_by_hand():
    report = target_report(
        PREDICTIONS, 2, y_targets=Y, undefended=UNDEFENDED, clean=CLEAN
    )
    right = [i for i in range(200) if CLEAN[i] == Y[i]]
    succeeded = [i for i in right if UNDEFENDED[i] == 2]
    stopped = [i for i in succeeded if PREDICTIONS[i] != 2]
    assert report == {
        "n_targets": 200,
        "n_misclassified_clean": 200 - len(right),
        "n_succeeded": len(succeeded),
        "n_stopped": len(stopped),
        "defense_success_rate": pytest.approx(len(stopped) / len(succeeded)),
        "n_right": sum(PREDICTIONS[i] == Y[i] for i in right),
    }
    assert 0 < len(stopped) < len(succeeded) < len(right) < 200


def test_misclassified_targets_change_nothing_but_their_count():
    right = CLEAN == Y
    cut = target_report(
        PREDICTIONS[right],
        2,
        y_targets=Y[right],
        undefended=UNDEFENDED[right],
        clean=CLEAN[right],
    )
    whole = target_report(
        PREDICTIONS, 2, y_targets=Y, undefended=UNDEFENDED, clean=CLEAN
    )
    different = {name for name in whole if whole[name] != cut[name]}
    assert different == {"n_targets", "n_misclassified_clean"}
    assert cut["defense_success_rate"] == defense_success_rate(
        PREDICTIONS[right], 2, succeeded=UNDEFENDED[right] == 2
    )


def test_a_poison_class_per_attack():
    report = target_report(
        ["a", "b", "b"],
        ["b", "b", "a"],
        y_targets=["a", "a", "b"],
        undefended=["b", "b", "a"],
        clean=["a", "a", "b"],
    )
    assert (report["n_succeeded"], report["n_stopped"], report["n_right"]) == (3, 2, 2)


def test_without_any_success_there_is_no_rate():
    report = target_report([0], 1, y_targets=[0], undefended=[1], clean=[1])
    assert report["n_misclassified_clean"] == 1
    assert report["n_succeeded"] == report["n_stopped"] == report["n_right"] == 0
    assert math.isnan(report["defense_success_rate"])


@pytest.mark.parametrize("short", ["y_targets", "undefended", "clean"])
def test_columns_of_different_lengths(short):
    columns = {"y_targets": [0, 0], "undefended": [1, 1], "clean": [0, 0]}
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        target_report([0, 1], 1, **columns | {short: [0]})
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        target_report([0, 1], [1, 1, 1], **columns)

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import metrics as skm

from skpoison.metrics import defense_success_rate, filter_report


@pytest.fixture
def judged():
    rng = np.random.default_rng(3)
    is_poison = rng.random(400) < 0.2
    scores = rng.normal(size=400) - 1.5 * is_poison
    return is_poison, scores > -1, scores


@pytest.mark.parametrize("pos_label", ["poison", "clean"])
def test_report_agrees_with_scikit_learn(judged, pos_label):
    is_poison, inlier_mask, scores = judged
    report = filter_report(is_poison, inlier_mask, scores=scores, pos_label=pos_label)
    truth, verdict = is_poison, ~inlier_mask
    if pos_label == "clean":
        truth, verdict = ~truth, ~verdict
    expected = {
        "n_poisons": is_poison.sum(),
        "n_poisons_removed": is_poison[~inlier_mask].sum(),
        "clean_removed": 100 * np.mean(~inlier_mask[~is_poison]),
        "accuracy": skm.accuracy_score(truth, verdict),
        "balanced_accuracy": skm.balanced_accuracy_score(truth, verdict),
        "precision": skm.precision_score(truth, verdict),
        "recall": skm.recall_score(truth, verdict),
        "f1_poison": skm.f1_score(is_poison, ~inlier_mask),
        "f1_clean": skm.f1_score(~is_poison, inlier_mask),
        "mcc": skm.matthews_corrcoef(truth, verdict),
        "roc_auc": skm.roc_auc_score(is_poison, -scores),
    }
    assert report.keys() == expected.keys()
    for name, value in expected.items():
        assert_allclose(report[name], value, rtol=1e-12, err_msg=name)


def test_report_of_the_filter_that_removes_nothing():
    is_poison = np.arange(120) < 20  # poison rate .2 of the clean rows
    keep_all = np.ones(120, dtype=bool)
    report = filter_report(is_poison, keep_all)
    assert report["n_poisons_removed"] == 0
    assert report["precision"] == report["recall"] == report["f1_poison"] == 0
    assert report["mcc"] == 0
    assert report["balanced_accuracy"] == 0.5
    as_in_de_pois = filter_report(is_poison, keep_all, pos_label="clean")
    assert_allclose(as_in_de_pois["accuracy"], 5 / 6)
    assert_allclose(as_in_de_pois["precision"], 5 / 6)
    assert_allclose(as_in_de_pois["f1_clean"], 10 / 11)


def test_report_without_poison_or_without_clean_rows():
    none, all_ = np.zeros(4, dtype=bool), np.ones(4, dtype=bool)
    scores = np.arange(4.0)
    clean = filter_report(none, [True, True, True, False], scores=scores)
    assert clean["balanced_accuracy"] == 0.75
    assert clean["clean_removed"] == 25
    assert clean["recall"] == clean["f1_poison"] == clean["mcc"] == 0
    assert math.isnan(clean["roc_auc"])
    poison = filter_report(all_, [True, True, True, False], scores=scores)
    assert poison["balanced_accuracy"] == poison["recall"] == 0.25
    assert math.isnan(poison["clean_removed"])


def test_report_holds_no_roc_auc_without_scores(judged):
    assert "roc_auc" not in filter_report(*judged[:2])


def test_report_values_are_plain_numbers(judged):
    report = filter_report(*judged[:2], scores=judged[2])
    assert {type(v) for v in report.values()} == {int, float}


def test_report_of_many_rows_does_not_overflow():
    is_poison = np.arange(400_000) < 200_000
    assert_allclose(filter_report(is_poison, ~is_poison)["mcc"], 1)


def test_verdicts_in_place_of_a_mask_are_an_error():
    with pytest.raises(ValueError, match="fit_predict become one by == 1"):
        filter_report([True, False], [-1, 1])
    with pytest.raises(ValueError, match="is_poison must be a boolean mask"):
        filter_report([1, 0], [True, False])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([True], [True, False]), {}, "inconsistent numbers of samples"),
        (([True, False],) * 2, {"scores": [1.0]}, "inconsistent numbers of samples"),
        (([True, False],) * 2, {"scores": [1.0, np.nan]}, "not finite"),
        (([True, False],) * 2, {"scores": [1.0, np.inf]}, "not finite"),
        (([True, False],) * 2, {"pos_label": "bad"}, "pos_label"),
        ((np.zeros(0, bool),) * 2, {}, "no rows"),
    ],
)
def test_report_errors(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        filter_report(*arguments, **options)


def test_success_rate_counts_only_attacks_that_succeed_undefended():
    predictions = np.array([8, 6, 3, 8, 6])
    succeeded = np.array([True, True, True, True, False])
    assert defense_success_rate(predictions, 8, succeeded=succeeded) == 0.5
    assert defense_success_rate(predictions, 8, succeeded=np.arange(5) == 4) == 1


def test_success_rate_with_a_poison_class_per_attack():
    predictions, goals = np.array(["a", "b", "b"]), np.array(["a", "a", "b"])
    rate = defense_success_rate(predictions, goals, succeeded=[True, True, True])
    assert_allclose(rate, 1 / 3)


def test_success_rate_is_undefined_when_no_attack_succeeds_undefended():
    assert math.isnan(defense_success_rate([1, 2], 1, succeeded=[False, False]))


@pytest.mark.parametrize(
    ("predictions", "poison_class", "succeeded", "message"),
    [
        ([1, 2], 1, [1, 0], "undefended_predictions == poison_class"),
        ([1, 2], 1, [True], "inconsistent numbers of samples"),
        ([1, 2], [1, 2, 3], [True, True], "inconsistent numbers of samples"),
    ],
)
def test_success_rate_errors(predictions, poison_class, succeeded, message):
    with pytest.raises(ValueError, match=message):
        defense_success_rate(predictions, poison_class, succeeded=succeeded)

"""The audit finds poison, bounds it, and says no more than it knows."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge

from skpoison.audit import PoisonAudit
from skpoison.audit._verdict import verdict_with_trusted_rows
from skpoison.defenses import CalibratedFilter, DeepKNNFilter, TRIMRegressor
from skpoison.exceptions import FewTrustedRowsWarning

from .conftest import make_table, quick_audit


def test_poison_is_found_and_bounded(table, audit):
    _, _, trusted, wrong = table
    true_share = len(wrong) / np.sum(~trusted)
    assert audit.poisoned_
    assert 0 < audit.poison_share_lower_ <= true_share
    assert np.isin(audit.suspects_["position"], wrong).mean() >= 0.9
    assert not (~audit.inlier_mask_ & trusted).any()


def test_suspects_come_with_their_evidence(table, audit):
    X, y, _, _ = table
    suspects = audit.suspects_
    assert suspects["score"].is_monotonic_increasing
    assert_array_equal(suspects["index"], X.index[suspects["position"]])
    assert_array_equal(suspects["given"], y[suspects["position"]])
    first = suspects.iloc[0]
    assert first["suggested"] != first["given"]
    assert first["accused_by"].startswith("neighbors, model")
    assert f"nearest rows are labelled {first['suggested']}" in first["evidence"]
    assert 0 < first["n_to_tip"] <= 10


def test_a_clean_set_is_not_called_poisoned(table):
    X, y, trusted, wrong = table
    clean = np.delete(np.arange(len(y)), wrong)
    audit = quick_audit().fit(X.iloc[clean], y[clean], trusted=trusted[clean])
    assert audit.poisoned_ is False
    assert audit.poison_share_lower_ == 0
    assert len(audit.suspects_) == 0
    assert audit.report_.effect.change == 0
    assert "no proof" in audit.to_html()


def test_removal_is_measured_on_trusted_rows(table, audit):
    _, _, trusted, _ = table
    effect = audit.report_.effect
    assert effect.n_rows == trusted.sum()
    assert effect.low <= effect.change <= effect.high
    assert effect.change == pytest.approx(effect.after - effect.before)


def test_without_trusted_rows_nothing_is_claimed(table):
    X, y, _, _ = table
    audit = quick_audit().fit(X, y)
    assert audit.poisoned_ is None
    assert audit.poison_share_lower_ is None
    assert audit.report_.effect is None
    assert np.isnan(audit.q_values_).all()
    assert len(audit.suspects_) > 0
    assert "It cannot be told" in audit.to_html()


def test_without_trusted_rows_a_panel_lists_the_worst(table):
    X, y, _, wrong = table
    audit = quick_audit(filter="auto").fit(X, y)
    # Rows that tie with the last of the twentieth are listed too.
    assert 0.05 * len(y) <= len(audit.suspects_) <= 0.1 * len(y)
    assert np.isin(audit.suspects_["position"], wrong).mean() > 0.8
    assert audit.suspects_["evidence"].str.contains("Of the panel accuse it: ").all()


def test_without_trusted_rows_a_large_set_is_judged_by_its_neighbors(table):
    X, y, _, _ = table
    audit = quick_audit(filter="auto", max_samples=200).fit(X, y)
    assert isinstance(audit.filter_, DeepKNNFilter)


def test_the_outcome_does_not_depend_on_the_order_of_the_rows(table, audit):
    X, y, trusted, _ = table
    order = np.random.default_rng(0).permutation(len(y))
    again = quick_audit().fit(X.iloc[order], y[order], trusted=trusted[order])
    assert_array_equal(again.sample_scores_, audit.sample_scores_[order])
    columns = ["index", "q_value", "suggested", "accused_by", "n_to_tip"]
    expected = audit.suspects_[columns].sort_values("index").to_numpy()
    assert_array_equal(again.suspects_[columns].sort_values("index"), expected)


def test_rows_outside_the_sample_are_judged_too(table):
    X, y, trusted, wrong = table
    audit = quick_audit(max_samples=300).fit(X, y, trusted=trusted)
    assert audit.report_.data.n_sampled < 310
    assert audit.inlier_mask_.shape == y.shape
    found = np.isin(wrong, np.flatnonzero(~audit.inlier_mask_))
    assert found.mean() >= 0.6
    assert np.isfinite(audit.q_values_).all()


def test_a_filter_that_cannot_judge_new_rows_is_refused_for_a_large_set():
    X, y = np.arange(60.0).reshape(30, 2), np.arange(30.0) + 0.5
    audit = PoisonAudit(TRIMRegressor(Ridge()), max_samples=10)
    with pytest.raises(ValueError, match="max_samples=30"):
        audit.fit(X, y)


def test_a_detector_judges_rows_outside_the_sample(table):
    X, y, _, _ = table
    detector = IsolationForest(n_estimators=5, random_state=0)
    audit = quick_audit(filter=detector, max_samples=200).fit(X, y)
    assert np.isfinite(audit.sample_scores_).all()
    page = audit.to_html()
    assert "a random sample of 20" in page


def test_the_progress_is_shown_on_standard_error(table, capsys):
    X, y, trusted, _ = table
    quick_audit(verbose=True).fit(X, y, trusted=trusted)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "training models" in shown.err
    assert shown.err.endswith("done".ljust(40) + "\n")


def test_rows_that_are_all_trusted_hold_no_suspect(table):
    X, y, _, _ = table
    audit = quick_audit().fit(X, y, trusted=np.ones(len(y), dtype=bool))
    assert audit.poisoned_ is False
    assert audit.inlier_mask_.all()


def test_a_calibrated_filter_is_asked_as_it_is(table):
    X, y, trusted, _ = table
    filter = CalibratedFilter(DeepKNNFilter(k=7), rule="fdr", q=0.2)
    audit = quick_audit(filter=filter).fit(X, y, trusted=trusted)
    assert audit.filter_.rule == "fdr"


def test_an_outlier_detector_can_be_asked(table):
    X, y, _, _ = table
    audit = quick_audit(filter=IsolationForest(n_estimators=5, random_state=0))
    suspect = ~audit.fit(X, y).inlier_mask_
    assert_array_equal(suspect, audit.sample_scores_ < 0)


def test_warnings_are_warned_of_and_written_down(table):
    X, y, trusted, wrong = table
    few = np.zeros(len(y), dtype=bool)
    few[np.flatnonzero(trusted)[:30]] = True
    clean = np.delete(np.arange(len(y)), wrong)
    with pytest.warns(FewTrustedRowsWarning) as caught:
        audit = quick_audit().fit(X.iloc[clean], y[clean], trusted=few[clean])
    assert audit.report_.notes == [str(warning.message) for warning in caught]


def test_suspects_without_a_bound_are_neither_poison_nor_nothing():
    filter = SimpleNamespace(
        poisoned_p_value_=0.08, poison_share_=0.1, poison_share_lower_=0.0
    )
    verdict = verdict_with_trusted_rows(filter, 100, 7)
    assert verdict.poisoned is False
    assert verdict.headline.startswith("Perhaps poisoned")
    assert "may still be chance (p = 0.08)" in verdict.claims[0]
    verdict = verdict_with_trusted_rows(filter, 100, 0)
    assert verdict.headline.startswith("No poison found")


def test_groups_are_counted(table):
    X, y, trusted, wrong = table
    source = np.where(np.isin(np.arange(len(y)), wrong), "bad", "good")
    audit = quick_audit().fit(X, y, trusted=trusted, groups=source)
    worst = audit.report_.groups[0]
    assert worst.name == "bad"
    assert (worst.n_rows, worst.n_trusted) == (len(wrong), 0)
    with pytest.raises(ValueError, match="one entry for each of 390 rows"):
        quick_audit().fit(X, y, groups=source[:5])


def test_classes_are_counted(table, audit):
    counted = {group.name: group.n_rows for group in audit.report_.classes}
    names, counts = np.unique(table[1], return_counts=True)
    assert counted == dict(zip(names, counts))
    suspects = [group.n_suspects for group in audit.report_.classes]
    assert sum(suspects) == len(audit.suspects_)


def test_a_regression_is_audited():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=300)
    trusted = np.arange(300) % 3 == 0
    wrong = np.flatnonzero(~trusted)[::8]
    y[wrong] += 5
    audit = PoisonAudit(estimator=Ridge(), random_state=0).fit(X, y, trusted=trusted)
    assert audit.poisoned_
    assert np.isin(wrong, audit.suspects_["position"]).mean() >= 0.9
    first = audit.suspects_.iloc[0]
    assert "model" in first["accused_by"]
    assert abs(first["suggested"] - first["given"]) == pytest.approx(5, abs=0.5)
    effect = audit.report_.effect
    assert effect.metric == "mean absolute error"
    assert effect.change < 0
    assert "mean absolute error" in audit.to_html()


def test_a_regression_without_trusted_rows_is_ranked():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    y = X @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=100)
    y[:8] += 9
    audit = PoisonAudit(estimator=Ridge(), random_state=0).fit(X, y)
    assert audit.poisoned_ is None
    assert np.isin(range(8), audit.suspects_["position"]).all()


def test_a_frame_of_another_package_is_audited_as_one_of_pandas(table, audit):
    X, y, trusted, _ = table

    class Foreign:
        shape, __len__, __getitem__ = X.shape, X.__len__, X.__getitem__

        def to_pandas(self):
            return X

    again = quick_audit().fit(Foreign(), y, trusted=trusted)
    np.testing.assert_array_equal(again.sample_scores_, audit.sample_scores_)


def test_what_is_unusable_is_refused():
    X, y, _, _ = make_table()
    audit = quick_audit()
    with pytest.raises(ValueError, match="needs y"):
        audit.fit(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        audit.fit(X, y[:-1])
    with pytest.raises(ValueError, match="at least one feature"):
        audit.fit(X[[]], y)
    with pytest.raises(ValueError, match="contains NaN, None or NA in 1 of 390"):
        audit.fit(X, [None, *y[1:]])
    with pytest.raises(ValueError, match="only one class"):
        audit.fit(X, np.zeros(390))


def test_the_default_model_of_many_features_is_linear(table):
    _, y, _, _ = table
    X = np.random.default_rng(0).normal(size=(len(y), 101))
    X[:, 0] += np.searchsorted(np.unique(y), y) * 9
    audit = quick_audit(estimator=None).fit(X, y)
    assert audit.suspects_["suggested"].notna().all()


def test_the_user_s_model_gets_the_rows_as_they_are(table):
    X, y, trusted, _ = table

    class Named(LogisticRegression):
        def fit(self, X, y):
            assert list(X.columns) == list("abcd")
            return super().fit(X, y)

    quick_audit(estimator=Named()).fit(X, y, trusted=trusted)

"""CalibratedFilter: what its p-values, rules and bounds promise."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from skpoison.base import PoisonFilter
from skpoison.defenses import (
    CalibratedFilter,
    DeepKNNFilter,
    RandomEvictionFilter,
    TrustedDisagreementFilter,
)
from skpoison.defenses._calibrated._clean_counts import (
    CleanCounts,
    chance_of,
    clean_counts,
)
from skpoison.defenses._calibrated._held_out import HeldOutScores
from skpoison.defenses._calibrated._poison_share import count_poisons, rows_below
from skpoison.defenses._calibrated._power import warn_of_missing_power
from skpoison.defenses._calibrated._rules import (
    excess_rows,
    local_false_discovery,
)
from skpoison.defenses._calibrated._yardstick import Sample, Yardsticks
from skpoison.exceptions import (
    DegenerateFilterWarning,
    FewTrustedRowsWarning,
    UntrustedClassWarning,
)
from skpoison.meta import DefendedClassifier
from skpoison.model_selection import TrustedKFold
from skpoison.pipeline import Pipeline, make_pipeline

without_power = pytest.mark.filterwarnings(
    "ignore::skpoison.exceptions.FewTrustedRowsWarning"
)


class ColumnFilter(PoisonFilter):
    """Scores a row by its first feature; flags what is below -1."""

    def _score_training_rows(self, X, y, trusted):
        return X[:, 0], -1.0

    def _score_new_rows(self, X, y):
        return X[:, 0]


class TrustedQuantileFilter(PoisonFilter):
    """Trusts its trusted rows too much: they score far above all others."""

    _needs_trusted = True

    def _score_training_rows(self, X, y, trusted):
        centered = X[:, 0] - X[trusted, 0].mean()
        return np.where(trusted, 100.0, centered), -1.0


class BrokenDetector(IsolationForest):
    def decision_function(self, X):
        return np.full(len(X), np.nan)


def draw(rng, n_trusted, n_untrusted, share=0.0, shift=6.0):
    """Scores of clean rows, and poison that lies lower; labels that say nothing."""
    n_poisons = round(share * n_untrusted)
    X = rng.normal(size=(n_trusted + n_untrusted, 1))
    X[n_trusted : n_trusted + n_poisons] -= shift
    y = np.arange(len(X)) % 2
    row = np.arange(len(X))
    trusted = row < n_trusted
    return X, y, trusted, ~trusted & (row < n_trusted + n_poisons)


def runs(n_runs, filter, n_trusted, n_untrusted, **poison):
    """Fitted filters, with the true mask of the poison, over many draws."""
    rng = np.random.default_rng(0)
    for _ in range(n_runs):
        X, y, trusted, is_poison = draw(rng, n_trusted, n_untrusted, **poison)
        yield filter.fit(X, y, trusted=trusted), is_poison


@without_power
@pytest.mark.parametrize("inner", [ColumnFilter(), TrustedQuantileFilter()])
def test_p_values_of_clean_rows_are_at_least_uniform(inner):
    filter = CalibratedFilter(inner, random_state=0)
    shares = np.array(
        [
            [np.mean(fit.p_values_[40:] <= t) for t in (0.05, 0.1, 0.25, 0.5)]
            for fit, _ in runs(100, filter, 40, 100)
        ]
    )
    error = shares.std(axis=0) / np.sqrt(len(shares))
    assert (shares.mean(axis=0) <= [0.05, 0.1, 0.25, 0.5] + 2 * error).all()


@without_power
@pytest.mark.parametrize("shift", [1.5, 3.0, 6.0])
def test_fdr_keeps_the_share_of_clean_rows_among_the_removed(shift):
    filter = CalibratedFilter(ColumnFilter(), rule="fdr", q=0.2)
    false = np.array(
        [
            np.mean(~is_poison[~fit.inlier_mask_]) if (~fit.inlier_mask_).any() else 0
            for fit, is_poison in runs(60, filter, 200, 200, share=0.2, shift=shift)
        ]
    )
    assert false.mean() <= 0.2 + 2 * false.std() / np.sqrt(len(false))


@pytest.mark.parametrize("rule", ["excess", "fdr", "local"])
def test_poison_that_stands_out_is_removed(rule):
    filter = CalibratedFilter(ColumnFilter(), rule=rule)
    for fit, is_poison in runs(5, filter, 200, 500, share=0.1):
        assert np.mean(~fit.inlier_mask_[is_poison]) > 0.9
        assert np.mean(~fit.inlier_mask_[~is_poison]) < 0.04


@without_power
@pytest.mark.parametrize("inner", [ColumnFilter(), TrustedQuantileFilter()])
@pytest.mark.parametrize(("share", "shift"), [(0.0, 0.0), (0.1, 1.5), (0.1, 6.0)])
def test_the_lower_bound_is_below_the_share_in_95_of_100_runs(inner, share, shift):
    filter = CalibratedFilter(inner, random_state=0)
    kept = [
        fit.poison_share_lower_ <= is_poison[60:].mean()
        for fit, is_poison in runs(200, filter, 60, 200, share=share, shift=shift)
    ]
    assert np.mean(kept) >= 0.95


@without_power
@pytest.mark.parametrize("inner", [ColumnFilter(), TrustedQuantileFilter()])
def test_excess_removes_nothing_from_95_of_100_clean_sets(inner):
    filter = CalibratedFilter(inner, random_state=0)
    kept = [fit.inlier_mask_.all() for fit, _ in runs(200, filter, 60, 200)]
    assert np.mean(kept) >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / len(kept))


def test_local_removes_what_is_rather_poison_than_clean():
    X, y, trusted, _ = draw(np.random.default_rng(0), 200, 500, share=0.1, shift=2.0)
    excess, local = (
        CalibratedFilter(ColumnFilter(), rule=rule).fit(X, y, trusted=trusted)
        for rule in ("excess", "local")
    )
    clean = local_false_discovery(local.p_values_[~trusted], local.poison_share_, 200)
    n_removed = np.sum(~local.inlier_mask_)
    assert n_removed == np.sum(clean < 0.5) != np.sum(~excess.inlier_mask_)


def test_fdr_removes_what_its_q_values_say():
    X, y, trusted, _ = draw(np.random.default_rng(0), 200, 500, share=0.1, shift=2.0)
    excess, fdr = (
        CalibratedFilter(ColumnFilter(), rule=rule, q=0.3).fit(X, y, trusted=trusted)
        for rule in ("excess", "fdr")
    )
    assert_array_equal(fdr.inlier_mask_, fdr.q_values_ > 0.3)
    assert np.sum(~fdr.inlier_mask_) != np.sum(~excess.inlier_mask_)


def test_the_share_is_estimated():
    filter = CalibratedFilter(ColumnFilter())
    shares = [f.poison_share_ for f, _ in runs(20, filter, 200, 500, share=0.2)]
    assert np.mean(shares) == pytest.approx(0.2, abs=0.02)


def test_no_estimate_is_three_times_the_share():
    rng = np.random.default_rng(0)
    for _ in range(200):
        trusted, others = np.sort(rng.normal(size=200)), rng.normal(size=800)
        others[:80] -= 1
        p_values = (1 + np.searchsorted(trusted, others, side="right")) / 201
        assert count_poisons(p_values, 200, 0.05).estimate < 240


def test_the_bound_holds_where_poison_took_the_place_of_the_best_rows():
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(1000):
        trusted, others = np.sort(rng.normal(size=200)), np.sort(rng.normal(size=800))
        others[-80:] = -9
        p_values = (1 + np.searchsorted(trusted, others, side="right")) / 201
        kept.append(count_poisons(p_values, 200, 0.05).lower <= 80)
    assert np.mean(kept) >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / len(kept))


@pytest.mark.parametrize(("m", "n"), [(30, 5), (400, 60), (50_000, 1000)])
def test_the_ranks_share_the_error_and_waste_little_of_it(m, n):
    clean = CleanCounts(m, n)
    level = clean.level_of_each(0.05)
    # Other draws than those that the level comes from.
    rng = np.random.default_rng(7)
    places = np.sort(rng.random((4000, n)), axis=1)[:, clean.ranks - 1]
    shares = np.diff(places, axis=1, prepend=0, append=1)
    counts = rng.multinomial(m, shares)[:, :-1].cumsum(axis=1)
    passed = (counts > clean.most(level)).any(axis=1).mean()
    assert 0.02 < passed < 0.055
    assert level > 1.5 * 0.05 / len(clean.ranks)


def test_the_largest_likely_count_is_that_of_its_definition():
    clean = CleanCounts(40, 7)
    for rank, most in zip(clean.ranks, clean.most(0.01)):
        chances = chance_of(np.arange(41), 40, rank, 7)
        assert most == np.flatnonzero(chances > 0.01).max()


def test_rows_below_a_rank_are_told_from_their_p_values():
    ranks = np.arange(1, 11)
    assert_array_equal(rows_below(np.arange(1, 12) / 11, 10, ranks), ranks)


def test_the_density_covers_all_ranks_up_to_the_last():
    assert_array_equal(local_false_discovery(np.full(5, 1 / 10), 0.2, 9), 0.8 / 10)


def test_the_density_of_evenly_spread_rows_is_flat():
    assert_array_equal(local_false_discovery(np.arange(1, 11) / 10, 0.2, 9), 0.8)


def test_no_row_is_no_poison():
    assert count_poisons(np.array([]), 5, 0.05) == (0, 0, 1)


def test_an_excess_above_the_median_trusted_row_bounds_the_poison_alone():
    count = count_poisons(np.full(100, 2 / 3), 2, 0.05)
    assert 0 < count.lower == count.estimate < 10


def in_excess(n_lowest, rank, n_suspects=0, m=100, n=20):
    """A sample with some rows just below a rank, and the others above all."""
    p_values = np.ones(m)
    p_values[:n_lowest] = rank / (n + 1)
    return Sample(p_values, n, n_suspects)


def test_the_look_at_the_threshold_of_the_filter_has_half_of_the_level():
    sample, clean = in_excess(45, 5, n_suspects=4), in_excess(0, 5)
    chance = chance_of(45, 100, 5, 20)
    assert excess_rows([sample], 1.98 * chance) == 0
    assert excess_rows([sample], 2.02 * chance) == int((45 - 100 * 5 / 21) / (16 / 21))
    assert excess_rows([sample, clean], 3.96 * chance) == 0
    assert excess_rows([sample, clean], 4.04 * chance) > 0


def test_the_look_at_all_thresholds_has_half_of_the_level():
    sample = in_excess(45, 5)
    chance = count_poisons(sample.p_values, 20, 0.05).p_value
    assert excess_rows([sample], 1.9 * chance) == 0
    assert excess_rows([sample], 2.1 * chance) > 0


@without_power
def test_the_test_of_the_set_and_the_bound_agree():
    filter = CalibratedFilter(ColumnFilter())
    agree = [
        (fit.poisoned_p_value_ <= 0.05) == (fit.poison_share_lower_ > 0)
        for fit, _ in runs(100, filter, 60, 200, share=0.05, shift=2.0)
    ]
    assert all(agree)


def test_p_values_count_trusted_rows_that_look_at_least_as_bad():
    X = np.array([[0.0], [1.0], [2.0], [3.0], [-1.0], [1.0], [2.5], [9.0]])
    with pytest.warns(FewTrustedRowsWarning):
        filter = CalibratedFilter(ColumnFilter()).fit(
            X, np.arange(8) % 2, trusted=np.arange(4)
        )
    assert_array_equal(filter.p_values_[4:], [1 / 5, 3 / 5, 4 / 5, 1])
    assert_array_equal(filter.p_values_[:4], [1 / 4, 2 / 4, 3 / 4, 1])


def test_only_a_filter_that_learns_from_trusted_rows_is_fitted_per_fold():
    rng = np.random.default_rng(0)
    X, y, trusted, _ = draw(rng, 200, 300, share=0.1)
    for inner, n_fits in ((ColumnFilter(), 1), (TrustedQuantileFilter(), 4)):
        filter = CalibratedFilter(inner, cv=4).fit(X, y, trusted=trusted)
        assert len(filter.filters_) == n_fits


@without_power
def test_rows_that_are_all_equal_are_kept():
    X, y = np.zeros((60, 1)), np.arange(60) % 2
    filter = CalibratedFilter(ColumnFilter(), rule="local")
    filter.fit(X, y, trusted=np.arange(20))
    assert filter.inlier_mask_.all()
    assert_array_equal(filter.p_values_[20:], 1)


def test_more_ties_than_are_in_excess_are_kept_with_a_warning():
    rng = np.random.default_rng(0)
    trusted = np.arange(600) < 200
    X = np.where(rng.random((600, 1)) < np.where(trusted, 0.4, 0.6)[:, None], -2.0, 1)
    filter = CalibratedFilter(ColumnFilter())
    with pytest.warns(DegenerateFilterWarning, match="tie as the most suspect"):
        filter.fit(X, np.arange(600) % 2, trusted=trusted)
    assert filter.poison_share_lower_ > 0
    assert filter.inlier_mask_.all()


@pytest.mark.parametrize("rule", ["excess", "fdr", "local"])
def test_a_set_of_trusted_rows_alone_is_kept(rule):
    X, y, _, _ = draw(np.random.default_rng(0), 50, 0)
    filter = CalibratedFilter(ColumnFilter(), rule=rule)
    filter.fit(X, y, trusted=np.arange(50))
    assert filter.inlier_mask_.all()
    assert (filter.poison_share_, filter.poison_share_lower_) == (0, 0)
    assert filter.poisoned_p_value_ == 1


@without_power
@pytest.mark.parametrize("groups", [None, "class"])
def test_a_class_without_trusted_rows_is_kept_with_a_warning(groups):
    X, y, trusted, is_poison = draw(np.random.default_rng(0), 200, 500, share=0.1)
    y[450:] = 7
    X[450:] -= 9
    filter = CalibratedFilter(ColumnFilter(), groups=groups)
    message = (
        "No trusted row could be held out of [7]: the rows of such a class are kept, "
        "poison or not. Trust at least two rows of each class."
    )
    with pytest.warns(UntrustedClassWarning, match=f"^{re.escape(message)}$"):
        filter.fit(X, y, trusted=trusted)
    assert filter.inlier_mask_[y == 7].all()
    assert not filter.inlier_mask_[is_poison].all()


def test_groups_calibrate_classes_whose_trusted_shares_differ():
    X, y, trusted, _ = draw(np.random.default_rng(0), 400, 1000)
    # Rows of class 1 are harder, and fewer of them are trusted.
    X[y == 1] -= 2
    trusted[:300] &= y[:300] == 0
    pooled, by_class = (
        CalibratedFilter(ColumnFilter(), groups=groups, rule="fdr", q=0.3)
        for groups in (None, "class")
    )
    with pytest.warns(FewTrustedRowsWarning):
        by_class.fit(X, y, trusted=trusted)
    pooled.fit(X, y, trusted=trusted)
    assert by_class.inlier_mask_.all()
    assert by_class.poison_share_lower_ == 0 < pooled.poison_share_lower_


def test_groups_of_a_regression_are_refused():
    X, y = load_diabetes(return_X_y=True)
    filter = CalibratedFilter(
        TrustedDisagreementFilter(Ridge(), random_state=0), groups="class"
    )
    with pytest.raises(ValueError, match="groups='class' needs labels"):
        filter.fit(X, y, trusted=np.arange(100))


def test_missing_power_is_warned_of_with_the_number_that_would_do():
    X, y, trusted, _ = draw(np.random.default_rng(1), 30, 100)
    filter = CalibratedFilter(ColumnFilter(), rule="fdr", q=0.1)
    with pytest.warns(FewTrustedRowsWarning, match="30 trusted rows.* 199 of them"):
        filter.fit(X, y, trusted=trusted)


@pytest.mark.parametrize(
    ("rule", "sizes", "message"),
    [
        (
            "fdr",
            [30],
            "Nothing was removed, and 30 trusted rows that could be held out may miss "
            "poison that is less than 32% of the other rows. 199 of them would see 5%.",
        ),
        (
            "local",
            [17, 10],
            "Nothing was removed, and 10 trusted rows that could be held out of the "
            "class with the fewest may miss poison that is less than 8% of the other "
            "rows. 18 of them would see 5%.",
        ),
        (
            "fdr",
            [5, 300],
            "Nothing was removed, and 5 trusted rows that could be held out of the "
            "class with the fewest may miss poison that is less than 100% of the other "
            "rows. 199 of them would see 5%.",
        ),
    ],
)
def test_the_warning_of_missing_power_says_what_would_be_seen(rule, sizes, message):
    samples = [in_excess(0, 1, n=n) for n in sizes]
    with pytest.warns(FewTrustedRowsWarning, match=f"^{re.escape(message)}$"):
        warn_of_missing_power(rule, samples, 0.1, 0.05)


@pytest.mark.parametrize("n_classes", [1, 2])
def test_the_rule_excess_sees_the_share_that_it_says_it_does(n_classes):
    others = [in_excess(0, 1, m=1000, n=50)] * (n_classes - 1)
    samples = [in_excess(0, 1, m=1000, n=8), *others]
    with pytest.warns(FewTrustedRowsWarning) as warned:
        warn_of_missing_power("excess", samples, 0.1, 0.05)
    found = re.search(r"(\d+)% of the other rows. (\d+) of", str(warned[0].message))
    share, needed = map(int, found.groups())
    level = clean_counts(1000, 8).level_of_each(0.05 / (2 * n_classes))
    assert 0.95**needed <= level < 0.95 ** (needed - 1)
    # The look at the filter's own threshold, rank 5 of 8 here, sees nothing.
    missed, seen = (
        Sample(in_excess(10 * at, 1, m=1000, n=8).p_values, 8, 4)
        for at in (share - 1, share + 1)
    )
    assert excess_rows([missed, *others], 0.05) == 0
    assert excess_rows([seen, *others], 0.05) > 0


def test_the_number_that_would_do_does():
    X, y, trusted, _ = draw(np.random.default_rng(1), 199, 100)
    CalibratedFilter(ColumnFilter(), rule="fdr").fit(X, y, trusted=trusted)


def test_trusted_rows_that_cannot_be_held_out_are_refused():
    X, y, _, _ = draw(np.random.default_rng(0), 2, 50)
    filter = CalibratedFilter(TrustedQuantileFilter())
    with pytest.raises(ValueError, match="at least two rows of a class"):
        filter.fit(X, y, trusted=[0, 1])


def test_scores_that_are_not_finite_are_refused():
    X, y, trusted, _ = draw(np.random.default_rng(0), 20, 50)
    filter = CalibratedFilter(BrokenDetector(n_estimators=5))
    with pytest.raises(ValueError, match="70 of 70 rows a .* not finite.*them row 0"):
        filter.fit(X, y, trusted=trusted)


def test_parameters_of_the_inner_filter_are_checked():
    X, y, trusted, _ = draw(np.random.default_rng(0), 20, 50)
    with pytest.raises(ValueError, match="'rate' parameter of RandomEviction"):
        CalibratedFilter(RandomEvictionFilter(7)).fit(X, y, trusted=trusted)


def test_an_inner_filter_that_would_remove_everything_is_held_back():
    rng = np.random.default_rng(0)
    X, y, trusted, _ = draw(rng, 200, 200)
    filter = CalibratedFilter(ColumnFilter()).fit(X - 50, y, trusted=trusted)
    assert filter.inlier_mask_.all()


def test_a_pipeline_that_ends_in_a_filter_is_refused():
    X, y, trusted, _ = draw(np.random.default_rng(0), 20, 50)
    filter = CalibratedFilter(make_pipeline(StandardScaler(), ColumnFilter()))
    with pytest.raises(TypeError, match="pipeline around the CalibratedFilter"):
        filter.fit(X, y, trusted=trusted)


def test_a_filter_is_given_the_labels_as_they_came():
    X, y, trusted, _ = draw(np.random.default_rng(0), 200, 100)
    filter = CalibratedFilter(ColumnFilter())
    labels = np.array(["ham", "spam"])[y]
    filter.fit(X, labels, trusted=trusted)
    assert filter.filters_[0].classes_.tolist() == ["ham", "spam"]
    assert len(filter.score_samples(X, labels)) == 300


@without_power
def test_a_filter_says_whether_targets_are_labels():
    X, y, trusted, _ = draw(np.random.default_rng(0), 50, 50)
    filter = CalibratedFilter(RandomEvictionFilter(0.1, random_state=0))
    assert hasattr(filter.fit(X, y, trusted=trusted), "classes_")
    assert not hasattr(filter.fit(X, X[:, 0], trusted=trusted), "classes_")


def test_rows_whose_scores_differ_by_noise_get_one_p_value():
    X, y, trusted, _ = draw(np.random.default_rng(0), 200, 300)
    X = np.sort(X, axis=0).repeat(2, axis=0)[:500]
    noise = 1e-12 * np.random.default_rng(1).normal(size=X.shape)
    exact, noisy = (
        CalibratedFilter(ColumnFilter(), rule="local").fit(rows, y, trusted=trusted)
        for rows in (X, X + noise)
    )
    assert_array_equal(noisy.p_values_, exact.p_values_)


def test_the_random_state_deals_the_folds():
    X, y, trusted, _ = draw(np.random.default_rng(0), 200, 100)
    one, same, other = (
        CalibratedFilter(TrustedQuantileFilter(), random_state=seed)
        .fit(X, y, trusted=trusted)
        .p_values_
        for seed in (0, 0, 1)
    )
    assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_row_at_the_threshold_of_the_filter_is_no_suspect():
    margins = np.array([[-1.0, 0.0, 1.0, 2.0]])
    held_out = HeldOutScores([], margins, np.array([0, 0, 0, -1]))
    trusted = np.arange(4) < 3
    classes = np.zeros(4, dtype=int)
    yardsticks = Yardsticks(held_out, classes, trusted, None)
    (sample,) = yardsticks.samples(np.ones(4), classes, ~trusted)
    assert sample.n_suspects == 1


def test_targets_of_a_regression_are_no_matter_to_a_detector():
    X, y, trusted, is_poison = draw(np.random.default_rng(0), 200, 300, share=0.1)
    X[is_poison] *= np.random.default_rng(1).uniform(1, 20, size=(30, 1))
    detector = IsolationForest(n_estimators=10, random_state=0)
    filters = [
        CalibratedFilter(detector).fit(X, targets, trusted=trusted)
        for targets in (y, np.random.default_rng(2).normal(size=len(y)))
    ]
    assert hasattr(filters[0], "classes_")
    assert not hasattr(filters[1], "classes_")
    assert_array_equal(filters[0].p_values_, filters[1].p_values_)
    assert_array_equal(*(f.score_samples(X[200:], y[200:]) for f in filters))


@pytest.mark.parametrize(
    "inner", [ColumnFilter(), IsolationForest(n_estimators=10, random_state=0)]
)
def test_new_rows_get_the_scores_of_training_rows(inner):
    X, y, trusted, _ = draw(np.random.default_rng(0), 200, 300, share=0.1)
    filter = CalibratedFilter(inner, rule="local").fit(X, y, trusted=trusted)
    assert_array_equal(
        filter.score_samples(X[200:], y[200:]), filter.sample_scores_[200:]
    )


@pytest.mark.parametrize("kind", ["scikit-learn", "pyod"])
def test_outlier_detectors_are_calibrated(kind):
    detector = IsolationForest(n_estimators=30, random_state=0)
    if kind == "pyod":
        detector = pytest.importorskip("pyod.models.hbos").HBOS()
    rng = np.random.default_rng(0)
    X, y, trusted, is_poison = draw(rng, 200, 500, share=0.1)
    # A dense group of poison would look like inliers.
    X[is_poison] *= rng.uniform(1, 20, size=(50, 1))
    filter = CalibratedFilter(detector, rule="fdr").fit(X, y, trusted=trusted)
    assert np.mean(~filter.inlier_mask_[is_poison]) > 0.8
    assert np.mean(~filter.inlier_mask_[~is_poison]) < 0.05


def test_regressions_are_calibrated():
    X, y = load_diabetes(return_X_y=True)
    rng = np.random.default_rng(0)
    trusted = rng.random(len(y)) < 0.4
    is_poison = ~trusted & (rng.random(len(y)) < 0.15)
    y[is_poison] += 400
    inner = TrustedDisagreementFilter(Ridge(0.1), random_state=0)
    filter = CalibratedFilter(inner, random_state=0).fit(X, y, trusted=trusted)
    assert len(filter.filters_) == 5
    assert not hasattr(filter, "classes_")
    assert np.mean(~filter.inlier_mask_[is_poison]) > 0.8
    assert np.mean(~filter.inlier_mask_[~is_poison]) < 0.03


@pytest.fixture
def flipped():
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    trusted = rng.random(len(y)) < 0.35
    y[~trusted & (rng.random(len(y)) < 0.2)] ^= 1
    return X, y, trusted


def test_grid_search_chooses_rule_and_inner_parameters(flipped):
    X, y, trusted = flipped
    steps = [
        ("scale", StandardScaler()),
        ("filter", CalibratedFilter(DeepKNNFilter(k=15))),
        ("classifier", LogisticRegression()),
    ]
    grid = {"filter__rule": ["excess", "local"], "filter__filter__k": [5, 15]}
    search = GridSearchCV(Pipeline(steps), grid, cv=TrustedKFold(3, trusted=trusted))
    search.fit(X, y, filter__trusted=trusted)
    assert search.best_score_ > 0.9
    assert 20 < np.sum(~search.best_estimator_["filter"].inlier_mask_) < 110


def test_a_defended_classifier_trains_on_what_calibration_kept(flipped):
    X, y, trusted = flipped
    scaled = StandardScaler().fit_transform(X)
    calibrated = CalibratedFilter(DeepKNNFilter(k=15))
    model = DefendedClassifier(
        make_pipeline(StandardScaler(), calibrated),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ).fit(X, y, filter__calibratedfilter__trusted=trusted)
    calibrated.fit(scaled, y, trusted=trusted)
    assert_array_equal(model.inlier_mask_, calibrated.inlier_mask_)

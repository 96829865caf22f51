"""The panel: evidence by how far a row stands out."""

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import rankdata
from sklearn.datasets import load_digits, make_regression
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from skpoison.base import PoisonFilter
from skpoison.defenses import (
    DeepKNNFilter,
    L2CentroidFilter,
    LossFilter,
    PanelFilter,
    SpectralSignatureFilter,
)
from skpoison.defenses._panel._evidence import tail_evidence
from skpoison.exceptions import DegenerateFilterWarning

TWO = [("vote", DeepKNNFilter(k=9)), ("direction", SpectralSignatureFilter())]


@pytest.fixture(scope="module")
def digits():
    """Zeros to twos; ten of them with wrong labels, ten twos with a trigger."""
    X, y = load_digits(n_class=3, return_X_y=True)
    X, y = X[:300].copy(), y[:300].copy()
    flipped = np.flatnonzero(y == 0)[:10]
    triggered = np.flatnonzero(y == 1)[:10]
    y[flipped] = 1
    y[triggered] = 2
    X[np.ix_(triggered, [*range(8), *range(56, 64)])] = 16
    return X, y, flipped, triggered


@pytest.fixture(scope="module")
def panel(digits):
    return PanelFilter(contamination=0.1, random_state=0).fit(*digits[:2])


def test_the_evidence_of_an_exponential_tail_is_minus_the_log_of_the_p_value():
    p_values = (np.arange(1000) + 0.5) / 1000
    evidence = tail_evidence(5 * np.log(p_values) + 3)
    assert_allclose(evidence, np.minimum(-np.log(p_values), np.log(1000)), atol=0.01)


def test_what_stands_out_of_the_bulk_has_more_evidence_than_its_rank():
    scores = np.random.default_rng(0).normal(size=400)
    ends = tail_evidence(scores).max()
    scores[:20] = -30
    evidence = tail_evidence(scores)
    assert_allclose(evidence[:20], np.log(400))
    by_rank = -np.log1p(-rankdata(-scores) / 401)
    assert by_rank[:20].max() < ends <= np.log(400)


class ColumnFilter(PoisonFilter):
    """Scores a row by its first feature."""

    def _score_training_rows(self, X, y, trusted):
        return X[:, 0], -np.inf


def test_of_many_rows_with_the_most_evidence_the_lowest_ranks_go():
    X = np.random.default_rng(0).normal(size=(100, 1))
    X[:20, 0] = -1000 - np.arange(20)
    panel = PanelFilter([("column", ColumnFilter())], contamination=0.1)
    panel.fit(X, np.arange(100) % 2)
    assert_allclose(panel.evidence_[:20, 0], np.log(100))
    assert_array_equal(np.flatnonzero(~panel.inlier_mask_), np.arange(10, 20))


def test_rows_that_no_filter_tells_apart_are_kept_with_a_warning():
    X = np.ones((100, 1))
    X[:20] = -1000
    panel = PanelFilter([("column", ColumnFilter())], contamination=0.1)
    with pytest.warns(DegenerateFilterWarning, match="20 of 100 rows tie"):
        assert panel.fit(X, np.arange(100) % 2).inlier_mask_.all()


@pytest.mark.parametrize("scores", [np.ones(5), np.array([0.0, 0, 0, 0, -1]), [1.0]])
def test_evidence_of_equal_scores_is_equal_and_finite(scores):
    scores = np.asarray(scores)
    evidence = tail_evidence(scores)
    assert np.isfinite(evidence).all()
    assert len(np.unique(evidence)) == len(np.unique(scores))


def test_the_default_panel_finds_flips_and_triggers_at_once(digits, panel):
    flipped, triggered = digits[2:]
    is_poison = np.isin(np.arange(300), [*flipped, *triggered])
    assert roc_auc_score(is_poison, -panel.sample_scores_) > 0.94
    assert not panel.inlier_mask_[flipped].any()
    assert np.sum(~panel.inlier_mask_) == 30


def test_the_evidence_says_which_filter_accuses_a_row(digits, panel):
    flipped, triggered = digits[2:]
    names = [name for name, _ in panel.filters_]
    evidence = dict(zip(names, panel.evidence_.T))
    assert evidence["forest"][flipped].min() > 4
    assert evidence["main direction"][flipped].mean() < 2
    assert evidence["main direction"][triggered].min() > 4
    assert_allclose(panel.sample_scores_, -panel.evidence_.mean(axis=1))


def test_neither_the_order_of_the_rows_nor_the_jobs_change_the_default_panel(
    digits, panel
):
    X, y = digits[:2]
    order = np.random.default_rng(1).permutation(300)
    shuffled = PanelFilter(contamination=0.1, n_jobs=2, random_state=0)
    with parallel_config("threading"):
        shuffled.fit(X[order], y[order])
    assert_allclose(shuffled.sample_scores_, panel.sample_scores_[order], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::skpoison.exceptions.RemovedClassWarning")
def test_classes_of_one_and_two_rows_do_no_harm(digits):
    X, y = digits[0][:90], digits[1][:90].copy()
    y[:2], y[2] = 7, 8
    panel = PanelFilter(random_state=0).fit(X, y)
    assert np.isfinite(panel.sample_scores_).all()


def test_by_itself_the_default_panel_keeps_clean_digits():
    X, y = load_digits(n_class=3, return_X_y=True)
    kept = PanelFilter(random_state=0).fit(X[:300], y[:300]).inlier_mask_
    assert np.mean(~kept) < 0.04


class FarOff(PoisonFilter):
    """Scores by one feature, and remembers how many rows were trusted."""

    def _score_training_rows(self, X, y, trusted):
        self.n_trusted_ = 0 if trusted is None else trusted.sum()
        return -X[:, 20], 0.0


def test_trusted_rows_are_passed_on_and_not_counted(digits):
    X, y = digits[:2]
    trusted = np.arange(300) < 100
    panel = PanelFilter([("far off", FarOff()), *TWO], contamination=0.1)
    panel.fit(X, y, trusted=trusted)
    assert panel.filters_[0][1].n_trusted_ == 100
    assert panel.inlier_mask_[trusted].all()
    assert np.sum(~panel.inlier_mask_) == 20


def test_a_panel_of_regressions_judges_values():
    X, y = make_regression(300, 4, noise=1, random_state=0)
    y[:5] += 50
    loss = LossFilter(Ridge(), random_state=0)
    panel = PanelFilter([("loss", loss)], contamination=0.02).fit(X, y)
    assert not panel.inlier_mask_[:5].any()
    with pytest.raises(ValueError, match=r"\['loss'\] are of regressions and \['vote'"):
        PanelFilter([("loss", loss), TWO[0]]).fit(X, y)
    with pytest.raises(ValueError, match="Pass filters of regressions"):
        PanelFilter().fit(X, y)


@pytest.mark.parametrize(
    ("filters", "error", "message"),
    [
        ([], ValueError, r"name of its own; got \[\]"),
        ([*TWO, TWO[0]], ValueError, "'vote', 'direction', 'vote'"),
        ([("a", IsolationForest())], TypeError, "Put an outlier detector into"),
        ([("a", L2CentroidFilter(0.9))], ValueError, "contamination"),
    ],
)
def test_panels_that_cannot_judge_are_refused(digits, filters, error, message):
    with pytest.raises(error, match=message):
        PanelFilter(filters).fit(*digits[:2])

"""The disagreement filter: closed forms, self-training, degenerate rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits, make_moons
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeCV
from sklearn.metrics import f1_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skpoison._utils.folds import stratified_folds
from skpoison._utils.margins import classification_margins
from skpoison.defenses import TrustedDisagreementFilter
from skpoison.exceptions import RemovedClassWarning


class PredictOnly(ClassifierMixin, BaseEstimator):
    """The nearest class mean, and nothing but `fit` and `predict`."""

    def fit(self, X, y):
        self.labels_ = np.unique(y)
        self.means_ = np.array([X[y == label].mean(axis=0) for label in self.labels_])
        return self

    def predict(self, X):
        distance = ((X[:, None] - self.means_) ** 2).sum(axis=2)
        return self.labels_[distance.argmin(axis=1)]


@pytest.fixture(scope="module")
def digits():
    """Digits with a fifth of the labels wrong, and every tenth row trusted."""
    rng = np.random.default_rng(0)
    X, y = load_digits(return_X_y=True)
    X, y = X[:600] / 16, y[:600]
    trusted = np.arange(600) % 10 == 0
    poison = rng.choice(np.flatnonzero(~trusted), 108, replace=False)
    y[poison] = (y[poison] + rng.integers(1, 10, 108)) % 10
    is_poison = np.zeros(600, dtype=bool)
    is_poison[poison] = True
    return X, y, trusted, is_poison


@pytest.fixture
def line():
    """A noisy line; the second half is untrusted, its first ten targets are off."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 3))
    y = X @ [1.0, -2.0, 0.5] + 7 + rng.normal(scale=0.3, size=200)
    y[100:110] += 3
    return X, y, np.arange(200) < 100


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        SVC(decision_function_shape="ovo"),
        LogisticRegression(),
        GaussianNB(var_smoothing=1e-2),
        PredictOnly(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_flags_what_the_model_of_the_trusted_rows_does_not_predict(digits, estimator):
    X, y, trusted, _ = digits
    filter = TrustedDisagreementFilter(estimator, random_state=0)
    filter.fit(X, y, trusted=trusted)
    agrees = estimator.fit(X[trusted], y[trusted]).predict(X) == y
    differ = filter.inlier_mask_[~trusted] != agrees[~trusted]
    # libsvm's votes break ties otherwise than its decision function.
    assert differ.mean() <= (0.01 if type(estimator) is SVC else 0)


def test_margins_are_the_support_above_the_best_other():
    X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    y = np.array(["a", "a", "b", "b", "c", "c"])
    many = GaussianNB().fit(X, y)
    P = many.predict_proba(X)
    expected = P[:, 1] - np.maximum(P[:, 0], P[:, 2])
    assert_allclose(classification_margins(many, X, np.full(6, "b")), expected)
    two = LogisticRegression().fit(X[:4], y[:4])
    decision = two.decision_function(X)
    assert_allclose(classification_margins(two, X, np.full(6, "b")), decision)
    assert_allclose(classification_margins(two, X, np.full(6, "a")), -decision)


def test_a_label_the_model_has_never_seen_has_the_least_support():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    for model in (LogisticRegression(), KNeighborsClassifier(1), PredictOnly()):
        model.fit(X, np.array(["b", "b", "d", "d"]))
        for label in "ace":
            assert (classification_margins(model, X, np.full(4, label)) < 0).all()


def test_the_estimator_sees_the_labels_of_the_user():
    X, y = make_moons(60, random_state=0)
    y = np.array(["fair", "foul"])[y]
    estimator = LogisticRegression(class_weight={"fair": 1, "foul": 5})
    filter = TrustedDisagreementFilter(estimator, random_state=0)
    filter.fit(X, y, trusted=np.arange(0, 60, 3))
    assert_array_equal(filter.estimator_.classes_, ["fair", "foul"])


def test_trusted_rows_are_scored_by_models_that_did_not_learn_from_them():
    X, y = make_moons(80, noise=0.05, random_state=0)
    wrong = [0, 40]
    y[wrong] = 1 - y[wrong]
    filter = TrustedDisagreementFilter(KNeighborsClassifier(1), random_state=0)
    filter.fit(X, y, trusted=np.arange(0, 80, 2))
    # In the sample, one nearest neighbour agrees with every label.
    assert_array_equal(filter.score_samples(X[wrong], y[wrong]), [1, 1])
    assert_array_equal(filter.sample_scores_[wrong], [-1, -1])
    assert filter.inlier_mask_[wrong].all()


def test_self_training_improves_on_the_plain_filter(digits):
    X, y, trusted, is_poison = digits
    f1 = [
        f1_score(
            is_poison[~trusted],
            ~TrustedDisagreementFilter(SVC(), n_rounds=n_rounds, random_state=0)
            .fit(X, y, trusted=trusted)
            .inlier_mask_[~trusted],
        )
        for n_rounds in (0, 5)
    ]
    assert f1[1] > f1[0] + 0.05


def test_regression_flags_residuals_beyond_their_out_of_fold_spread(line):
    X, y, trusted = line
    filter = TrustedDisagreementFilter(LinearRegression(), cv=100)
    filter.fit(X, y, trusted=trusted)
    # One fold per row: the leave-one-out residuals in closed form.
    A = np.column_stack([np.ones(100), X[:100]])
    hat = A @ np.linalg.pinv(A)
    residuals = (y[:100] - hat @ y[:100]) / (1 - np.diag(hat))
    median = 1.4826 * np.median(np.abs(residuals))
    rms = np.sqrt(np.mean(np.clip(residuals, -3.5 * median, 3.5 * median) ** 2))
    assert_allclose(filter.residual_scale_, max(rms, median))
    assert_allclose(
        filter.sample_scores_[:100], -np.abs(residuals) / filter.residual_scale_
    )
    coef = np.linalg.pinv(A) @ y[:100]
    new = y[100:] - np.column_stack([np.ones(100), X[100:]]) @ coef
    flagged = np.abs(new) > 1.96 * filter.residual_scale_
    assert_array_equal(filter.inlier_mask_[100:], ~flagged)
    assert flagged[:10].all()
    assert flagged[10:].mean() < 0.12


def test_regression_learns_from_the_rows_it_believes(line):
    X, y, _ = line
    trusted = np.arange(200) < 8
    truth = [1.0, -2.0, 0.5]
    error = [
        np.abs(
            TrustedDisagreementFilter(RidgeCV(), n_rounds=n_rounds, random_state=0)
            .fit(X, y, trusted=trusted)
            .estimator_.coef_
            - truth
        ).max()
        for n_rounds in (0, 5)
    ]
    assert error[1] < error[0] / 2
    filter = TrustedDisagreementFilter(RidgeCV(), n_rounds=5, random_state=0)
    filter.fit(X, y, trusted=trusted)
    assert filter.offset_ == -3.5
    assert_array_equal(np.flatnonzero(~filter.inlier_mask_), np.arange(100, 110))


def test_a_wrong_trusted_target_does_not_widen_the_spread_without_bound(line):
    X, y, trusted = line
    filter = TrustedDisagreementFilter(LinearRegression(), random_state=0)
    before = filter.fit(X, y, trusted=trusted).residual_scale_
    y[0] += 20
    assert filter.fit(X, y, trusted=trusted).residual_scale_ < 2 * before


def test_regression_without_noise_flags_no_clean_row():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = X @ [1.0, 2.0, 3.0] + 1e6
    y[40:44] += 0.01
    filter = TrustedDisagreementFilter(LinearRegression(), random_state=0)
    filter.fit(X, y, trusted=np.arange(40))
    assert_array_equal(np.flatnonzero(~filter.inlier_mask_), np.arange(40, 44))


@pytest.mark.parametrize(
    ("trusted", "message"),
    [([0], "at least two trusted rows"), ([0, 1, 2, 3], "y is the same")],
)
def test_a_residual_spread_that_cannot_be_learned_is_refused(trusted, message):
    X = np.arange(20.0)[:, None]
    y = np.where(np.arange(20) < 10, 0.0, np.arange(20))
    with pytest.raises(ValueError, match=message):
        TrustedDisagreementFilter(LinearRegression()).fit(X, y, trusted=trusted)


def test_one_trusted_row_per_class_is_enough():
    X, y = make_moons(80, noise=0.05, random_state=0)
    trusted = [np.flatnonzero(y == 0)[0], np.flatnonzero(y == 1)[0]]
    filter = TrustedDisagreementFilter(SVC(), n_rounds=3, random_state=0)
    assert filter.fit(X, y, trusted=trusted).inlier_mask_.mean() > 0.5


def test_a_class_without_trusted_rows_is_removed_with_a_warning(digits):
    X, y, trusted, _ = digits
    filter = TrustedDisagreementFilter(SVC(), n_rounds=2, random_state=0)
    with pytest.warns(RemovedClassWarning, match="7"):
        filter.fit(X, y, trusted=trusted & (y != 7))


def test_ties_do_not_depend_on_the_order_of_the_rows(digits):
    X, y, trusted, _ = digits
    X = np.round(X)
    X[:50] = X[0]
    filter = TrustedDisagreementFilter(PredictOnly(), n_rounds=3, random_state=0)
    before = filter.fit(X, y, trusted=trusted).sample_scores_
    order = np.random.default_rng(0).permutation(len(y))
    filter.fit(X[order], y[order], trusted=trusted[order])
    assert_array_equal(filter.sample_scores_, before[order])


def test_sparse_rows_give_the_same_scores(digits):
    X, y, trusted, _ = digits
    filter = TrustedDisagreementFilter(SVC(), n_rounds=1, random_state=0)
    dense = filter.fit(X, y, trusted=trusted).sample_scores_
    filter.fit(csr_array(X), y, trusted=trusted)
    assert_allclose(filter.sample_scores_, dense, atol=1e-8)


def test_folds_are_dealt_evenly_and_leave_every_class_something_to_learn():
    groups = np.repeat([0, 1, 2, 3], [1, 2, 7, 20])
    folds = stratified_folds(groups, 3, np.random.RandomState(0))
    assert_array_equal(folds[:1], [-1])
    for fold in range(3):
        assert set(groups[folds != fold]) == {0, 1, 2, 3}
        assert 9 <= np.sum(folds == fold) <= 10
    for group in (1, 2, 3):
        counts = np.bincount(folds[groups == group], minlength=3)
        assert np.ptp(counts) <= 1

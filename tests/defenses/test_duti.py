import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_digits, make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

from skpoison._utils.kernel_features import kernel_features
from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import DUTIFilter
from skpoison.defenses._duti._label_path import TrustedAgreement, label_path
from skpoison.defenses._duti._large_soft_logistic import LargeSoftLogisticRegression
from skpoison.defenses._duti._low_rank_fit import LowRankFit, _Newton
from skpoison.defenses._duti._soft_logistic import SoftLogisticRegression
from skpoison.defenses._duti._trusted_fit import TrustedFit
from skpoison.exceptions import UntrustedClassWarning

LEARNERS = [SoftLogisticRegression, LargeSoftLogisticRegression]
FITS = [TrustedFit, LowRankFit]


def orthogonal_features(n, d, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, d))
    return X @ np.linalg.svd(X, full_matrices=False)[2].T


@pytest.fixture(params=LEARNERS)
def agreement(request):
    """An objective over 40 rows of three classes, a quarter of them trusted."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=40)
    features = orthogonal_features(40, 6)
    learner = request.param(features, 40 * 0.02)
    return TrustedAgreement(learner, y, 3, np.arange(40) % 4 == 0, 5.0)


@pytest.fixture
def curve():
    """A smooth function whose values are shifted on a part of its range."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-3, 3, size=(150, 1))
    y_true = np.sin(X.ravel())
    trusted = np.arange(150) < 30
    wrong = ~trusted & (X.ravel() > 1) & (X.ravel() < 1.7)
    y = y_true + 0.05 * rng.normal(size=150)
    y[wrong] += 2
    return X, y, y_true, trusted, wrong


def threes_called_fives(n_classes):
    X, y = load_digits(return_X_y=True)
    if n_classes == 2:
        X, y = X[(y == 3) | (y == 5)], y[(y == 3) | (y == 5)]
    order = np.random.RandomState(0).permutation(len(y))[:500]
    X, y = X[order] / 16, y[order]
    trusted = np.arange(len(y)) < {2: 40, 10: 100}[n_classes]
    threes = np.flatnonzero((y == 3) & ~trusted)
    wrong = np.zeros(len(y), dtype=bool)
    wrong[threes[: int(0.6 * len(threes))]] = True
    return X, np.where(wrong, 5, y), trusted, wrong


def neighbor_disagreement(X, y, k=10):
    neighbors = NearestNeighbors(n_neighbors=k).fit(X).kneighbors(return_distance=False)
    return np.mean(y[neighbors] != y[:, None], axis=1)


@pytest.mark.parametrize("learner", LEARNERS)
def test_learner_agrees_with_scikit_learn(learner):
    features = orthogonal_features(80, 5)
    y = np.random.default_rng(0).integers(3, size=80)
    theta, log_P = learner(features, 0.5).fit(np.eye(3)[y], np.zeros((5, 3)))
    model = LogisticRegression(C=2.0, fit_intercept=False, tol=1e-10, max_iter=1000)
    model.fit(features, y)
    assert_allclose(theta.T, model.coef_, atol=1e-4)
    assert_allclose(np.exp(log_P), model.predict_proba(features), atol=1e-4)


def test_inverse_hessian_agrees_with_the_full_matrix():
    features = orthogonal_features(30, 4)
    learner = SoftLogisticRegression(features, 0.3)
    P = np.random.default_rng(0).dirichlet(np.ones(3), size=30)
    hessian = np.zeros((12, 12))
    for phi, p in zip(features, P):
        hessian += np.kron(np.outer(phi, phi), np.diag(p) - np.outer(p, p))
    hessian += 0.3 * np.eye(12)
    target = np.random.default_rng(1).normal(size=(4, 3))
    assert_allclose(
        learner.solve(P, target, tol=1e-12).ravel(),
        np.linalg.solve(hessian, target.ravel()),
        rtol=1e-8,
    )


@pytest.mark.parametrize("penalty", [0.0, 3.0])
def test_implicit_gradient_agrees_with_finite_differences(agreement, penalty):
    rng = np.random.default_rng(1)
    Q = rng.dirichlet(np.ones(3), size=40)
    _, gradient = agreement(Q, penalty)
    for _ in range(5):
        direction = rng.normal(size=Q.shape)
        direction -= direction.mean(axis=1, keepdims=True)
        h = 1e-3
        up, _ = agreement(Q + h * direction, penalty)
        down, _ = agreement(Q - h * direction, penalty)
        assert_allclose(
            np.sum(gradient * direction), (up - down) / (2 * h), rtol=1e-3, atol=1e-3
        )


def test_label_path_ends_better_than_it_starts(agreement):
    start, _ = agreement(agreement.given, 0.0)
    step, place, n_paid, Q = label_path(agreement)
    end, _ = agreement(Q, 0.0)
    assert end < start
    assert_allclose(Q.sum(axis=1), 1)
    assert (Q >= 0).all()
    assert_array_equal(Q[agreement.trusted], agreement.given[agreement.trusted])
    assert ((place > 0) & (place < 1)).all()
    assert (Q[agreement.given > 0] < 0.5)[step < step.max()].all()
    assert 1 <= n_paid < step.max()


def test_no_label_moves_at_the_first_penalty(agreement):
    step, _, n_paid, _ = label_path(agreement)
    _, gradient = agreement(agreement.given, 2.0 ** (n_paid - 1))
    own = np.sum(gradient * agreement.given, axis=1, keepdims=True)
    assert (own <= gradient)[~agreement.trusted].all()
    assert (step > 0).all()


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_kernel_features_multiply_to_the_kernel(kernel):
    X = np.random.default_rng(0).normal(size=(40, 3))
    features = kernel_features(
        X, kernel=kernel, gamma=0.7, n_components=40, random_state=0
    )
    centred = X - np.median(X, axis=0)
    squared = np.sum(centred**2, axis=1)
    size = np.mean(np.minimum(squared, 4 * np.median(squared)))
    if kernel == "rbf":
        expected = rbf_kernel(X, gamma=0.7 / size)
    else:
        expected = centred @ centred.T / size
    assert_allclose(features @ features.T, expected + 1, atol=1e-4)
    gram = features.T @ features
    assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-8)


def test_changes_of_values_minimise_the_squared_errors():
    rng = np.random.default_rng(0)
    features, y = orthogonal_features(30, 5), rng.normal(size=30)
    trusted = np.arange(30) % 3 == 0
    fit = TrustedFit(features, y, trusted, 0.1, 2.0)

    def objective(change):
        target = y - y[trusted].mean()
        changed = target.copy()
        changed[~trusted] += change
        penalty = 3.0 * np.eye(5)
        theta = np.linalg.solve(features.T @ features + penalty, features.T @ changed)
        errors = features @ theta - changed
        trusted_errors = features[trusted] @ theta - target[trusted]
        return 2 * np.mean(trusted_errors**2) + np.mean(errors**2)

    change = rng.normal(size=20)
    squared = np.sum((fit.design @ change - fit.target) ** 2) / 30
    assert_allclose(squared, objective(change))
    best = fit.changes(np.arange(20))
    for _ in range(20):
        assert objective(best) <= objective(best + 0.1 * rng.normal(size=20))


def test_values_of_many_rows_follow_the_same_path(curve):
    X, y, _, trusted, _ = curve
    features = kernel_features(
        X, kernel="rbf", gamma=1.0, n_components=150, random_state=0
    )
    dense = TrustedFit(features, y, trusted, 0.03, 1.0)
    low_rank = LowRankFit(features, y, trusted, 0.03, 1.0)
    assert_allclose(low_rank.slopes, dense.design.T @ dense.target, atol=1e-9)
    for expected, found in zip(dense.path(), low_rank.path()):
        assert np.mean(np.abs(found - expected) > 1e-3) < 0.02
    rows = np.arange(20, 40)
    assert_allclose(low_rank.changes(rows), dense.changes(rows), rtol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_values_of_copies_under_a_small_penalty_reach_the_optimum(seed):
    """Copies and a weak ridge make Newton's method alternate unless it is damped."""
    rng = np.random.default_rng(seed)
    X = np.repeat(rng.normal(size=(60, 2)), 2, axis=0)
    y = np.round(rng.normal(size=120))
    trusted = np.arange(120) % 10 == 0
    features = kernel_features(
        X, kernel="rbf", gamma=3.0, n_components=50, random_state=0
    )
    data = features, y, trusted, 1e-6, 1.0
    dense, low_rank = TrustedFit(*data), LowRankFit(*data)
    newton = _Newton(low_rank._features, low_rank._formed, low_rank.slopes)
    top = np.abs(low_rank.slopes).max()
    for penalty in top * np.geomspace(1, 1e-3, 30):
        changes = newton.changes(penalty)
        slopes = dense.design.T @ (dense.target - dense.design @ changes)
        assert np.abs(slopes).max() <= penalty + 1e-6 * top
        moved = changes != 0
        assert_allclose(
            slopes[moved], penalty * np.sign(changes[moved]), atol=1e-6 * top
        )


@pytest.mark.parametrize("make_fit", FITS)
def test_the_value_that_helps_most_leaves_zero_first(make_fit):
    rng = np.random.default_rng(0)
    trusted = np.arange(30) % 3 == 0
    data = orthogonal_features(30, 5), rng.normal(size=30), trusted, 0.1, 1.0
    step, place = make_fit(*data).path()
    fit = TrustedFit(*data)
    first = np.argmax(np.abs(fit.design.T @ fit.target))
    assert step[first] + place[first] == np.min(step + place)
    assert np.sum(step == step.min()) <= 2


@pytest.mark.parametrize("n_classes", [2, 10])
def test_systematic_errors_are_found_where_neighbors_confirm_them(n_classes):
    X, y, trusted, wrong = threes_called_fives(n_classes)
    duti = DUTIFilter(random_state=0).fit(X, y, trusted=trusted)
    precision = average_precision_score(wrong[~trusted], -duti.sample_scores_[~trusted])
    by_neighbors = average_precision_score(
        wrong[~trusted], neighbor_disagreement(X, y)[~trusted]
    )
    assert precision > 0.8
    assert by_neighbors < 0.52
    suspect = ~duti.inlier_mask_
    assert suspect[wrong].mean() > 0.7
    assert wrong[suspect].mean() > 0.7
    assert_array_equal(np.sort(duti.ranking_), np.flatnonzero(~trusted))
    assert wrong[duti.ranking_[:10]].mean() > 0.8
    assert np.mean(duti.y_corrected_[wrong & suspect] == 3) > 0.9
    assert_array_equal(duti.y_corrected_[~suspect], y[~suspect])


def test_random_errors_are_seen_by_neighbors_too():
    X, y = load_digits(return_X_y=True)
    X, y = X[(y == 3) | (y == 5)] / 16, y[(y == 3) | (y == 5)]
    attack = LabelFlipAttack(rate=0.2, random_state=0)
    trusted = np.arange(len(y)) < 40
    _, flipped, wrong = attack.fit_poison(X[~trusted], y[~trusted])
    y = np.concatenate([y[trusted], flipped])
    duti = DUTIFilter(random_state=0).fit(X, y, trusted=trusted)
    by_neighbors = average_precision_score(wrong, neighbor_disagreement(X, y)[~trusted])
    precision = average_precision_score(wrong, -duti.sample_scores_[~trusted])
    assert precision > 0.9
    assert by_neighbors > 0.9


def test_clean_labels_are_left_alone():
    X, y = load_digits(return_X_y=True)
    X, y = X[:400] / 16, y[:400]
    duti = DUTIFilter(random_state=0).fit(X, y, trusted=np.arange(100))
    assert np.mean(~duti.inlier_mask_) < 0.02


def test_contamination_is_the_share_of_the_untrusted_rows():
    X, y, trusted, wrong = threes_called_fives(2)
    duti = DUTIFilter(contamination=0.1, random_state=0).fit(X, y, trusted=trusted)
    n_untrusted = np.sum(~trusted)
    assert np.sum(~duti.inlier_mask_) == int(0.1 * n_untrusted)
    assert wrong[~duti.inlier_mask_].mean() > 0.95
    assert_array_equal(
        np.sort(duti.ranking_[: int(0.1 * n_untrusted)]),
        np.flatnonzero(~duti.inlier_mask_),
    )
    assert not np.any(duti.y_corrected_ == y, where=~duti.inlier_mask_)


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shifted_values_are_found_and_corrected(curve, offset, dtype):
    X, y, y_true, trusted, wrong = curve
    share = wrong.sum() / np.sum(~trusted)
    duti = DUTIFilter("regression", contamination=share, random_state=0)
    duti.fit((X + offset / 1e3).astype(dtype), y + offset, trusted=trusted)
    suspect = ~duti.inlier_mask_
    assert suspect[wrong].mean() > 0.9
    assert wrong[suspect].mean() > 0.9
    error = np.abs(duti.y_corrected_ - offset - y_true)[wrong & suspect]
    assert error.mean() < 0.3
    assert_array_equal(duti.y_corrected_[~suspect], (y + offset)[~suspect])
    assert (duti.sample_scores_[trusted] == duti.sample_scores_.max()).all()


def test_a_tenth_of_a_regression_goes_by_default(curve):
    X, y, _, trusted, wrong = curve
    duti = DUTIFilter("regression", random_state=0).fit(X, y, trusted=trusted)
    assert np.sum(~duti.inlier_mask_) == 12
    assert wrong[~duti.inlier_mask_].mean() > 0.8


def test_values_that_agree_leave_nothing_to_rank(curve):
    X, y, _, trusted, _ = curve
    duti = DUTIFilter("regression", random_state=0)
    duti.fit(X, np.ones_like(y), trusted=trusted)
    assert duti.inlier_mask_.all()
    assert_array_equal(duti.y_corrected_, np.ones_like(y))


def test_copies_and_constant_columns_in_any_order(curve):
    X, y, _, trusted, _ = curve
    X = np.column_stack([np.repeat(X, 2, axis=0), np.ones(300)])
    y, trusted = np.repeat(y, 2), np.repeat(trusted, 2)
    duti = DUTIFilter("regression", random_state=0)
    kept = duti.fit(X, y, trusted=trusted).inlier_mask_
    order = np.random.default_rng(1).permutation(300)
    assert_array_equal(
        duti.fit(X[order], y[order], trusted=trusted[order]).inlier_mask_, kept[order]
    )
    assert (np.diff(duti.sample_scores_[duti.ranking_]) >= 0).all()


@pytest.mark.parametrize("n_classes", [2, 10])
def test_many_rows_are_judged_like_few(n_classes):
    X, y, trusted, wrong = threes_called_fives(n_classes)
    duti = DUTIFilter(random_state=0).fit(X, y, trusted=trusted)
    with config_context(working_memory=1):
        many = clone(duti).fit(X, y, trusted=trusted)
    assert np.mean(duti.inlier_mask_ != many.inlier_mask_) <= 0.01
    assert np.mean(~many.inlier_mask_[wrong]) > 0.7


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_values_of_many_rows_are_judged_like_those_of_few(curve, offset):
    X, y, _, trusted, _ = curve
    duti = DUTIFilter("regression", random_state=0)
    kept = duti.fit(X, y + offset, trusted=trusted).inlier_mask_
    corrected = duti.y_corrected_
    with config_context(working_memory=0.5):
        duti.fit(X, y + offset, trusted=trusted)
    assert_array_equal(duti.inlier_mask_, kept)
    assert_allclose(duti.y_corrected_, corrected, rtol=1e-6)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_working_memory_bounds_what_is_held(task):
    X, y = make_blobs(4000, centers=2, n_features=5, random_state=0)
    trusted = np.arange(4000) % 20 == 0
    duti = DUTIFilter(task, n_components=50, random_state=0)
    with config_context(working_memory=8):
        tracemalloc.start()
        duti.fit(X, y + 0.1 * X[:, 0] if task == "regression" else y, trusted=trusted)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # A matrix of the rows would take 128 MB.
    assert peak < 24 * 2**20


class Recorder:
    """A callback that ends the path at some step."""

    def __init__(self, n_steps):
        self.n_steps = n_steps
        self.tasks = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.tasks.append(context.task_name)

    def on_fit_task_end(self, estimator, context):
        return self.tasks.count("iteration") >= self.n_steps


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_callbacks_see_the_steps_and_can_end_them(task):
    X, y = make_blobs(200, centers=2, cluster_std=3, random_state=0)
    callback = Recorder(4)
    duti = DUTIFilter(task, random_state=0).set_callbacks(callback)
    with config_context(working_memory=0.5):
        duti.fit(X, y, trusted=np.arange(40))
    assert callback.tasks == ["fit", "path", *["iteration"] * 4]


def test_a_progress_bar_follows_the_path(capsys):
    X, y = make_blobs(100, centers=2, random_state=0)
    duti = DUTIFilter(random_state=0).set_callbacks(ProgressBar())
    duti.fit(X, y, trusted=np.arange(20))
    assert "path" in capsys.readouterr().out


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_few_landmarks_change_little(kernel):
    X, y, trusted, wrong = threes_called_fives(2)
    exact = DUTIFilter(kernel=kernel, random_state=0).fit(X, y, trusted=trusted)
    rough = DUTIFilter(kernel=kernel, n_components=100, random_state=0)
    rough.fit(X, y, trusted=trusted)
    assert np.mean(exact.inlier_mask_ != rough.inlier_mask_) < 0.05
    assert np.mean(~rough.inlier_mask_[wrong]) > 0.7


def test_a_class_without_trusted_rows_is_named():
    X, y = make_blobs(90, centers=3, random_state=0)
    trusted = np.flatnonzero(y < 2)[::4]
    with pytest.warns(UntrustedClassWarning, match=r"\[2\]"):
        DUTIFilter(random_state=0).fit(X, y, trusted=trusted)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_nothing_is_left_to_judge_when_all_rows_are_trusted(task):
    X, y = make_blobs(20, centers=2, random_state=0)
    with pytest.raises(ValueError, match="Every row is trusted"):
        DUTIFilter(task).fit(X, y, trusted=np.arange(20))

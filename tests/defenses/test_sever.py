import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import SeverFilter
from skpoison.defenses._sever._gradients import (
    last_layer_gradients,
    squared_projections,
)
from skpoison.exceptions import DegenerateFilterWarning, EmptyShareWarning


@pytest.fixture
def classes():
    return make_classification(
        300, 8, n_informative=5, n_classes=3, class_sep=1.5, random_state=0
    )


@pytest.fixture
def line():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6))
    y = X @ np.arange(1.0, 7.0) + 0.1 * rng.normal(size=200)
    X[:20, 0] += 3
    y[:20] = 60
    return X, y


def numerical_gradient(loss, coef, intercept, h=1e-6):
    """Central differences of the per-row losses: (n_samples, n_outputs, d + 1)."""
    theta = np.column_stack([coef, intercept])
    columns = []
    for at in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[at] += h
        down[at] -= h
        columns.append((loss(up) - loss(down)) / (2 * h))
    return np.array(columns).T.reshape(-1, *theta.shape)


def outer(slopes, inputs):
    return slopes[:, :, None] * inputs[:, None, :]


def softmax_loss(outputs, y):
    return -log_softmax(outputs, axis=1)[np.arange(len(y)), y]


def logistic_loss(outputs, y):
    return np.logaddexp(0, -(2 * y - 1) * outputs[:, 0])


def hinge_loss(outputs, y):
    signs = 2 * (np.arange(3) == y[:, None]) - 1
    return np.maximum(0, 1 - signs * outputs).sum(axis=1)


def squared_hinge_loss(outputs, y):
    signs = 2 * (np.arange(3) == y[:, None]) - 1
    return (np.maximum(0, 1 - signs * outputs) ** 2).sum(axis=1)


def half_squared_error_of_signs(outputs, y):
    signs = 2 * (np.arange(3) == y[:, None]) - 1
    return ((signs - outputs) ** 2).sum(axis=1) / 2


def half_squared_error(outputs, y):
    return (outputs[:, 0] - y) ** 2 / 2


@pytest.mark.parametrize(
    ("model", "loss", "n_classes"),
    [
        (LogisticRegression(), softmax_loss, 3),
        (LogisticRegression(), logistic_loss, 2),
        (LinearSVC(random_state=0), squared_hinge_loss, 3),
        (LinearSVC(loss="hinge", random_state=0, max_iter=10000), hinge_loss, 3),
        (RidgeClassifier(), half_squared_error_of_signs, 3),
        (Ridge(), half_squared_error, 3),
    ],
)
def test_gradients_agree_with_finite_differences(classes, model, loss, n_classes):
    X, y = classes
    X = X[y < n_classes] - np.median(X[y < n_classes], axis=0)
    y = y[y < n_classes]
    model = clone(model).fit(X, y)
    slopes, inputs = last_layer_gradients(model, X, y)

    def row_losses(theta):
        return loss(X @ theta[:, :-1].T + theta[:, -1], y)

    expected = numerical_gradient(
        row_losses, np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    )
    outputs = X @ model.coef_.T + model.intercept_
    off_the_kink = np.abs(np.abs(outputs.reshape(len(y), -1)) - 1).min(axis=1) > 1e-3
    assert off_the_kink.mean() > 0.9
    assert_allclose(
        outer(slopes, inputs)[off_the_kink], expected[off_the_kink], atol=1e-6
    )


@pytest.mark.parametrize("n_outputs", [1, 4])
def test_projections_agree_with_the_full_decomposition(n_outputs):
    rng = np.random.default_rng(0)
    slopes, inputs = rng.normal(size=(60, n_outputs)), rng.normal(size=(60, 7))
    gradients = outer(slopes, inputs).reshape(60, -1)
    gradients -= gradients.mean(axis=0)
    top = np.linalg.svd(gradients)[2][0]
    assert_allclose(
        squared_projections(slopes, inputs, np.random.RandomState(0)),
        (gradients @ top) ** 2,
        atol=1e-10,
    )


def test_equal_gradients_project_on_nothing():
    same = np.full((5, 2), 0.3)
    for n in (1, 2, 5):
        projections = squared_projections(same[:n], same[:n], np.random.RandomState(0))
        assert_array_equal(projections, np.zeros(n))


def test_memory_is_that_of_the_data():
    rng = np.random.default_rng(0)
    slopes, inputs = rng.normal(size=(1000, 30)), rng.normal(size=(1000, 300))
    tracemalloc.start()
    squared_projections(slopes, inputs, np.random.RandomState(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * inputs.nbytes < slopes.size * 300 * 8 / 5


def test_the_model_is_that_of_the_kept_rows(classes):
    X, y = classes
    filter = SeverFilter(LogisticRegression(), contamination=0.1, random_state=0)
    kept = filter.fit(X, y).inlier_mask_
    expected = LogisticRegression().fit(X[kept], y[kept])
    assert_array_equal(filter.estimator_.coef_, expected.coef_)
    for label in range(3):
        n = np.sum(y == label)
        assert np.sum(~kept & (y == label)) == int((1 - 0.95**4) * n)


def test_rows_removed_earlier_score_lower(line):
    X, y = line
    removed = np.zeros(len(y), dtype=bool)
    final = SeverFilter(Ridge(), contamination=0.1, random_state=0).fit(X, y)
    levels = []
    for n_rounds in range(1, 5):
        filter = clone(final).set_params(n_rounds=n_rounds).fit(X, y)
        newly = ~filter.inlier_mask_ & ~removed
        removed = ~filter.inlier_mask_
        assert newly.any()
        levels.append(final.sample_scores_[newly])
    levels.append(final.sample_scores_[final.inlier_mask_])
    for earlier, later in pairwise(levels):
        assert earlier.max() < later.min()
    assert levels[-2].max() < final.offset_ <= levels[-1].min()


def test_outliers_that_pull_the_fit_are_removed(line):
    X, y = line
    undefended = Ridge().fit(X, y)
    filter = SeverFilter(Ridge(), contamination=0.1, random_state=0).fit(X, y)
    assert np.abs(undefended.coef_ - np.arange(1, 7)).max() > 1
    assert not filter.inlier_mask_[:20].any()
    assert_allclose(filter.estimator_.coef_, np.arange(1, 7), atol=0.1)


@pytest.mark.parametrize(
    ("rate", "undefended", "defended"),
    [(0.1, 0.846, 0.98), (0.2, 0.698, 0.98), (0.3, 0.580, 0.90)],
)
def test_far_flips_on_breast_cancer(rate, undefended, defended):
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    order = np.random.RandomState(0).permutation(len(y))
    train, test = order[:400], order[400:]
    attack = LabelFlipAttack(strategy="far", rate=rate, estimator=LinearSVC(C=0.01))
    y_train = attack.fit_poison(X[train], y[train]).y
    model = LogisticRegression(C=0.1).fit(X[train], y_train)
    assert model.score(X[test], y[test]) == pytest.approx(undefended, abs=0.001)
    filter = SeverFilter(model, contamination=rate, random_state=0)
    model = filter.fit(X[train], y_train).estimator_
    assert model.score(X[test], y[test]) >= defended


def test_ten_classes_keep_most_of_their_clean_rows():
    X, y = load_digits(return_X_y=True)
    X, y = X[:800] / 16, y[:800]
    flipped = np.random.default_rng(0).permutation(800)[:80]
    y[flipped] = (y[flipped] + 1) % 10
    model = LogisticRegression(C=0.1)
    filter = SeverFilter(model, contamination=0.1, random_state=0)
    suspect = ~filter.fit(X, y).inlier_mask_
    assert suspect[flipped].mean() > 0.75
    assert np.delete(suspect, flipped).mean() < 0.15


def test_trusted_rows_stay_in_the_fit(line):
    X, y = line
    trusted = np.zeros(200, dtype=bool)
    trusted[:3] = True
    filter = SeverFilter(Ridge(), contamination=0.1, random_state=0)
    kept = filter.fit(X, y, trusted=trusted).inlier_mask_
    assert kept[trusted].all()
    assert not kept[3:20].any()
    assert_array_equal(filter.estimator_.coef_, Ridge().fit(X[kept], y[kept]).coef_)
    assert (filter.sample_scores_[trusted] >= filter.offset_).all()


def test_an_offset_of_the_features_changes_nothing(line):
    X, y = line
    filter = SeverFilter(Ridge(), contamination=0.1, random_state=0)
    before = filter.fit(X, y).inlier_mask_
    assert_array_equal(filter.fit(X + 1e5, y + 1e5).inlier_mask_, before)


def test_copies_share_one_verdict_in_any_order(line):
    X, y = (np.repeat(rows, 3, axis=0) for rows in line)
    X = np.column_stack([X, np.ones(len(X))])
    filter = SeverFilter(Ridge(), contamination=0.12, random_state=0)
    kept = filter.fit(X, y).inlier_mask_
    assert 0 < np.sum(~kept) < len(y)
    assert (kept.reshape(-1, 3) == kept[::3, None]).all()
    order = np.random.default_rng(1).permutation(len(y))
    assert_array_equal(filter.fit(X[order], y[order]).inlier_mask_, kept[order])


def test_a_pipeline_is_served_at_its_last_step(classes):
    X, y = classes
    X = X * np.logspace(-2, 3, 8)
    X_scaled = StandardScaler().fit_transform(X)
    inner = SeverFilter(LogisticRegression(), n_rounds=1, random_state=0)
    whole = SeverFilter(
        make_pipeline(StandardScaler(), LogisticRegression()),
        n_rounds=1,
        random_state=0,
    )
    assert_allclose(
        whole.fit(X, y).sample_scores_, inner.fit(X_scaled, y).sample_scores_
    )
    assert whole.estimator_.predict(X).shape == y.shape


def test_an_exact_fit_leaves_nothing_to_judge_by():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 30)), rng.normal(size=20)
    with pytest.warns(DegenerateFilterWarning, match="Regularise"):
        filter = SeverFilter(LinearRegression(), contamination=0.2).fit(X, y)
    assert filter.inlier_mask_.all()


def test_sparse_rows_are_judged_like_dense_ones():
    rng = np.random.default_rng(0)
    X = rng.poisson(0.1, size=(200, 20)).astype(float)
    y = X @ np.arange(20) + rng.normal(size=200)
    y[:10] += 100
    filter = SeverFilter(Ridge(solver="sparse_cg", tol=1e-10), random_state=0)
    dense = filter.fit(X, y).inlier_mask_
    assert not dense[:10].any()
    assert_array_equal(filter.fit(csr_array(X), y).inlier_mask_, dense)


def test_small_classes_lose_their_share_in_the_end(classes):
    X, y = (rows[:45] for rows in classes)
    filter = SeverFilter(LogisticRegression(), contamination=0.1, random_state=0)
    kept = filter.fit(X, y).inlier_mask_
    expected = [int((1 - 0.95**4) * n) for n in np.bincount(y)]
    assert min(expected) == 2
    assert_array_equal(np.bincount(y[~kept]), expected)


def test_one_row_is_left_after_ever_so_many_rounds(line):
    X, y = line
    filter = SeverFilter(Ridge(), contamination=0.5, n_rounds=90, random_state=0)
    assert filter.fit(X, y).inlier_mask_.sum() >= 1


def test_a_share_below_one_row_removes_nothing(line):
    with pytest.warns(EmptyShareWarning, match="none is removed"):
        filter = SeverFilter(Ridge(), contamination=0.002).fit(*line)
    assert filter.inlier_mask_.all()


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (KNeighborsClassifier(), "no coef_"),
        (KNeighborsRegressor(), "no coef_"),
        (SVC(kernel="rbf"), "no coef_"),
        (SVC(kernel="linear"), r"not X @ coef_\.T"),
        (PoissonRegressor(), r"not X @ coef_\.T"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "no coef_"),
    ],
)
def test_models_without_a_linear_last_layer_are_refused(classes, model, why):
    with pytest.raises(TypeError, match=f"{why}.*LogisticRegression"):
        SeverFilter(model).fit(*classes)


def test_models_that_predict_no_target_are_refused(classes):
    with pytest.raises(TypeError, match="KMeans is neither"):
        SeverFilter(KMeans(3)).fit(*classes)


@pytest.mark.parametrize(
    "model",
    [
        LinearSVC(random_state=0),
        RidgeClassifier(),
        SGDClassifier(random_state=0),
        SGDClassifier(loss="log_loss", random_state=0),
    ],
)
def test_linear_classifiers_find_flips(model):
    X, y = make_classification(400, 6, class_sep=2, flip_y=0, random_state=0)
    flipped = np.arange(30)
    y[flipped] = 1 - y[flipped]
    filter = SeverFilter(model, contamination=0.1, random_state=0).fit(X, y)
    assert np.mean(~filter.inlier_mask_[flipped]) > 0.8


def test_values_whose_squares_overflow_are_refused():
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = np.append(X[1:, 0], 1e300)
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match="squares overflow: scale X and y"),
    ):
        SeverFilter(Ridge(), random_state=0).fit(X, y)

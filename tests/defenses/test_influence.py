"""Self-influence: what a row's loss grows by when the model is trained without it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skpoison.defenses import InfluenceFilter


def losses_of(model, X, y):
    if isinstance(model, Ridge):
        return (model.predict(X) - y) ** 2 / 2
    columns = np.searchsorted(model.classes_, y)
    return -np.log(model.predict_proba(X)[np.arange(len(y)), columns])


def growth_without_each(model, X, y):
    """By how much the loss of each row grows, with a model of all others."""
    before = losses_of(model.fit(X, y), X, y)
    growth = []
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        model.fit(X[others], y[others])
        growth.append(losses_of(model, X[i : i + 1], y[i : i + 1])[0] - before[i])
    return np.array(growth)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_influence_on_a_ridge_regression_is_that_of_leaving_out(fit_intercept):
    X, y = make_regression(200, 4, noise=10, random_state=0)
    model = Ridge(alpha=2.0, fit_intercept=fit_intercept)
    influence = -InfluenceFilter(model).fit(X, y).sample_scores_
    # The exact growth divides by 1 minus the leverage, and adds a second order.
    assert_allclose(influence, growth_without_each(model, X, y), rtol=0.15, atol=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_influence_on_a_logistic_regression_is_that_of_leaving_out(n_classes):
    X, y = load_iris(return_X_y=True)
    rows = np.flatnonzero(y > 2 - n_classes)[:: n_classes - 1]
    X, y = X[rows], y[rows]
    model = LogisticRegression(C=0.1, tol=1e-8, max_iter=1000)
    influence = -InfluenceFilter(model).fit(X, y).sample_scores_
    growth = growth_without_each(model, X, y)
    assert_allclose(influence, growth, rtol=0.15, atol=1e-4)
    assert spearmanr(influence, growth).statistic > 0.99


def test_wrong_labels_have_the_largest_influence():
    X, y = load_digits(return_X_y=True)
    X, y = X[:600] / 16, y[:600]
    wrong = np.arange(0, 600, 20)
    y[wrong] = (y[wrong] + 3) % 10
    model = LogisticRegression(C=0.1, max_iter=500)
    filter = InfluenceFilter(model, contamination=0.05).fit(X, y)
    assert np.mean(~filter.inlier_mask_[wrong]) > 0.7


def test_the_steps_before_the_last_layer_are_gone_through():
    X, y = load_iris(return_X_y=True)
    layer, scaler = LogisticRegression(), StandardScaler()
    whole = InfluenceFilter(make_pipeline(scaler, layer)).fit(X, y)
    alone = InfluenceFilter(layer).fit(scaler.fit_transform(X), y)
    assert_allclose(whole.sample_scores_, alone.sample_scores_, rtol=1e-6)


@pytest.mark.parametrize("estimator", [SVC(), Lasso(), make_pipeline(SVC())])
def test_other_models_are_refused(estimator):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(TypeError, match="needs a LogisticRegression or a Ridge"):
        InfluenceFilter(estimator).fit(X, y)

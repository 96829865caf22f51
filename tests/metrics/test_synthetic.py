from itertools import permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import sqrtm
from scipy.stats import wasserstein_distance as wasserstein_distance_1d
from sklearn.datasets import load_iris

from skpoison.metrics import (
    average_euclidean_distance,
    frechet_distance,
    inception_score,
    wasserstein_distance,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_wasserstein_is_the_best_pairing(rng):
    X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)) + 1
    cost = np.linalg.norm(X[:, None] - Y, axis=2)
    best = min(cost[np.arange(6), p].mean() for p in map(list, permutations(range(6))))
    assert_allclose(wasserstein_distance(X, Y), best)


def test_wasserstein_in_one_dimension(rng):
    x, y = rng.normal(size=200), rng.exponential(size=200)
    assert_allclose(
        wasserstein_distance(x[:, None], y[:, None]), wasserstein_distance_1d(x, y)
    )


def test_wasserstein_ignores_the_order_of_the_rows(rng):
    X = rng.normal(size=(50, 4))
    assert wasserstein_distance(X, rng.permutation(X)) == 0


def test_wasserstein_of_sets_of_different_size():
    with pytest.raises(ValueError, match="draw equally many"):
        wasserstein_distance(np.zeros((3, 2)), np.zeros((4, 2)))


def test_average_distance_beyond_one_batch(rng):
    X, Y = rng.normal(size=(2500, 2)) + 1e6, rng.normal(size=(30, 2)) + 1e6
    expected = np.linalg.norm(X[:, None] - Y, axis=2).mean()
    assert_allclose(average_euclidean_distance(X, Y), expected)


def test_average_distance_falls_for_a_collapsed_generator(rng):
    X = rng.normal(size=(200, 5))
    collapsed = np.tile(X.mean(axis=0), (200, 1))
    itself = average_euclidean_distance(X, X)
    assert average_euclidean_distance(X, collapsed) < itself
    assert_allclose(average_euclidean_distance(X, rng.permutation(X)), itself)


def test_frechet_agrees_with_the_matrix_square_root(rng):
    X = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5))
    Y = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) + 1
    C1, C2 = np.cov(X.T), np.cov(Y.T)
    expected = np.sum((X.mean(0) - Y.mean(0)) ** 2) + np.trace(
        C1 + C2 - 2 * sqrtm(C1 @ C2).real
    )
    assert_allclose(frechet_distance(X, Y), expected)
    assert_allclose(frechet_distance(Y, X), expected)


@pytest.mark.parametrize("n_samples", [2, 10, 500])
def test_frechet_of_equal_sets_is_zero_in_spite_of_singular_covariances(rng, n_samples):
    X = rng.normal(size=(n_samples, 40))
    X[:, :5] = 3
    X += 1e4
    assert_allclose(frechet_distance(X, rng.permutation(X)), 0, atol=1e-10)


def test_frechet_of_shifted_data_is_the_squared_shift():
    X = load_iris().data
    assert_allclose(frechet_distance(X, X + [1, 2, 0, 0]), 5)


def test_inception_score_by_its_definition(rng):
    p = rng.dirichlet(np.ones(4), size=50)
    divergence = (p * np.log(p / p.mean(axis=0))).sum(axis=1)
    assert_allclose(inception_score(p), np.exp(divergence.mean()))


def test_inception_score_bounds():
    assert_allclose(inception_score(np.eye(7)), 7)
    assert_allclose(inception_score(np.full((5, 7), 1 / 7)), 1)
    assert_allclose(inception_score(np.eye(7)[[0, 0, 0]]), 1)


@pytest.mark.parametrize("rows", [[[0.5, 0.6]], [[1.5, -0.5]], [[3.0, 2.0]]])
def test_inception_score_needs_probabilities(rows):
    with pytest.raises(ValueError, match="predict_proba"):
        inception_score(rows)


@pytest.mark.parametrize(
    "metric", [wasserstein_distance, average_euclidean_distance, frechet_distance]
)
def test_pairs_must_share_their_features(metric):
    with pytest.raises(ValueError, match="2 and 3 features"):
        metric(np.zeros((3, 2)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="NaN"):
        metric([[np.nan], [1.0]], [[0.0], [1.0]])

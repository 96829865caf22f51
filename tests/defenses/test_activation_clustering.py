"""Activation clustering: which cluster goes, and what exclusion gives back."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import FunctionTransformer

from skpoison.defenses import ActivationClusteringFilter


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900], y[:900]


@pytest.fixture
def triggered(digits):
    """Fives of which a tenth are other digits with bright edges."""
    X, y = digits[0].copy(), digits[1].copy()
    poison = np.flatnonzero(y != 5)[:10]
    X[np.ix_(poison, [*range(8), *range(56, 64)])] = 16
    y[poison] = 5
    return X, y, poison


@pytest.mark.parametrize("n_components", [3, 10])
def test_the_clusters_are_those_of_k_means_among_whitened_components(
    triggered, n_components
):
    X, y, _ = triggered
    filter = ActivationClusteringFilter(n_components=n_components, random_state=0)
    filter.fit(X, y)
    rows = PCA(n_components, whiten=True).fit_transform(X[y == 5])
    clusters = KMeans(2, n_init=10, random_state=0).fit_predict(rows)
    smaller = clusters == np.argmin(np.bincount(clusters))
    assert_array_equal(~filter.inlier_mask_[y == 5], smaller)
    assert_allclose(filter.silhouettes_[5], silhouette_score(rows, clusters), atol=1e-6)
    assert filter.shares_[5] == smaller.mean()


def test_the_score_is_the_position_between_the_centres():
    X = np.array([[0.0, 1, 10, 11, 12, 13, 40, 41, 42, 43, 44, 45]]).T
    y = np.repeat(["apart", "together"], 6)
    filter = ActivationClusteringFilter(random_state=0).fit(X, y)
    assert filter.suspect_classes_.tolist() == [True, False]
    # The centres of the first class are 1/2 and 23/2.
    assert_allclose(filter.sample_scores_[:6], (X[:6, 0] - 6) / 11)
    assert (filter.sample_scores_[6:] >= 0).all()
    assert_allclose(filter.score_samples([[3.0]], ["apart"]), -3 / 11)


def test_a_trigger_is_a_cluster_of_its_own(triggered):
    X, y, poison = triggered
    filter = ActivationClusteringFilter(min_silhouette=0.2, random_state=0).fit(X, y)
    assert_array_equal(np.flatnonzero(~filter.inlier_mask_), poison)


def test_a_cluster_that_the_others_of_its_class_predict_is_given_back(triggered):
    X, y, poison = triggered
    # Some ones have a bright corner, where all other digits are dark.
    rare = np.flatnonzero(y == 1)[:15]
    X[rare, 0] = 60
    split = ActivationClusteringFilter(
        n_components=3, min_silhouette=0.42, random_state=0
    )
    assert not split.fit(X, y).inlier_mask_[rare].any()
    split.set_params(estimator=LogisticRegression(max_iter=1000))
    assert_array_equal(np.flatnonzero(~split.fit(X, y).inlier_mask_), poison)


def test_images_are_clustered_as_the_embedding_sees_them(triggered):
    X, y, _ = triggered
    images = X.reshape(-1, 8, 8)
    upside_down = FunctionTransformer(lambda X: X[:, ::-1].reshape(len(X), -1))
    seen = ActivationClusteringFilter(upside_down, random_state=0).fit(images, y)
    plain = ActivationClusteringFilter(random_state=0).fit(X, y)
    assert_allclose(seen.sample_scores_, plain.sample_scores_)
    assert_allclose(seen.score_samples(images[:9], y[:9]), seen.sample_scores_[:9])
    assert seen.halves_[5].mean[0] == pytest.approx(plain.halves_[5].mean[56])


def test_the_silhouette_of_a_large_class_is_that_of_a_sample():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(7000, 3))
    X[:6] += 30
    X[:, 1] *= 0.1
    filter = ActivationClusteringFilter(n_components=1, random_state=0)
    filter.fit(np.vstack([X, X[:3]]), np.repeat([0, 1], [7000, 3]))
    rows = PCA(1, whiten=True).fit_transform(X)
    expected = silhouette_score(rows, np.arange(7000) < 6)
    assert filter.shares_[0] == pytest.approx(6 / 7000)
    assert filter.silhouettes_[0] == pytest.approx(expected, abs=0.02)

"""SPECTRE: the published score after whitening, and the poison it is made for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm, inv, sqrtm
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from skpoison.defenses import SpectralSignatureFilter, SpectreFilter
from skpoison.exceptions import EmptyShareWarning


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900], y[:900]


def entropy_matrix(covariance):
    identity = np.eye(len(covariance))
    excess = np.linalg.norm(covariance, 2) - 1
    return expm(4 * (covariance - identity) / excess)


def whitened(rows, core):
    covariance = np.cov(rows[core].T).reshape(2 * [rows.shape[1]])
    return (rows - rows[core].mean(axis=0)) @ np.real(sqrtm(inv(covariance)))


def scores_by_definition(rows, n_poison):
    core = np.arange(len(rows))
    for _ in range(30):
        distances = np.linalg.norm(whitened(rows, core), axis=1)
        core = np.argsort(distances)[: len(rows) - 2 * n_poison]
    w = whitened(rows, core)
    Q = entropy_matrix(np.cov(w.T).reshape(2 * [rows.shape[1]]))
    return np.einsum("ij,jk,ik->i", w, Q, w) / np.trace(Q)


def told_by_the_removed(components, kept):
    covariance = np.cov(whitened(components, kept).T)
    M = entropy_matrix(covariance)
    return np.trace(covariance @ M) / np.trace(M)


def test_the_score_is_the_entropy_after_whitening(digits):
    X, y = digits
    filter = SpectreFilter(contamination=0.1, n_components=10).fit(X, y)
    for label in (0, 5):
        rows = X[y == label]
        n_poison, n_gone = int(0.1 * len(rows)), int(0.15 * len(rows))
        components = PCA(10).fit_transform(rows)
        told, scores = {}, {}
        for k in (1, 4, 9, 10):
            scores[k] = scores_by_definition(components[:, :k], n_poison)
            kept = np.argsort(scores[k])[: len(rows) - n_gone]
            told[k] = told_by_the_removed(components, kept)
        best = max(told, key=told.get)
        cut = np.sort(scores[best])[-n_gone - 1]
        assert filter.signatures_[label].matrix.shape == (best, 64)
        assert_allclose(
            filter.sample_scores_[y == label], 1 - scores[best] / cut, atol=1e-6
        )
        assert np.sum(~filter.inlier_mask_[y == label]) == n_gone


def test_poison_that_varies_less_than_clean_rows_stands_out():
    rng = np.random.default_rng(0)
    deviations = np.linspace(5, 0.3, 20)
    X, y = rng.normal(size=(600, 20)) * deviations, np.repeat([0, 1], 300)
    X[:15, -1] += 3
    without, with_whitening = (
        filter.fit(X, y).inlier_mask_[:15]
        for filter in (SpectralSignatureFilter(0.05), SpectreFilter(0.05))
    )
    assert np.mean(~without) < 0.5
    assert np.mean(~with_whitening) > 0.9


def test_the_scale_of_a_class_changes_nothing(digits):
    X, y = digits
    before = SpectreFilter().fit(X, y).inlier_mask_
    assert_array_equal(SpectreFilter().fit(1e3 * X + 7, y).inlier_mask_, before)


def test_rows_that_are_all_equal_are_kept():
    X = np.repeat([[0.0, 1.0], [5.0, 2.0]], 10, axis=0)
    assert SpectreFilter().fit(X, np.repeat([0, 1], 10)).inlier_mask_.all()


def test_what_does_not_vary_among_the_others_stands_out():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    X[:, 2] = 0
    X[:4, 2] = [1, 2, 3, 4]
    filter = SpectreFilter(0.1).fit(X, np.repeat([0, 1], 50))
    assert not filter.inlier_mask_[:4].any()


def test_trusted_rows_are_not_counted(digits):
    X, y = digits
    trusted = np.flatnonzero(y == 5)[:40]
    filter = SpectreFilter(0.1).fit(X, y, trusted=trusted)
    assert np.sum(~filter.inlier_mask_[y == 5]) == int(0.15 * (np.sum(y == 5) - 40))


def test_less_than_a_row_is_warned_of(digits):
    with pytest.warns(EmptyShareWarning, match=r"1\.5 x contamination=0\.001"):
        filter = SpectreFilter(contamination=0.001).fit(*digits)
    assert filter.inlier_mask_.all()

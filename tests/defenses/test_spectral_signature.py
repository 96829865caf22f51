"""Spectral signatures: the published score, and the poison it is made for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits

from skpoison.defenses import SpectralSignatureFilter
from skpoison.exceptions import EmptyShareWarning


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


@pytest.mark.parametrize("n_features", [64, 500])
def test_the_score_is_that_of_the_singular_value_decomposition(digits, n_features):
    X, y = np.tile(digits[0], 8)[:, :n_features], digits[1]
    filter = SpectralSignatureFilter(contamination=0.1).fit(X, y)
    for label in (0, 5):
        rows = X[y == label]
        centred = rows - rows.mean(axis=0)
        component = (centred @ np.linalg.svd(centred)[2][0]) ** 2
        n_gone = int(1.5 * 0.1 * len(rows))
        cut = np.sort(component)[-n_gone - 1]
        scores = filter.sample_scores_[y == label]
        assert_allclose(scores, 1 - component / cut, atol=1e-6)
        assert np.sum(~filter.inlier_mask_[y == label]) == n_gone


def test_a_trigger_stands_out(triggered):
    X, y, poison = triggered
    filter = SpectralSignatureFilter(contamination=0.1).fit(X, y)
    assert not filter.inlier_mask_[poison].any()


def test_trusted_rows_are_not_counted(triggered):
    X, y, poison = triggered
    trusted = np.setdiff1d(np.flatnonzero(y == 5), poison)[:40]
    filter = SpectralSignatureFilter(contamination=0.1).fit(X, y, trusted=trusted)
    n_open = np.sum(y == 5) - 40
    assert np.sum(~filter.inlier_mask_[y == 5]) == int(0.15 * n_open)


def test_a_common_offset_changes_nothing(digits):
    X, y = digits
    before = SpectralSignatureFilter().fit(X, y).inlier_mask_
    assert_array_equal(SpectralSignatureFilter().fit(X + 1e3, y).inlier_mask_, before)


def test_rows_in_mirror_image_tie_at_the_cut():
    X = np.array([[-3.0], [3.0], [-1], [1], [0], [0], [-3], [3], [-1], [1], [0], [0]])
    y = np.repeat([0, 1], 6)
    kept = SpectralSignatureFilter(contamination=0.12).fit(X, y).inlier_mask_
    assert kept.all()


def test_less_than_a_row_is_warned_of(digits):
    X, y = digits
    with pytest.warns(EmptyShareWarning, match=r"1\.5 x contamination=0\.001"):
        filter = SpectralSignatureFilter(contamination=0.001).fit(X, y)
    assert filter.inlier_mask_.all()

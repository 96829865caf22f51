"""De-Pois on images: convolutional critics."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import DeepKNNFilter, DePoisFilter
from skpoison.metrics import filter_report

SMALL = {"hidden_layer_sizes": (32,), "max_iter": 60, "cv": 2, "random_state": 0}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X, y = X[:800].reshape(-1, 1, 8, 8) / 16, y[:800]
    trusted = np.arange(800) < 200
    is_flip = np.zeros(800, dtype=bool)
    attack = LabelFlipAttack(rate=0.2, random_state=0)
    rows = X[~trusted].reshape(600, 64)
    _, y[~trusted], is_flip[~trusted] = attack.fit_poison(rows, y[~trusted])
    return X, y, trusted, is_flip


def test_flips_of_digits_are_found(digits):
    X, y, trusted, is_flip = digits
    filter = DePoisFilter(max_iter=300, random_state=0).fit(X, y, trusted=trusted)
    report = filter_report(
        is_flip[~trusted],
        filter.inlier_mask_[~trusted],
        scores=filter.sample_scores_[~trusted],
    )
    assert report["f1_poison"] > 0.8
    assert report["roc_auc"] > 0.98


def test_new_images_are_judged(digits):
    X, y, trusted, _ = digits
    filter = DePoisFilter(**SMALL).fit(X, y, trusted=trusted)
    scores = filter.score_samples(X[:20], y[:20])
    assert scores.shape == (20,)
    order = np.arange(20)[::-1]
    assert_allclose(filter.score_samples(X[order], y[order]), scores[order], rtol=1e-4)
    assert filter.transform(X) is X
    with pytest.raises(ValueError, match="expecting 1 features"):
        filter.score_samples(X[:20].transpose(0, 2, 3, 1), y[:20])
    with pytest.raises(ValueError, match="fitted to rows of the shape"):
        filter.score_samples(X[:20, :, :7], y[:20])


def test_repetition_and_order_change_nothing(digits):
    X, y, trusted, _ = digits
    filter = DePoisFilter(**SMALL).fit(X, y, trusted=trusted)
    order = np.random.default_rng(0).permutation(len(y))
    shuffled = clone(filter).fit(X[order], y[order], trusted=trusted[order])
    assert_array_equal(shuffled.sample_scores_, filter.sample_scores_[order])


def test_the_published_design_runs_on_images(digits):
    X, y, trusted, _ = digits
    filter = DePoisFilter(
        loss="wasserstein",
        negatives=("generator",),
        augment=True,
        calibration="augmented",
        per_class=False,
        max_iter=3,
        random_state=0,
    ).fit(X, y, trusted=trusted)
    (augmenter,) = filter.augmenters_
    assert augmenter.sample(y[:5], random_state=0).shape == (5, 1, 8, 8)


def test_target_values_of_images_are_refused(digits):
    X, y, trusted, _ = digits
    with pytest.raises(ValueError, match="pass features of the images"):
        DePoisFilter(**SMALL).fit(X, y + 0.5 * X[:, 0, 4, 4], trusted=trusted)


def test_filters_of_vectors_refuse_images(digits):
    X, y, _, _ = digits
    with pytest.raises(ValueError, match="dim 4"):
        DeepKNNFilter(5).fit(X, y)

"""The plane shows what it says it shows."""

import matplotlib
import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from skpoison.defenses import L2CentroidFilter
from skpoison.inspection import FeatureSpaceDisplay
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import make_pipeline

matplotlib.use("Agg")


@pytest.fixture
def three_blobs():
    X, y = make_blobs(90, n_features=6, centers=3, random_state=0)
    return X, np.array(["cat", "dog", "owl"])[y]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def show(features, y, mask=None, **kwargs):
    mask = np.ones(len(y), bool) if mask is None else mask
    return FeatureSpaceDisplay.from_predictions(
        features, y, mask, target_class="cat", poison_class="dog", **kwargs
    )


def test_axes_run_between_the_centroids_and_across(three_blobs):
    X, y = three_blobs
    normal = np.arange(6.0)
    display = show(X, y, normal=normal)
    between = X[y == "cat"].mean(axis=0) - X[y == "dog"].mean(axis=0)
    length = np.linalg.norm(between)
    cat, dog = (display.coordinates[display.groups == g].mean(axis=0) for g in (0, 1))
    np.testing.assert_allclose(dog, 0, atol=1e-9)
    np.testing.assert_allclose(cat, [length, 0], atol=1e-9)
    across = normal - (normal @ between) / length**2 * between
    shown = np.isin(y, ["cat", "dog"])
    expected = (X - X[y == "dog"].mean(axis=0)) @ across / np.linalg.norm(across)
    np.testing.assert_allclose(display.coordinates[:, 1], expected[shown])


def test_without_a_classifier_the_second_axis_has_the_largest_variance(three_blobs):
    X, y = three_blobs
    display = show(X, y)
    variance = display.coordinates[:, 1].var()
    rng = np.random.default_rng(0)
    for _ in range(50):
        assert show(X, y, normal=rng.normal(size=6)).coordinates[:, 1].var() <= (
            variance + 1e-9
        )
        matplotlib.pyplot.close("all")


def test_poison_and_removed_rows_are_told_apart(three_blobs):
    X, y = three_blobs
    is_poison = np.zeros(90, bool)
    is_poison[np.flatnonzero(y == "dog")[:4]] = True
    display = show(X, y, ~is_poison, is_poison=is_poison, target_features=X[:1])
    labels = display.ax_.get_legend_handles_labels()[1]
    assert labels == ["class cat, kept", "class dog, kept", "poison, removed", "target"]
    assert (display.groups == 2).sum() == 4


def test_a_fitted_pipeline_shows_its_own_verdict(three_blobs):
    X, y = three_blobs
    model = make_pipeline(StandardScaler(), L2CentroidFilter(0.1), LogisticRegression())
    model.fit(X, y)
    display = FeatureSpaceDisplay.from_estimator(
        model, X, y, target_class="cat", poison_class="owl", X_target=X[:2]
    )
    coef = model[-1].coef_
    same = FeatureSpaceDisplay.from_predictions(
        model[0].transform(X),
        y,
        model[1].inlier_mask_,
        target_class="cat",
        poison_class="owl",
        normal=coef[0] - coef[2],
    )
    np.testing.assert_allclose(display.coordinates, same.coordinates)
    assert display.target_coordinates.shape == (2, 2)
    assert (~display.inlier_mask).sum() == 6


def test_a_filter_alone_and_a_defended_classifier_show_the_raw_features(three_blobs):
    X, y = three_blobs
    alone = L2CentroidFilter(0.1).fit(X, y)
    defended = DefendedClassifier(L2CentroidFilter(0.1), LogisticRegression())
    expected = show(X, y, alone.inlier_mask_)
    for estimator in (alone, defended.fit(X, y)):
        display = FeatureSpaceDisplay.from_estimator(
            estimator, X, y, target_class="cat", poison_class="dog"
        )
        np.testing.assert_allclose(display.coordinates, expected.coordinates)
        np.testing.assert_array_equal(display.inlier_mask, expected.inlier_mask)


def test_the_boundary_counts_only_in_the_space_of_the_filter(three_blobs):
    X, y = three_blobs
    model = make_pipeline(L2CentroidFilter(0.1), PCA(3), LogisticRegression())
    display = FeatureSpaceDisplay.from_estimator(
        model.fit(X, y), X, y, target_class="cat", poison_class="dog"
    )
    np.testing.assert_allclose(display.coordinates, show(X, y).coordinates)


def test_what_cannot_be_shown_is_refused(three_blobs):
    X, y = three_blobs
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    arguments = {"target_class": "cat", "poison_class": "dog"}
    with pytest.raises(ValueError, match="no filter"):
        FeatureSpaceDisplay.from_estimator(model, X, y, **arguments)
    with pytest.raises(ValueError, match="no clean row of class 'dog'"):
        show(X[y != "dog"], y[y != "dog"])
    with pytest.raises(ValueError, match="same centroid"):
        show(np.ones_like(X), y)

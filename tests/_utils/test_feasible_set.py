"""Spheres and slabs: where points may lie, and which of them are extreme."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from sklearn.datasets import make_blobs

from skpoison._utils.feasible_set import FeasibleSet
from skpoison.defenses import SphereSlabFilter


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(200, n_features=4, centers=2, cluster_std=2, random_state=0)


def test_the_set_around_rows_is_that_of_the_filter(blobs):
    X, y = blobs
    feasible, filter = FeasibleSet.around(X, y, 0.9), SphereSlabFilter(0.9).fit(X, y)
    assert_allclose(feasible.centroids, filter.centroids_)
    assert_allclose(feasible.directions, filter.directions_)
    assert_allclose(feasible.radii, filter.radii_)
    assert_allclose(feasible.widths, filter.widths_)


@pytest.mark.parametrize("c", [0, 1])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_projection_is_the_nearest_point_of_the_set(blobs, c, seed):
    feasible, rng = FeasibleSet.around(*blobs, 0.6), np.random.default_rng(seed)
    mu, v = feasible.centroids[c], feasible.directions[c]
    radius, width = feasible.radii[c], feasible.widths[c]
    x, normal = mu + 6 * rng.normal(size=4), rng.normal(size=4)
    limit = normal @ mu + 0.3
    inside = [
        lambda z: radius**2 - ((z - mu) ** 2).sum(),
        lambda z: width - (z - mu) @ v,
        lambda z: width + (z - mu) @ v,
        lambda z: limit - normal @ z,
    ]
    nearest = minimize(
        lambda z: ((z - x) ** 2).sum(),
        mu,
        constraints=[{"type": "ineq", "fun": left} for left in inside],
        options={"maxiter": 500},
    ).x
    assert_allclose(feasible.project(c, x, normal, limit), nearest, atol=1e-3)


def test_a_projection_is_within_the_set_in_float32_too(blobs):
    X, y = blobs
    filter, feasible = SphereSlabFilter(0.8).fit(X, y), FeasibleSet.around(X, y, 0.8)
    rows = np.array(
        [feasible.project(c, x + 9) for c, x in zip(y, X)], dtype=np.float32
    )
    assert (filter.predict(rows, y) == 1).all()
    inside = filter.inlier_mask_
    left = np.array([feasible.project(c, x) for c, x in zip(y[inside], X[inside])])
    assert_allclose(left, X[inside], rtol=1e-4, atol=1e-4)

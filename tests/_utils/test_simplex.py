"""The nearest point of a convex hull, against exact solutions."""

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from skpoison._utils.simplex import nearest_hull_weights, project_onto_simplex


def objective(gram, weights):
    return 0.5 * np.einsum("bi,bij,bj->b", weights, gram, weights)


def exact_objective(gram):
    """The least objective over the faces on which it is stationary and feasible."""
    n, best = len(gram), np.inf
    for size in range(1, n + 1):
        for face in map(list, combinations(range(n), size)):
            one = np.ones((size, 1))
            kkt = np.block([[gram[np.ix_(face, face)], one], [one.T, np.zeros((1, 1))]])
            weights = np.linalg.lstsq(kkt, np.r_[np.zeros(size), 1], rcond=None)[0][:-1]
            if weights.min() >= -1e-12:
                value = 0.5 * weights @ gram[np.ix_(face, face)] @ weights
                best = min(best, value)
    return best


@pytest.mark.parametrize("n_weights", [1, 2, 7])
def test_projection_is_the_nearest_point_of_the_simplex(n_weights):
    rng = np.random.RandomState(0)
    points = 2 * rng.randn(6, n_weights)
    points[0] = 0
    projected = project_onto_simplex(points)
    assert projected.min() >= 0
    assert_allclose(projected.sum(axis=1), 1)
    for point, found in zip(points, projected):
        best = minimize(
            lambda c, point=point: np.sum((c - point) ** 2),
            np.full(n_weights, 1 / n_weights),
            bounds=[(0, None)] * n_weights,
            constraints={"type": "eq", "fun": lambda c: c.sum() - 1},
        )
        assert_allclose(found, best.x, atol=1e-5)


@pytest.mark.parametrize("width", [2, 3, 64])
@pytest.mark.parametrize("scale", [1, 0.03])
def test_objective_is_within_the_tolerance_of_the_exact_one(width, scale):
    # Of width 2 and 3 the matrices are singular, and some hulls hold the origin.
    rng = np.random.RandomState(width)
    points = scale * (rng.randn(20, 5, width) + 0.5 * rng.randn(20, 1, width))
    gram = points @ points.mT
    weights = nearest_hull_weights(gram, np.full((20, 5), 0.2), tol=1e-7)
    assert weights.min() >= 0
    assert_allclose(weights.sum(axis=1), 1)
    exact = [exact_objective(g) for g in gram]
    assert_allclose(objective(gram, weights), exact, rtol=0, atol=1e-7)


def test_any_start_leads_to_the_same_objective():
    rng = np.random.RandomState(0)
    points = rng.randn(10, 30, 12)
    gram = points @ points.mT
    corner = np.eye(30)[:10]
    values = [
        objective(gram, nearest_hull_weights(gram, start, tol=1e-9))
        for start in (corner, np.full((10, 30), 1 / 30))
    ]
    assert_allclose(*values, rtol=0, atol=1e-9)


def test_a_problem_does_not_depend_on_the_others():
    rng = np.random.RandomState(0)
    points = rng.randn(8, 5, 3)
    gram, start = points @ points.mT, np.full((8, 5), 0.2)
    together = nearest_hull_weights(gram, start, tol=1e-4)
    for i in range(8):
        alone = nearest_hull_weights(gram[i : i + 1], start[:1], tol=1e-4)
        assert_allclose(alone[0], together[i], atol=1e-12)


def test_equal_points_leave_nothing_to_choose():
    start = np.array([[0.3, 0.7]])
    gram = np.ones((1, 2, 2))
    assert_allclose(nearest_hull_weights(gram, start, tol=1e-9), start)
    assert_allclose(nearest_hull_weights(0 * gram, start, tol=1e-9), start)

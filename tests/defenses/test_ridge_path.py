"""RidgePath: against direct solves and refits without each row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skpoison.defenses._annealed_trust._ridge_path import RidgePath


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 7))
    targets = rng.normal(size=(40, 3))
    fixed = np.where(np.arange(40) < 6, 20.0, 0.0)
    varying = np.where(np.arange(40) < 6, 0.0, rng.uniform(size=40))
    varying[10] = 0.0
    return features, targets, fixed, varying


def solve(features, targets, weights, alpha):
    weighted = features * weights[:, None]
    A = weighted.T @ features + alpha * np.eye(features.shape[1])
    return np.linalg.solve(A, weighted.T @ targets)


@pytest.mark.parametrize("u", [0.0, 0.1, 5.0])
@pytest.mark.parametrize("alpha", [1e-3, 1.0])
def test_coefficients_solve_the_weighted_ridge(problem, u, alpha):
    features, targets, fixed, varying = problem
    path = RidgePath(features, targets, fixed, varying, alpha)
    direct = solve(features, targets, fixed + u * varying, alpha)
    assert_allclose(path.coefficients(u), direct, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("u", [0.0, 0.1, 5.0])
def test_leave_one_out_is_a_refit_without_the_row(problem, u):
    features, targets, fixed, varying = problem
    predicted = RidgePath(features, targets, fixed, varying, 0.5).leave_one_out(u)
    for i in range(40):
        weights = fixed + u * varying
        weights[i] = 0
        refit = features[i] @ solve(features, targets, weights, 0.5)
        assert_allclose(predicted[i], refit, rtol=1e-8, atol=1e-10)

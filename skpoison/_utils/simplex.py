"""The point of a convex hull that is nearest to the origin, for many hulls at once."""

import numpy as np

__all__ = ["nearest_hull_weights", "project_onto_simplex"]


def project_onto_simplex(points):
    """The nearest weights that are non-negative and sum to one.

    Parameters
    ----------
    points : ndarray of shape (n, n_weights)

    Returns
    -------
    ndarray of shape (n, n_weights)

    References
    ----------
    .. [1] J. Duchi, S. Shalev-Shwartz, Y. Singer, T. Chandra, "Efficient Projections
       onto the l1-Ball for Learning in High Dimensions", ICML 2008, figure 1.
    """
    descending = np.sort(points, axis=1)[:, ::-1]
    rank = np.arange(1, points.shape[1] + 1)
    # Every support bounds the shift from below, and the right one attains it.
    shift = ((np.cumsum(descending, axis=1) - 1) / rank).max(axis=1, keepdims=True)
    return np.maximum(points - shift, 0)


def nearest_hull_weights(gram, start, *, tol, max_iter=1000):
    """Weights c on the simplex that minimise c' G c / 2, for many G at once.

    With G the inner products of some points, sum_j c_j x_j is the point of their convex
    hull nearest to the origin. FISTA with step 1 / L, restarted where its momentum
    points uphill, until the duality gap c' G c - min_j (G c)_j, which bounds the error
    of the objective, is at most `tol`.

    Parameters
    ----------
    gram : ndarray of shape (n, n_weights, n_weights)
        Symmetric and positive semi-definite.
    start : ndarray of shape (n, n_weights)
        Weights on the simplex.
    tol : float
        Allowed error of the objective.
    max_iter : int, default=1000

    Returns
    -------
    ndarray of shape (n, n_weights)

    References
    ----------
    .. [1] A. Beck, M. Teboulle, "A Fast Iterative Shrinkage-Thresholding Algorithm for
       Linear Inverse Problems", SIAM J. Imaging Sciences 2 (2009), section 4.
    .. [2] B. O'Donoghue, E. Candes, "Adaptive Restart for Accelerated Gradient
       Schemes", Foundations of Computational Mathematics 15 (2015), equation 13.
    """
    largest = np.linalg.eigvalsh(gram)[:, -1, None]
    step = 1 / np.maximum(largest, np.finfo(float).tiny)
    pace = np.ones((len(start), 1))
    weights, slope = start, _slope(gram, start)
    ahead, slope_ahead = weights, slope
    for _ in range(max_iter):
        gap = np.sum(weights * slope, axis=1) - slope.min(axis=1)
        solved = (gap <= tol)[:, None]
        if solved.all():
            break
        # A solved problem rests, so that it does not depend on the others.
        new = project_onto_simplex(ahead - step * slope_ahead)
        new = np.where(solved, weights, new)
        new_slope = _slope(gram, new)
        move = new - weights
        pace[np.sum((ahead - new) * move, axis=1) > 0] = 1
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        momentum = (pace - 1) / faster
        ahead = new + momentum * move
        slope_ahead = new_slope + momentum * (new_slope - slope)
        weights, slope, pace = new, new_slope, faster
    return weights


def _slope(gram, weights):
    return np.matmul(gram, weights[..., None])[..., 0]

"""The score of one class: quantum entropy after robust whitening."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

__all__ = ["Signature", "most_telling_signature"]

# As in the authors' code.
_SHARPNESS = 4.0
# Components with less of the largest one's deviation than that are rounding.
_FLAT = 1e-7
# Rows per component, lest whitening by few rows make others stand out.
_ROWS_PER_COMPONENT = 4
_MAX_STEPS = 30


class Signature(NamedTuple):
    """A quadratic score around a centre.

    Attributes
    ----------
    centre : ndarray of shape (n_features,)
    matrix : ndarray of shape (n_components, n_features)
    """

    centre: np.ndarray
    matrix: np.ndarray

    def scores(self, rows):
        """Squared length of each row's image; 1 on average where no poison is."""
        return np.sum(((rows - self.centre) @ self.matrix.T) ** 2, axis=1)


def most_telling_signature(rows, n_components, n_poison, removed_by):
    """The signature of a class, with the number of components that tells most.

    Parameters
    ----------
    rows : ndarray of float64 of shape (n_samples, n_features)
    n_components : int
        Most components to look at.
    n_poison : int
        Poison to expect; twice as many rows have no say in the whitening.
    removed_by : callable
        ``removed_by(scores)`` is the mask of the rows that would go.

    Returns
    -------
    Signature
    """
    mean, n = rows.mean(axis=0), len(rows)
    _, deviations, axes = np.linalg.svd(rows - mean, full_matrices=False)
    n_axes = np.sum(deviations > _FLAT * deviations[0])
    axes = axes[: min(n_axes, n_components, max(1, n // _ROWS_PER_COMPONENT))]
    if deviations[0] == 0:
        return Signature(mean, np.zeros_like(axes))
    components = (rows - mean) @ axes.T
    best, most = None, -np.inf
    for k in _squares_up_to(len(axes)):
        signature = _signature(components[:, :k], n - 2 * n_poison)
        kept = ~removed_by(signature.scores(components[:, :k]))
        told = _entropy_left(components, kept)
        if told > most:
            most = told
            centre = mean + signature.centre @ axes[:k]
            best = Signature(centre, signature.matrix @ axes[:k])
    return best


def _squares_up_to(largest):
    """1, 4, 9, ... and the number itself."""
    squares = {i * i for i in range(1, int(np.sqrt(largest)) + 1)}
    return sorted(squares | {largest})


def _signature(rows, n_core):
    core = _core(rows, n_core)
    centre, root = _whitening(rows, core)
    _, weights, vectors = _spectrum((rows - centre) @ root)
    return Signature(centre, np.sqrt(weights)[:, None] * (vectors.T @ root))


def _core(rows, n_core):
    """So many rows that lie nearest to their own mean, in their own covariance."""
    core = np.ones(len(rows), dtype=bool)
    for _ in range(_MAX_STEPS):
        centre, root = _whitening(rows, core)
        distances = np.sum(((rows - centre) @ root) ** 2, axis=1)
        nearest = distances <= np.partition(distances, n_core - 1)[n_core - 1]
        if np.array_equal(nearest, core):
            break
        core = nearest
    return core


def _whitening(rows, core):
    """Mean and inverse root of the covariance of the core."""
    centre = rows[core].mean(axis=0)
    variances, vectors = eigh(_covariance(rows[core]))
    # What does not vary in the core stands out, but not without limit.
    floor = _FLAT * rows.var(axis=0).sum()
    return centre, (vectors / np.sqrt(np.maximum(variances, floor))) @ vectors.T


def _spectrum(whitened):
    """Variances of whitened rows, their weights by quantum entropy, and directions."""
    variances, vectors = eigh(_covariance(whitened))
    excess = variances - 1
    weights = np.ones(len(excess))
    if excess[-1] > _FLAT:
        weights = np.exp(_SHARPNESS * excess / excess[-1])
    return variances, weights / weights.sum(), vectors


def _covariance(rows):
    return np.cov(rows, rowvar=False).reshape(rows.shape[1], rows.shape[1])


def _entropy_left(components, kept):
    """How far the removed rows stand out, in all components."""
    centre, root = _whitening(components, kept)
    variances, weights, _ = _spectrum((components - centre) @ root)
    return variances @ weights

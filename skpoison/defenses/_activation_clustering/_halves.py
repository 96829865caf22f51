"""A class in two clusters, told apart by a plane."""

from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

__all__ = ["Halves", "halves"]

_N_INIT = 10
# Rows that the silhouette is taken over, which costs all pairs of them.
_SILHOUETTE_ROWS = 5000
# Components with less of the largest one's deviation than that are rounding.
_FLAT = 1e-7


class Halves(NamedTuple):
    """The plane between two clusters of rows.

    Attributes
    ----------
    mean : ndarray of shape (n_features,)
        Mean of all rows.
    direction : ndarray of shape (n_features,)
        From the smaller cluster to the larger, whose centres are 1 apart along it.
    middle : float
        Where the plane lies along the direction, from the mean on.
    silhouette : float
        Mean silhouette of the rows, near 1 for clusters that are far apart.
    """

    mean: np.ndarray
    direction: np.ndarray
    middle: float
    silhouette: float

    def sides(self, rows):
        """Where the rows lie: the centres are at -1/2, the smaller's, and at 1/2."""
        # Row by row: BLAS would round equal rows differently at different places.
        return np.einsum("ij,j->i", rows - self.mean, self.direction) - self.middle


def halves(rows, n_components, rng):
    """Two clusters of the rows, by k-means among their whitened components.

    Parameters
    ----------
    rows : ndarray of float64 of shape (n_samples, n_features)
    n_components : int
        Main components to look at.
    rng : RandomState

    Returns
    -------
    Halves
        With a silhouette of -1 and all rows on the larger side where all are equal or
        there are fewer than three.
    """
    mean = rows.mean(axis=0)
    if len(rows) < 3 or not np.ptp(rows, axis=0).any():
        return Halves(mean, np.zeros(rows.shape[1]), -0.5, -1.0)
    components, whiten = _whitened(rows - mean, n_components)
    labels = KMeans(2, n_init=_N_INIT, random_state=rng).fit_predict(components)
    if 2 * labels.sum() > len(labels):
        labels = 1 - labels
    larger, smaller = (components[labels == label].mean(axis=0) for label in (0, 1))
    direction = (larger - smaller) / np.sum((larger - smaller) ** 2)
    return Halves(
        mean,
        direction @ whiten,
        direction @ (larger + smaller) / 2,
        _silhouette(components, labels, rng),
    )


def _silhouette(components, labels, rng):
    """The mean silhouette of the rows, of a sample of them where they are many."""
    if len(labels) <= _SILHOUETTE_ROWS:
        return silhouette_score(components, labels)
    smaller = np.flatnonzero(labels)
    sample = rng.choice(len(labels), _SILHOUETTE_ROWS, replace=False)
    # One of each cluster at least, however small it is.
    sample[0] = smaller[0]
    return silhouette_score(components[sample], labels[sample])


def _whitened(centred, n_components):
    """The main components at unit variance, and the matrix that makes them."""
    left, deviations, axes = np.linalg.svd(centred, full_matrices=False)
    n_components = min(n_components, np.sum(deviations > _FLAT * deviations[0]))
    scale = np.sqrt(len(centred) - 1)
    return (
        left[:, :n_components] * scale,
        axes[:n_components] * (scale / deviations[:n_components, None]),
    )

"""Rows far from the centroid of their class."""

from __future__ import annotations

from numbers import Real

import numpy as np
from scipy.sparse import csr_array, issparse

from .._utils.class_means import class_means
from .._utils.parameters import Interval
from .._utils.shares import floor_share, warn_of_empty_share
from .._utils.sparse_rows import squared_norms
from .._utils.stored_rows import row_blocks
from ..base import PoisonFilter


class L2CentroidFilter(PoisonFilter):
    """Remove the rows that lie farthest from the centroid of their class.

    Of each class of size s the floor(contamination x s) rows with the largest Euclidean
    distance to the class mean go. Rows that tie at the cut are kept, so that the
    outcome does not depend on the order of the rows.

    Memory maps and dask arrays are read block by block. Distances of sparse rows are
    computed by products, which leaves those below a 1e-8
    part of the norms to rounding.

    What breaks it: poison inside the radius, none of which is removed and which hurts a
    linear model as much as poison far off: 3 % of it bring the accuracy on two digits
    from .994 to .918, far-off rows without a defense to .951 (doc/results/adaptive.md);
    a small class whose poison drags its mean, since the centroid is computed from the
    rows under suspicion.

    Parameters
    ----------
    contamination : float in (0, 0.5], default=0.01
        Share of each class to remove.

    Attributes
    ----------
    centroids_ : ndarray of shape (n_classes, n_features)
        Mean of each class.
    radii_ : ndarray of shape (n_classes,)
        Largest distance of a kept row to the centroid of its class.
    sample_scores_ : ndarray of shape (n_samples,)
        1 - distance / radius of the class; lower is more suspect.
    offset_ : float
        0: rows outside the radius of their class are suspects.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 4 ("L2-Norm Outlier Defense").

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.defenses import L2CentroidFilter
    >>> X = np.array([[0.0], [0.1], [0.2], [9.0], [5.0], [5.1], [5.2], [5.3]])
    >>> y = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> L2CentroidFilter(contamination=0.25).fit(X, y).inlier_mask_[:4]
    array([ True,  True,  True, False])
    """

    _parameter_constraints: dict = {
        "contamination": [Interval(Real, 0, 0.5, closed="right")]
    }
    _accept_sparse = "csr"
    _reads_blocks = True

    def __init__(self, contamination: float = 0.01) -> None:
        self.contamination = contamination

    def _score_training_rows(self, X, y, trusted):
        n_classes = len(self.classes_)
        warn_of_empty_share(
            f"contamination={self.contamination}",
            self.contamination,
            np.bincount(y),
            self.classes_,
        )
        self.centroids_ = _centroids(X, y, n_classes)
        distance = self._distance(X, y)
        self.radii_ = np.array(
            [
                self._radius(distance[y == c], self.centroids_[c])
                for c in range(n_classes)
            ]
        )
        return self._score(distance, y), 0.0

    def _score_new_rows(self, X, y):
        return self._score(self._distance(X, y), y)

    def _distance(self, X, y):
        if not issparse(X):
            distance = np.empty(len(y))
            for batch, rows in row_blocks(X):
                difference = rows - self.centroids_[y[batch]]
                distance[batch] = np.linalg.norm(difference, axis=1)
            return distance
        squares = squared_norms(csr_array(X))
        for code in np.unique(y):
            rows, centroid = y == code, self.centroids_[code]
            squares[rows] += centroid @ centroid - 2 * (X[rows] @ centroid)
        return np.sqrt(np.maximum(squares, 0))

    def _radius(self, distance, centroid):
        n_kept = len(distance) - floor_share(self.contamination, len(distance))
        radius = np.partition(distance, n_kept - 1)[n_kept - 1]
        # The centroid is rounded by the order of the rows: who ties is kept in each.
        rounding = 4 * np.finfo(np.float64).eps * np.sqrt(len(distance))
        return radius + rounding * (np.linalg.norm(centroid) + radius)

    def _score(self, distance, y):
        radius = self.radii_[y]
        # The difference first: its sign is exact, that of 1 - distance / radius is not.
        return (radius - distance) / np.where(radius > 0, radius, 1.0)


def _centroids(X, y, n_classes):
    if not issparse(X):
        return class_means(X, y, n_classes)
    classes = [X[y == c] for c in range(n_classes)]
    return np.array([own.T @ np.ones(own.shape[0]) / own.shape[0] for own in classes])

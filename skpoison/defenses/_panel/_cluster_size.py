"""The size of the cluster of its class that a row is in."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from ..._utils.canonical_order import canonical_order
from ...base import PoisonFilter

_N_COMPONENTS, _N_CLUSTERS, _N_INIT = 10, 2, 5


class ClusterSizeFilter(PoisonFilter):
    """The share of its class that is in the same one of two clusters as a row.

    The score of activation clustering (Chen et al., "Detecting Backdoor Attacks on Deep
    Neural Networks by Activation Clustering", 2018), by principal components.

    Parameters
    ----------
    random_state : int
        Starts the clustering.
    """

    def __init__(self, *, random_state=0):
        self.random_state = random_state

    def _score_training_rows(self, X, y, trusted):
        order = canonical_order(X, y)
        self._clusterings = [
            self._cluster(X[rows].astype(np.float64))
            for rows in (order[y[order] == c] for c in range(len(self.classes_)))
        ]
        return self._score_new_rows(X, y), -np.inf

    def _cluster(self, rows):
        """The model of a class and the shares of its clusters; None if it has none."""
        if len(rows) <= _N_CLUSTERS or np.ptp(rows, axis=0).max() == 0:
            return None
        # The exact solver: the others draw random numbers or round by the layout.
        pca = PCA(min(_N_COMPONENTS, *rows.shape), svd_solver="full")
        points = pca.fit_transform(rows)
        clusters = KMeans(
            _N_CLUSTERS, n_init=_N_INIT, random_state=self.random_state
        ).fit(points)
        sizes = np.bincount(clusters.labels_, minlength=_N_CLUSTERS)
        return pca, clusters, sizes / len(rows)

    def _score_new_rows(self, X, y):
        scores = np.ones(len(y))
        for code in np.unique(y):
            rows = y == code
            if self._clusterings[code] is not None:
                pca, clusters, shares = self._clusterings[code]
                points = pca.transform(X[rows].astype(np.float64))
                scores[rows] = shares[clusters.predict(points)]
        return scores

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
        scores = np.ones(len(y))
        for code in range(len(self.classes_)):
            rows = order[y[order] == code]
            scores[rows] = self._shares(X[rows].astype(np.float64))
        return scores, -np.inf

    def _shares(self, rows):
        """The share of these rows that is in the cluster of each."""
        if len(rows) <= _N_CLUSTERS or np.ptp(rows, axis=0).max() == 0:
            return 1.0
        # The exact solver: the others draw random numbers or round by the layout.
        pca = PCA(min(_N_COMPONENTS, *rows.shape), svd_solver="full")
        clusters = KMeans(_N_CLUSTERS, n_init=_N_INIT, random_state=self.random_state)
        labels = clusters.fit_predict(pca.fit_transform(rows))
        return (np.bincount(labels) / len(rows))[labels]

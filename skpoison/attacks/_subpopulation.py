"""The subpopulation attack: a group of rows is taught a wrong label, the others not."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from .._utils.canonical_order import canonical_order
from .._utils.containers import check_rows, take_rows
from .._utils.fitted_state import unfitted_by_failure
from .._utils.labels import encode_labels
from .._utils.parameters import HasMethods, Interval, fit_context
from .._utils.shares import floor_share
from .._utils.targets import target_column
from .._utils.typing import Estimator, MatrixLike, RandomState
from ..base import PoisonAttack, PoisonedData

__all__ = ["SubpopulationAttack"]


class SubpopulationAttack(PoisonAttack):
    """Copies of a group of rows, all with the label that suits the group least.

    The features of the rows are reduced by PCA and clustered by KMeans. Of one cluster,
    the subpopulation, floor(`alpha` x size) rows are drawn with replacement, and are
    added with the label that the attacker's model finds least likely there. A model
    trained on the poisoned set errs in the subpopulation, while the accuracy outside,
    the collateral, hardly changes [1]_. The attacker needs rows like those of the
    training set and a model of his own.

    `in_subpopulation` tells which test rows are attacked.

    Parameters
    ----------
    alpha : float, default=1.0
        Number of poison rows as a share of the rows of the cluster; .5, 1 and 2 in
        [1]_.
    cluster : int, default=None
        Which of the clusters to attack; None draws one.
    n_clusters : int, default=100
        Number of clusters.
    n_components : int, default=10
        Number of principal components, at most.
    embedding : transformer, default=None
        Makes the features, such as a :class:`~skpoison.embedding.NetEmbedding`: the
        last hidden layer of the attacker's model. None: the rows themselves, which must
        be numbers. It is cloned and fitted.
    estimator : classifier, default=None
        With `predict_proba`, fitted to the features: it tells the least likely label.
        None is ``LogisticRegression(max_iter=1000)``. It is cloned.
    random_state : int, RandomState instance or None, default=None
        Draws the centres of the clusters, the cluster and the rows.

    Attributes
    ----------
    clusters_ : ndarray of int of shape (n_samples,)
        The cluster of each row given.
    cluster_ : int
        The cluster under attack.
    base_indices_ : ndarray of int of shape (n_poisons,)
        The row of X that each poison row is a copy of.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison: the last ones.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels, all the same.

    References
    ----------
    .. [1] M. Jagielski, G. Severi, N. Pousette Harger, A. Oprea, "Subpopulation Data
       Poisoning Attacks", CCS 2021, ClusterMatch and label flipping.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.svm import SVC
    >>> from skpoison.attacks import SubpopulationAttack
    >>> X, y = load_digits(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> attack = SubpopulationAttack(alpha=2, n_clusters=20, random_state=0)
    >>> poisoned = attack.fit_poison(X, y)
    >>> right = SVC().fit(poisoned.X, poisoned.y).predict(X_test) == y_test
    >>> inside = attack.in_subpopulation(X_test)
    >>> bool(right[inside].mean() < 0.3), bool(right[~inside].mean() > 0.95)
    (True, True)
    """

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "cluster": [Interval(Integral, 0, None, closed="left"), None],
        "n_clusters": [Interval(Integral, 2, None, closed="left")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "embedding": [HasMethods(["fit_transform", "transform"]), None],
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        alpha: float = 1.0,
        cluster: int | None = None,
        n_clusters: int = 100,
        n_components: int = 10,
        embedding: Estimator | None = None,
        estimator: Estimator | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.alpha = alpha
        self.cluster = cluster
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.embedding = embedding
        self.estimator = estimator
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    @unfitted_by_failure
    def fit_poison(self, X: MatrixLike, y: ArrayLike) -> PoisonedData:
        """Add poison rows to a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Numbers, or what the embedding takes.
        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        PoisonedData
            The rows given, then the poison.

        Raises
        ------
        ValueError
            For more clusters than rows, a `cluster` that is none of them or so small
            that `alpha` of it is no row, fewer than two classes, or lengths that
            differ.
        """
        check_rows(X)
        check_consistent_length(X, y)
        y = target_column(y)
        self.classes_, codes = encode_labels(column_or_1d(y), type(self).__name__)
        if self.n_clusters > len(codes):
            raise ValueError(
                f"n_clusters={self.n_clusters} is more than the {len(codes)} rows."
            )
        rng = check_random_state(self.random_state)
        # Means of the same rows in another order differ by rounding errors.
        order = canonical_order(X, codes)
        X_ordered, y_ordered = take_rows(order, X, codes)
        features = self._fit_features(X_ordered, self.classes_[y_ordered])
        clusters = self._fit_clusters(features, rng)
        members = self._choose_cluster(clusters, rng)
        label = self._least_likely_label(features, y_ordered, members)
        drawn = rng.choice(members, floor_share(self.alpha, len(members)))
        self.clusters_ = np.empty_like(clusters)
        self.clusters_[order] = clusters
        self.base_indices_ = order[drawn]
        (X_poison,) = take_rows(self.base_indices_, X)
        return self._append(X, y, X_poison, np.repeat(label, len(drawn)))

    def in_subpopulation(self, X: MatrixLike) -> np.ndarray:
        """Tell which rows belong to the cluster under attack.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Rows like those of the training set.

        Returns
        -------
        ndarray of bool of shape (n_rows,)

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit_poison`.
        """
        if not hasattr(self, "cluster_"):
            raise NotFittedError("Call fit_poison first: it makes the clusters.")
        check_rows(X)
        features = X if self._embedding is None else self._embedding.transform(X)
        reduced = self._pca.transform(_as_vectors(features))
        return self._kmeans.predict(reduced) == self.cluster_

    def _fit_features(self, X, y):
        self._embedding = None if self.embedding is None else clone(self.embedding)
        if self._embedding is not None:
            X = self._embedding.fit_transform(X, y)
        return _as_vectors(X)

    def _fit_clusters(self, features, rng):
        n_components = min(self.n_components, *features.shape)
        seeds = rng.randint(2**31 - 1, size=2)
        self._pca = PCA(n_components, random_state=int(seeds[0]))
        reduced = self._pca.fit_transform(features)
        self._kmeans = KMeans(self.n_clusters, random_state=int(seeds[1]))
        return self._kmeans.fit_predict(reduced)

    def _choose_cluster(self, clusters, rng):
        """The rows of the cluster under attack."""
        sizes = np.bincount(clusters, minlength=self.n_clusters)
        n_poisons = np.array([floor_share(self.alpha, size) for size in sizes])
        if self.cluster is None:
            if not n_poisons.any():
                raise ValueError(
                    f"alpha={self.alpha} of a cluster is no row: the largest has "
                    f"{sizes.max()} rows. Raise alpha, or lower n_clusters."
                )
            self.cluster_ = int(rng.choice(np.flatnonzero(n_poisons)))
        elif self.cluster >= self.n_clusters:
            raise ValueError(
                f"cluster={self.cluster} is none of the {self.n_clusters} clusters, "
                f"which are counted from 0 to {self.n_clusters - 1}."
            )
        elif n_poisons[self.cluster] == 0:
            raise ValueError(
                f"alpha={self.alpha} of cluster {self.cluster}, which has "
                f"{sizes[self.cluster]} rows, is no row. Raise alpha."
            )
        else:
            self.cluster_ = int(self.cluster)
        return np.flatnonzero(clusters == self.cluster_)

    def _least_likely_label(self, features, codes, members):
        estimator = LogisticRegression(max_iter=1000)
        if self.estimator is not None:
            estimator = clone(self.estimator)
        probabilities = estimator.fit(features, codes).predict_proba(features[members])
        return self.classes_[probabilities.sum(axis=0).argmin()]


def _as_vectors(features):
    features = check_array(features, dtype=(np.float64, np.float32), allow_nd=True)
    return features.reshape(len(features), -1)

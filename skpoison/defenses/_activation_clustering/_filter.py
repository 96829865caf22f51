"""Classes that fall into two clusters, of which one is not like the class."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from ..._utils.canonical_order import canonical_order
from ..._utils.containers import take_rows
from ..._utils.parameters import HasMethods, Interval
from ..._utils.typing import Estimator, RandomState
from ...base import PoisonFilter
from ._halves import halves


class ActivationClusteringFilter(PoisonFilter):
    """Remove the smaller of two clusters of a class where it stands apart.

    The rows of each class, as the last hidden layer of a network sees them, are reduced
    to their main components at unit variance and divided in two by k-means [1]_. Images
    with a trigger reach their class by another way than those that belong to it, and
    are a cluster of their own. The smaller cluster goes where it is less than
    `max_share` of the class and the mean silhouette is more than `min_silhouette`; a
    class without such clusters loses nothing.

    With an `estimator`, suspects have to pass exclusionary reclassification: it is
    trained on all other rows, and a cluster of which it predicts its own class for more
    than half is kept.

    What breaks it: poison whose activations are no cluster of their own, such as wrong
    labels, clean-label poison, or a few percent of a class, which k-means divides by
    what clean rows vary in (of 5 % of a class of MNIST 13 % was found, of a third of it
    all: doc/results/backdoor.md); poison that is more than half of its class; and clean
    classes of two kinds, of which it removes the rarer one without an `estimator`. With
    one, on one of five sets a network trained without the suspects took all poison for
    its class, and it was kept.

    Parameters
    ----------
    embedding : transformer, default=None
        Makes the activations: trained on all rows,
        :class:`~skpoison.embedding.NetEmbedding` for instance. None where the rows are
        activations.
    estimator : classifier, default=None
        For exclusionary reclassification. It takes the rows as they are given, without
        the embedding, which has learned the poison.
    n_components : int, default=10
        Main components to cluster.
    max_share : float in (0, 0.5], default=0.35
        Share of its class that a suspect cluster stays below.
    min_silhouette : float in [-1, 1), default=0.1
        Mean silhouette of the rows of a class that a suspect cluster exceeds. Higher
        values ask for clusters farther apart; -1 asks for none.
    random_state : int, RandomState instance or None, default=None
        Seeds k-means. An embedding and an estimator that draw random numbers need their
        own.

    Attributes
    ----------
    embedding_ : transformer
        The fitted embedding; None without one.
    halves_ : list of n_classes tuples
        Of each class the mean, the direction from the smaller cluster to the larger,
        where the plane between them lies along it, and the mean silhouette.
    shares_ : ndarray of shape (n_classes,)
        Share of the smaller cluster in its class.
    silhouettes_ : ndarray of shape (n_classes,)
        Mean silhouette of the rows of each class, of 5,000 drawn ones where it has
        more.
    suspect_classes_ : ndarray of bool of shape (n_classes,)
        Whether the smaller cluster of the class goes.
    sample_scores_ : ndarray of shape (n_samples,)
        Position between the centres of the two clusters of the class, the smaller one's
        at -1/2, the larger one's at 1/2; at least 0 in classes that lose nothing.
    offset_ : float
        0: rows nearer to the smaller cluster are suspects.
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

    See Also
    --------
    SpectralSignatureFilter : Asks for a direction instead of clusters.

    Notes
    -----
    [1]_ clusters independent components, which are a rotation of the main components at
    unit variance; k-means does not see the rotation. Of its rules the size of the
    cluster (``min_silhouette=-1`` for it alone) and the silhouette are two. Its
    exclusionary reclassification compares with the most frequent other class alone,
    which poison from many classes passes. The Adversarial Robustness Toolbox removes
    the smaller cluster of every class.

    References
    ----------
    .. [1] B. Chen et al., "Detecting Backdoor Attacks on Deep Neural Networks by
       Activation Clustering", SafeAI at AAAI 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import ActivationClusteringFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> X[:5] += [0, 0, 9, 0]
    >>> filter = ActivationClusteringFilter(min_silhouette=0.4, random_state=0)
    >>> np.flatnonzero(~filter.fit(X, y).inlier_mask_)
    array([0, 1, 2, 3, 4])
    """

    _parameter_constraints: dict = {
        "embedding": [HasMethods(["fit", "transform"]), None],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "max_share": [Interval(Real, 0, 0.5, closed="right")],
        "min_silhouette": [Interval(Real, -1, 1, closed="left")],
        "random_state": ["random_state"],
    }
    _allow_nd = True

    def __init__(
        self,
        embedding: Estimator | None = None,
        *,
        estimator: Estimator | None = None,
        n_components: int = 10,
        max_share: float = 0.35,
        min_silhouette: float = 0.1,
        random_state: RandomState = None,
    ) -> None:
        self.embedding = embedding
        self.estimator = estimator
        self.n_components = n_components
        self.max_share = max_share
        self.min_silhouette = min_silhouette
        self.random_state = random_state

    def _score_training_rows(self, X, y, trusted):
        rng = check_random_state(self.random_state)
        order = canonical_order(X, y)
        scores = np.empty(len(y))
        scores[order] = self._score_in_order(X[order], y[order], rng)
        return scores, 0.0

    def _score_in_order(self, X, y, rng):
        self.embedding_ = None
        if self.embedding is not None:
            self.embedding_ = clone(self.embedding).fit(X, self.classes_[y])
        activations = self._activations(X)
        n_classes = len(self.classes_)
        self.halves_ = [
            halves(activations[y == c], self.n_components, rng)
            for c in range(n_classes)
        ]
        self.silhouettes_ = np.array([half.silhouette for half in self.halves_])
        sides = self._sides(activations, y)
        self.shares_ = np.array([np.mean(sides[y == c] < 0) for c in range(n_classes)])
        self.suspect_classes_ = (self.shares_ < self.max_share) & (
            self.silhouettes_ > self.min_silhouette
        )
        if self.estimator is not None and self.suspect_classes_.any():
            suspect = self._floored(sides, y) < 0
            self.suspect_classes_ &= ~self._belong(X, y, suspect)
        return self._floored(sides, y)

    def _score_new_rows(self, X, y):
        return self._floored(self._sides(self._activations(X), y), y)

    def _activations(self, X):
        rows = X if self.embedding_ is None else self.embedding_.transform(X)
        return np.asarray(rows, dtype=np.float64).reshape(len(X), -1)

    def _sides(self, activations, y):
        sides = np.empty(len(y))
        for c, half in enumerate(self.halves_):
            sides[y == c] = half.sides(activations[y == c])
        return sides

    def _floored(self, sides, y):
        """No row is a suspect in the other classes."""
        return np.where(self.suspect_classes_[y], sides, np.maximum(sides, 0))

    def _belong(self, X, y, suspect):
        """Of which classes a model that has not seen the suspects says they are."""
        model = clone(self.estimator).fit(*take_rows(~suspect, X, self.classes_[y]))
        own = np.asarray(model.predict(X[suspect])) == self.classes_[y[suspect]]
        n_own = np.bincount(y[suspect], own, minlength=len(self.classes_))
        return 2 * n_own > np.bincount(y[suspect], minlength=len(self.classes_))

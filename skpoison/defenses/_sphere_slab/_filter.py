"""A sphere and a slab around each class: rows outside of either are suspects."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted

from ..._utils.class_means import class_means
from ..._utils.feasible_set import FeasibleSet
from ..._utils.messages import plain
from ..._utils.parameters import Interval
from ..._utils.shares import floor_share, warn_of_empty_share
from ..._utils.stored_rows import row_blocks
from ..._utils.typing import MatrixLike, RandomState
from ...base import PoisonFilter
from ._certificate import Certificate, certify

# The percentile of the certificate's authors.
_DEFAULT_QUANTILE = 0.7


class SphereSlabFilter(PoisonFilter):
    r"""Keep the rows inside a sphere and a slab around the centroid of their class.

    With :math:`\mu_y` the centroid of class y and :math:`v_y` the unit vector from the
    mean of the other centroids to it, a row is kept where

    .. math:: \|x - \mu_y\| \le r_y \quad\text{and}\quad
              |(x - \mu_y)^\top v_y| \le s_y.

    Without trusted rows the centroids are computed from the rows under suspicion: a
    large share of poison drags them along, and the quantile rule removes its quota of
    every class, poisoned or not. With trusted rows they are what is known to be clean
    (the "oracle" of [1]_), and radius and width are quantiles over the trusted rows,
    whose distances are scaled by m / (m - 1), m trusted rows of the class, since a
    centroid is nearer to the rows it was computed from. Scale the features. Memory maps
    and dask arrays are read block by block.

    What breaks it: poison inside the feasible set, all of which passes
    (:class:`~skpoison.attacks.InfluenceAttack`,
    :class:`~skpoison.attacks.MinMaxAttack`: 3 % of it took the error of a linear
    machine from 2 % to 10 %, and this filter found none); `certify` bounds the harm
    that it can do to a linear model. 10 % of it bring the accuracy on breast cancer
    from .975 to .862, with centroids of trusted rows to .899 (a quantile of .9) or .922
    (.7), and far-off rows without a defense to .853 (doc/results/adaptive.md).

    Parameters
    ----------
    quantile : float in (0, 1), default=None
        Radius and width are this quantile over the reference rows of the class: the
        trusted ones where given, else all. With neither parameter given, 0.7.
    contamination : float in (0, 0.5], default=None
        Given instead of `quantile`: radius and width are such that the share of each
        class, not counting trusted rows, that lies outside is as large as possible but
        no larger. Trusted rows then give the centroids alone.

    Attributes
    ----------
    centroids_ : ndarray of shape (n_classes, n_features)
    directions_ : ndarray of shape (n_classes, n_features)
        Unit normals of the slabs; zero where the centroids coincide.
    radii_ : ndarray of shape (n_classes,)
    widths_ : ndarray of shape (n_classes,)
        Half the width of each slab.
    sample_scores_ : ndarray of shape (n_samples,)
        The smaller of 1 - distance / radius and 1 - distance in the slab / width; lower
        is more suspect.
    offset_ : float
        0: rows outside are suspects.
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

    Raises
    ------
    ValueError
        While fitting, when both parameters are given, or when `trusted` is given but
        holds fewer than two rows of a class (one, with `contamination`).

    References
    ----------
    .. [1] J. Steinhardt, P. W. Koh, P. Liang, "Certified Defenses for Data Poisoning
       Attacks", NeurIPS 2017, sections 3 and 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_blobs
    >>> from skpoison.defenses import SphereSlabFilter
    >>> X, y = make_blobs(200, centers=[[-3, 0], [3, 0]], random_state=0)
    >>> y[:20] = 1 - y[:20]
    >>> filter = SphereSlabFilter(0.9).fit(X, y, trusted=np.arange(100, 200))
    >>> filter.inlier_mask_[:20].any(), filter.inlier_mask_[20:].mean().round(2)
    (np.False_, np.float64(0.91))
    >>> certificate = filter.certify(X[20:], y[20:], rate=0.1, random_state=0)
    >>> round(certificate.bound, 2)
    0.01
    """

    _reads_blocks = True
    _parameter_constraints: dict = {
        "quantile": [Interval(Real, 0, 1, closed="neither"), None],
        "contamination": [Interval(Real, 0, 0.5, closed="right"), None],
    }

    def __init__(
        self, quantile: float | None = None, *, contamination: float | None = None
    ) -> None:
        self.quantile = quantile
        self.contamination = contamination

    def certify(
        self,
        X: MatrixLike,
        y: ArrayLike,
        *,
        rate: float,
        rho: float = 1.0,
        max_iter: int = 3000,
        random_state: RandomState = None,
    ) -> Certificate:
        r"""Bound the loss of a linear model under any attack inside the feasible set.

        The learner minimises the hinge loss over the n clean rows and the attacker's
        `rate` x n rows, as a sum divided by n, with two classes and
        :math:`\|(w, b)\| \le \rho`. Whatever rows the attacker places inside the
        spheres and slabs, the learner reaches a loss no larger than `bound`, and its
        loss on the clean rows alone is no larger either.

        The feasible set is the fitted one and stays fixed: the bound holds where the
        centroids, radii and widths cannot be moved by the attacker, that is for a
        filter fitted on clean rows or with trusted rows and a quantile. For a filter
        fitted on the poisoned rows themselves it is no guarantee.

        Both sides are found by dual averaging on the learner, each step against the
        worst point of the feasible set, which has a closed form; the points met on the
        way are an attack that nearly attains the bound.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Clean rows the learner trains on; centred, since b counts in the norm. Rows
            outside the feasible set count: pass only the kept ones for a learner that
            never sees the others.
        y : array-like of shape (n_samples,)
            Their labels.
        rate : float
            Number of attack rows as a share of n; round(rate x n) rows.
        rho : float, default=1.0
            Largest norm of the learner's weights and intercept together.
        max_iter : int, default=3000
            Steps. The bound holds after any number; more make it tighter.
        random_state : int, RandomState instance or None, default=None
            Draws the attack from the points met. Pass an int for reproducible output.

        Returns
        -------
        Certificate
            A named tuple of `bound`, `attack_loss`, `X_attack` and `y_attack`.

        Raises
        ------
        ValueError
            For more than two classes, and for invalid input.
        """
        check_is_fitted(self)
        if len(self.classes_) != 2:
            raise ValueError(
                "certify bounds the loss of a linear model of two classes, but the "
                f"filter was fitted on {len(self.classes_)}. Fit it on one class "
                "against another or against the rest."
            )
        check_scalar(rate, "rate", Real, min_val=0)
        check_scalar(rho, "rho", Real, min_val=0, include_boundaries="neither")
        check_scalar(max_iter, "max_iter", Integral, min_val=1)
        X, y = self._validate_new_rows(X, y)
        feasible = FeasibleSet(
            self.centroids_, self.directions_, self.radii_, self.widths_
        )
        bound, attack_loss, X_attack, signs = certify(
            feasible,
            X[:].astype(np.float64),
            2.0 * y - 1.0,
            round(rate * len(y)),
            rho,
            max_iter,
            check_random_state(random_state),
        )
        y_attack = self.classes_[(signs > 0).astype(int)]
        return Certificate(bound, attack_loss, X_attack, y_attack)

    def _score_training_rows(self, X, y, trusted):
        if self.quantile is not None and self.contamination is not None:
            raise ValueError(
                "SphereSlabFilter takes quantile or contamination, not both: got "
                f"quantile={self.quantile} and contamination={self.contamination}."
            )
        known = np.ones(len(y), dtype=bool) if trusted is None else trusted
        if trusted is not None:
            self._check_trusted(y[trusted])
        n_classes = len(self.classes_)
        self.centroids_ = class_means(X, y, n_classes, known)
        self.directions_ = _directions(self.centroids_)
        distances = self._distances(X, y)
        limits = []
        for c in range(n_classes):
            of_class = y == c
            if self.contamination is None:
                reference = distances[:, known & of_class]
                n_known = reference.shape[1]
                nearness = 1.0 if trusted is None else n_known / (n_known - 1)
                q = _DEFAULT_QUANTILE if self.quantile is None else self.quantile
                limits.append(nearness * np.quantile(reference, q, axis=1))
            else:
                judged = of_class if trusted is None else of_class & ~trusted
                judged = judged if judged.any() else of_class
                limits.append(
                    _limits_of_share(distances[:, judged], self.contamination)
                )
        if self.contamination is not None:
            judged = y if trusted is None else y[~trusted]
            warn_of_empty_share(
                f"contamination={self.contamination}",
                self.contamination,
                np.bincount(judged, minlength=n_classes),
                self.classes_,
            )
        self.radii_, self.widths_ = np.array(limits).T
        return self._score(distances, y), 0.0

    def _score_new_rows(self, X, y):
        return self._score(self._distances(X, y), y)

    def _distances(self, X, y):
        """Distance to the centroid, and within it the part along the slab's normal."""
        distances = np.empty((2, len(y)))
        for batch, rows in row_blocks(X):
            difference = rows - self.centroids_[y[batch]]
            along = np.einsum("ij,ij->i", difference, self.directions_[y[batch]])
            distances[0, batch] = np.linalg.norm(difference, axis=1)
            distances[1, batch] = np.abs(along)
        return distances

    def _score(self, distances, y):
        limits = np.array([self.radii_[y], self.widths_[y]])
        # The difference first: its sign is exact, that of 1 - distance / limit is not.
        return np.min((limits - distances) / np.where(limits > 0, limits, 1.0), axis=0)

    def _check_trusted(self, y_trusted):
        needed = 1 if self.contamination is not None else 2
        counts = np.bincount(y_trusted, minlength=len(self.classes_))
        if counts.min() < needed:
            raise ValueError(
                f"SphereSlabFilter needs at least {needed} trusted rows of each class, "
                f"or no trusted rows at all; class "
                f"{plain(self.classes_[counts.argmin()])!r} has {counts.min()}."
            )


def _directions(centroids):
    n_classes = len(centroids)
    others = (centroids.sum(axis=0) - centroids) / (n_classes - 1)
    difference = centroids - others
    length = np.linalg.norm(difference, axis=1, keepdims=True)
    return difference / np.where(length > 0, length, 1.0)


def _limits_of_share(distances, share):
    """Limits, of equal rank in both distances, that at most this share exceeds."""
    n = distances.shape[1]
    rank = rankdata(distances, method="min", axis=1).max(axis=0)
    cut = np.sort(rank)[::-1][floor_share(share, n)]
    return np.sort(distances, axis=1)[:, int(cut) - 1]

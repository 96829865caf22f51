"""k nearest neighbors, with the number of changed training rows they withstand."""

from __future__ import annotations

from numbers import Integral
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..._utils.containers import check_column_names
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import encode_labels
from ..._utils.parameters import Interval, fit_context
from ..._utils.targets import target_column
from ..._utils.typing import MatrixLike
from ._k_nearest import votes_of_k
from ._plurality import plurality_radius, plurality_winner

__all__ = ["CertifiedKNeighborsClassifier"]


class CertifiedKNeighborsClassifier(ClassifierMixin, BaseEstimator):
    r"""Classify by the k nearest neighbors, and say how much poison that withstands.

    A training row that is added, removed or changed in any way changes one of the k
    neighbors of a test row at most. With :math:`s_a` votes for the winner a, a
    prediction therefore withstands

    .. math:: \min_{b \ne a} \Bigl\lfloor \tfrac12
              \bigl(s_a - s_b - 1[b < a]\bigr) \Bigr\rfloor

    changes, by any attack [1]_; ties go to the smaller class.

    What breaks it: features, or a scaling, that were learned from the training
    set under attack. Learn them from trusted rows, or take a network that was trained
    elsewhere. Test rows that the attacker may change are not covered either, and
    nothing is said about whether the prediction is right. More votes withstand more and
    know less: with 201, 1,001 and 3,001 of them, on features of 60,000 images of MNIST,
    the accuracy is .963, .944 and .919, and half of the test images withstand 99, 449
    and 851 rows (doc/results/certified.md).

    Parameters
    ----------
    n_neighbors : int, default=5
        Number of votes. The radius is at most half of it, so that more withstand more,
        as long as the classes have so many rows each.
    n_jobs : int, default=None
        Worker threads, as in scikit-learn.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    PartitionAggregationClassifier : Certifies any classifier.
    skpoison.metrics.certified_accuracy_curve : What is certified, by budget.

    Notes
    -----
    Distances are Euclidean, in float64. Of rows at exactly the distance of the k-th,
    those with the smallest labels vote, until there are k votes: with the votes of all
    of them, as in :func:`~skpoison.neighbors.neighbor_votes`, one row that is added
    could silence many.

    References
    ----------
    .. [1] J. Jia, Y. Liu, X. Cao, N. Z. Gong, "Certified Robustness of Nearest
       Neighbors against Data Poisoning and Backdoor Attacks", AAAI 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.defenses import CertifiedKNeighborsClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CertifiedKNeighborsClassifier(n_neighbors=51)
    >>> model.fit(X[:1500], y[:1500]).score(X[1500:], y[1500:])
    0.922...
    >>> model.certified_radius(X[1500:1505])
    array([15, 25, 25, 25, 25])
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
    }

    def __init__(self, n_neighbors: int = 5, *, n_jobs: int | None = None) -> None:
        self.n_neighbors = n_neighbors
        self.n_jobs = n_jobs

    @unfitted_by_failure
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: ArrayLike) -> Self:
        """Keep the training rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For one class, and for fewer rows than `n_neighbors`, besides invalid input.
        """
        X, y = self._validate(X, target_column(y), reset=True)
        self.classes_, self._labels = encode_labels(y, type(self).__name__)
        if len(y) < self.n_neighbors:
            raise ValueError(
                f"n_neighbors={self.n_neighbors} is more than the {len(y)} rows of X. "
                "Lower n_neighbors."
            )
        self._X = X
        return self

    def predict(self, X: MatrixLike) -> np.ndarray:
        """The labels with the most votes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        winner = plurality_winner(self.votes(X))
        return self.classes_[winner]

    def certified_radius(self, X: MatrixLike) -> np.ndarray:
        """How many changes of the training set cannot flip each prediction.

        A row that is added, removed, or changed in features, label or both counts 1.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int of shape (n_samples,)
            At most half of `n_neighbors`, and at most as many as leave `n_neighbors`
            rows when they are removed.
        """
        radius = plurality_radius(self.votes(X))
        return np.minimum(radius, len(self._labels) - self.n_neighbors)

    def votes(self, X: MatrixLike) -> np.ndarray:
        """How many of the `n_neighbors` nearest rows are of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        return votes_of_k(
            self._X, self._labels, self.n_neighbors, X, n_jobs=self.n_jobs
        )

    def _validate(self, X, *y, reset):
        check_column_names(X)
        return validate_data(
            self,
            X,
            *y,
            reset=reset,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

"""Labels replaced by those of the neighbours."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from .._utils.margins import own_minus_best_other
from .._utils.parameters import Interval
from ..base import PoisonFilter
from ..neighbors import neighbor_votes


class LabelSanitizationFilter(PoisonFilter):
    r"""Give rows the label of their neighbours where these agree on another one.

    The nearest rows of every row, itself excluded, vote with their original labels. A
    row whose most frequent neighbouring label holds at least the share `threshold` of
    the votes gets that label [1]_. A tie for the most votes changes nothing. As a
    filter it drops the rows that it would relabel; `y_sanitized_` keeps them all.

    Sparse rows stay sparse, texts as TF-IDF for example.

    What breaks it: flips that are the majority where they are, which it then spreads,
    as when a whole region is relabelled or the rows farthest from the boundary are
    flipped (30 % of them on digits: .953 against .974 undefended), or those that do the
    machine the most harm: of a fifth of Fourclass it finds an F1 of .09, and the
    accuracy is .843, .841 undefended (doc/results/fourclass.md). Also classes that
    overlap or hold fewer than ``threshold * n_neighbors`` rows, where clean rows are
    relabelled; and features whose scales differ.

    Parameters
    ----------
    n_neighbors : int, default=10
        Neighbours that vote. All rows at exactly the distance of the last one count,
        so that the outcome does not depend on the order of the rows.
    threshold : float in (0, 1], default=0.5
        Share of the votes that another label needs. With two classes .5 means the
        majority; with more, the absolute majority, so that a scattered neighbourhood
        changes nothing. Higher shares come closer and closer to no defense: after
        random, near and far flips of 10 to 30 % of the labels of breast cancer, digits
        and Fourclass, test accuracy was .909 undefended, and .922, .923, .919, .916 and
        .912 with .5, .6, .7, .8 and .9.
    n_jobs : int, default=None
        Worker threads, as in scikit-learn. The outcome does not depend on it.

    Attributes
    ----------
    y_sanitized_ : ndarray of shape (n_samples,)
        The labels, some of them replaced; those of trusted rows are not.
    relabelled_ : ndarray of bool of shape (n_samples,)
        True for the rows whose label was replaced.
    sample_scores_ : ndarray of shape (n_samples,)
        Minus the share of the votes for the winning label where that is another one;
        elsewhere the share of the own label above that of the best other. Lower is more
        suspect.
    offset_ : float
        The smallest number above -threshold: rows outvoted by at least the threshold
        are suspects.
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
    DeepKNNFilter : Drops every row that is outvoted.

    Notes
    -----
    The exact vote compares all pairs of rows, unless these have few features: time
    grows with n_samples\ :sup:`2`, memory with n_samples. From some 10\ :sup:`5` rows
    on ``DeepKNNFilter(algorithm="auto")``, which drops the rows instead, may search
    approximately.

    References
    ----------
    .. [1] A. Paudice, L. Munoz-Gonzalez and E. Lupu, "Label Sanitization against Label
       Flipping Poisoning Attacks", 2018, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.defenses import LabelSanitizationFilter
    >>> X = np.array([[0.0], [0.1], [0.2], [0.3], [5.0], [5.1], [5.2], [5.3]])
    >>> y = np.array(["cat", "cat", "cat", "dog", "dog", "dog", "dog", "dog"])
    >>> LabelSanitizationFilter(n_neighbors=3).fit(X, y).y_sanitized_[:4]
    array(['cat', 'cat', 'cat', 'cat'], dtype='<U3')
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "threshold": [Interval(Real, 0, 1, closed="right")],
        "n_jobs": [Integral, None],
    }
    _accept_sparse = "csr"

    _advice_on_small_classes = "Lower n_neighbors, or raise threshold."

    def __init__(
        self,
        n_neighbors: int = 10,
        threshold: float = 0.5,
        *,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.threshold = threshold
        self.n_jobs = n_jobs

    def _score_training_rows(self, X, y, trusted):
        if self.n_neighbors >= len(y):
            raise ValueError(
                f"n_neighbors={self.n_neighbors} is more than the {len(y) - 1} other "
                "rows that a row has. Lower it."
            )
        self._X_fit, self._y_fit = X, y
        scores, winners = self._vote(None, y)
        offset = np.nextafter(-float(self.threshold), 0)
        self.relabelled_ = scores < offset
        if trusted is not None:
            self.relabelled_ &= ~trusted
        self.y_sanitized_ = self.classes_[np.where(self.relabelled_, winners, y)]
        return scores, offset

    def _score_new_rows(self, X, y):
        return self._vote(X, y)[0]

    def _vote(self, X, y):
        """Score of each row, and the label with the most votes."""
        votes = neighbor_votes(
            self._X_fit, self._y_fit, self.n_neighbors, X_query=X, n_jobs=self.n_jobs
        )
        rows = np.arange(len(y))
        winners = votes.argmax(axis=1)
        most = votes[rows, winners]
        tied = (votes == most[:, None]).sum(axis=1) > 1
        margin = own_minus_best_other(votes.astype(np.float64), y)
        lead = np.where(votes[rows, y] == most, margin, -most)
        return np.where(tied, 0, lead) / votes.sum(axis=1), winners

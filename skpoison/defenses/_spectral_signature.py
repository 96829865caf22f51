"""Rows that stand out in the main direction of their class."""

from __future__ import annotations

from numbers import Real

import numpy as np
from scipy.linalg import eigh

from .._utils.canonical_order import canonical_order
from .._utils.parameters import Interval
from .._utils.shares import cut_of_share, warn_of_empty_share
from ..base import PoisonFilter

# How many times the share of poison is removed, in [1].
_EXCESS = 1.5
# Scores this close to the cut count as ties, which are kept: rounding shall not choose.
_TIE = 1e-9


class SpectralSignatureFilter(PoisonFilter):
    r"""Remove the rows with the largest component along the main direction of a class.

    With v the top right singular vector of the centred rows of a class, row i of that
    class is scored by

    .. math:: \tau_i = \bigl((x_i - \bar x)^\top v\bigr)^2,

    and of a class of s rows the floor(1.5 x contamination x s) with the largest scores
    go, clean ones among them [1]_. Rows that tie at the cut are kept. Poison that
    shares a trigger and is a few percent of its class turns v towards itself. Meant for
    features of a network, :class:`~skpoison.embedding.NetEmbedding`; the scale of the
    features matters.

    What breaks it: poison that lies along a direction in which clean rows vary more,
    wrong labels near the boundary of two classes, for instance, or a trigger of common
    values in a table (its success is .93 with this filter, .95 without); poison that is
    a large share of its class, whose mean it moves: of a third of a class of MNIST 69 %
    went, with half of the clean rows (doc/results/backdoor.md). Where it is half of its
    class or more the clean rows stand out.

    Parameters
    ----------
    contamination : float in (0, 0.5], default=0.1
        Largest share of poison in any one class, not counting trusted rows.

    Attributes
    ----------
    means_ : ndarray of shape (n_classes, n_features)
        Mean of each class.
    directions_ : ndarray of shape (n_classes, n_features)
        Top right singular vector of each class, its sign arbitrary; zero where all rows
        of a class are equal.
    cuts_ : ndarray of shape (n_classes,)
        Largest squared component of each class that is kept.
    sample_scores_ : ndarray of shape (n_samples,)
        1 - squared component / cut of the class; lower is more suspect.
    offset_ : float
        -1e-9: rows beyond the cut of their class are suspects.
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

    Warns
    -----
    EmptyShareWarning
        While fitting, when 1.5 x contamination of some class is no row.

    See Also
    --------
    SeverFilter : The same score on the gradients of a model, in several rounds.

    Notes
    -----
    The rows are centred for the score as for the direction. The authors' code and that
    of the Adversarial Robustness Toolbox project rows that are not centred.

    References
    ----------
    .. [1] B. Tran, J. Li and A. Madry, "Spectral Signatures in Backdoor Attacks",
       NeurIPS 2018, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import SpectralSignatureFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> X[:5] += [0, 0, 9, 0]
    >>> filter = SpectralSignatureFilter(contamination=0.1).fit(X, y)
    >>> filter.inlier_mask_[:7]
    array([False, False, False, False, False,  True,  True])
    """

    _parameter_constraints: dict = {
        "contamination": [Interval(Real, 0, 0.5, closed="right")]
    }

    def __init__(self, contamination: float = 0.1) -> None:
        self.contamination = contamination

    def _score_training_rows(self, X, y, trusted):
        removable = np.ones(len(y), dtype=bool) if trusted is None else ~trusted
        n_classes = len(self.classes_)
        share = _EXCESS * self.contamination
        warn_of_empty_share(
            f"1.5 x contamination={self.contamination}",
            share,
            np.bincount(y[removable], minlength=n_classes),
            self.classes_,
        )
        order = canonical_order(X)
        X, y, removable = X[order].astype(np.float64), y[order], removable[order]
        self.means_ = np.array([X[y == c].mean(axis=0) for c in range(n_classes)])
        self.directions_ = np.array(
            [_main_direction(X[y == c] - self.means_[c]) for c in range(n_classes)]
        )
        squares = self._squared_components(X, y)
        self.cuts_ = np.array(
            [
                cut_of_share(squares[y == c], removable[y == c], share)
                for c in range(n_classes)
            ]
        )
        scores = np.empty(len(y))
        scores[order] = self._relative_to_cut(squares, y)
        return scores, -_TIE

    def _score_new_rows(self, X, y):
        return self._relative_to_cut(self._squared_components(X, y), y)

    def _squared_components(self, X, y):
        components = np.empty(len(y))
        for c, (mean, direction) in enumerate(zip(self.means_, self.directions_)):
            of_class = y == c
            # Row by row: BLAS would round equal rows differently at different places.
            components[of_class] = np.einsum("ij,j->i", X[of_class] - mean, direction)
        return components**2

    def _relative_to_cut(self, squares, y):
        cut = self.cuts_[y]
        return (cut - squares) / np.where(cut > 0, cut, 1.0)


def _main_direction(centred):
    """Top right singular vector, by the smaller of the two matrices of products."""
    n, d = centred.shape
    products = centred.T @ centred if d <= n else centred @ centred.T
    last = len(products) - 1
    vector = eigh(products, subset_by_index=[last, last])[1][:, 0]
    if d > n:
        vector = vector @ centred
    norm = np.linalg.norm(vector)
    return vector / norm if products.any() else np.zeros(d)

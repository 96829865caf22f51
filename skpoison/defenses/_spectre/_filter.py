"""Rows that stand out after robust whitening."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from ..._utils.canonical_order import canonical_order
from ..._utils.parameters import Interval
from ..._utils.shares import cut_of_share, floor_share, warn_of_empty_share
from ...base import PoisonFilter
from ._signature import most_telling_signature

# How many times the share of poison is removed, in [1].
_EXCESS = 1.5
# Scores this close to the cut count as ties, which are kept: rounding shall not choose.
_TIE = 1e-9


class SpectreFilter(PoisonFilter):
    r"""Remove the rows that stand out of their class after robust whitening.

    Spectral signatures fail where clean rows vary more than poison does. SPECTRE [1]_
    divides by how clean rows vary. Of each class the first k main components are
    whitened by the covariance of the rows nearest to their own mean; twice the expected
    poison has no say in it. With :math:`\Sigma` the covariance of all whitened rows w,

    .. math::

        Q = \exp \frac{4 (\Sigma - I)}{\lVert \Sigma \rVert_2 - 1}, \qquad
        \tau_i = \frac{w_i^\top Q w_i}{\operatorname{tr} Q},

    which weighs the directions in which rows stand out. Of a class of s rows the
    floor(1.5 x contamination x s) with the largest scores go, clean ones among them.
    Of k = 1, 4, 9, ... and all the one is taken whose removed rows stand out most from
    the others in all components, by the same measure. Rows that tie at the cut stay.
    Meant for features of a network, :class:`~skpoison.embedding.NetEmbedding`; their
    scale does not matter but for which components are main ones.

    What breaks it: poison that is more than the expected share, which then has its say
    in the whitening; poison outside of the first `n_components`; and a large expected
    share, of which every clean class loses 1.5 times as much (of a third: 42 % of the
    clean rows of MNIST, and with them the accuracy from 97 to 88 %:
    doc/results/backdoor.md). Of classes of few rows a quarter as many components are
    looked at.

    Parameters
    ----------
    contamination : float in (0, 0.3], default=0.1
        Largest share of poison in any one class, not counting trusted rows.
    n_components : int, default=100
        Most components to look at.

    Attributes
    ----------
    signatures_ : list of n_classes tuples
        Of each class a centre of shape (n_features,) and a matrix of shape (k,
        n_features): a row's score is the squared length of its image.
    cuts_ : ndarray of shape (n_classes,)
        Largest score of each class that is kept.
    sample_scores_ : ndarray of shape (n_samples,)
        1 - score / cut of the class; lower is more suspect.
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
    SpectralSignatureFilter : Without the whitening.

    Notes
    -----
    The rows that whiten are found by the concentration steps of the minimum covariance
    determinant, from all rows on: drop the farthest, measure again.
    :class:`sklearn.covariance.MinCovDet` tries many random subsets; for one class of
    1,000 rows and 100 components that takes 3 s, and it would be called ten times.

    References
    ----------
    .. [1] J. Hayase, W. Kong, R. Somani and S. Oh, "SPECTRE: Defending Against Backdoor
       Attacks Using Robust Statistics", ICML 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import SpectreFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> X[:5] += [0, 0, 2, 0]
    >>> filter = SpectreFilter(contamination=0.1).fit(X, y)
    >>> filter.inlier_mask_[:5]
    array([False, False, False, False, False])
    """

    _parameter_constraints: dict = {
        "contamination": [Interval(Real, 0, 0.3, closed="right")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, contamination: float = 0.1, *, n_components: int = 100) -> None:
        self.contamination = contamination
        self.n_components = n_components

    def _score_training_rows(self, X, y, trusted):
        removable = np.ones(len(y), dtype=bool) if trusted is None else ~trusted
        share = _EXCESS * self.contamination
        n_classes = len(self.classes_)
        warn_of_empty_share(
            f"1.5 x contamination={self.contamination}",
            share,
            np.bincount(y[removable], minlength=n_classes),
            self.classes_,
        )
        order = canonical_order(X)
        X, y, removable = X[order].astype(np.float64), y[order], removable[order]
        classes = [(X[y == c], removable[y == c]) for c in range(n_classes)]
        self.signatures_ = [self._signature(*rows) for rows in classes]
        self.cuts_ = np.array(
            [
                cut_of_share(signature.scores(rows), may_go, share)
                for signature, (rows, may_go) in zip(self.signatures_, classes)
            ]
        )
        scores = np.empty(len(y))
        scores[order] = self._score_new_rows(X, y)
        return scores, -_TIE

    def _signature(self, rows, removable):
        def removed_by(scores):
            cut = cut_of_share(scores, removable, _EXCESS * self.contamination)
            return removable & (scores > cut)

        n_poison = floor_share(self.contamination, removable.sum())
        return most_telling_signature(rows, self.n_components, n_poison, removed_by)

    def _score_new_rows(self, X, y):
        scores = np.empty(len(y))
        for c, (signature, cut) in enumerate(zip(self.signatures_, self.cuts_)):
            lengths = signature.scores(X[y == c].astype(np.float64))
            scores[y == c] = (cut - lengths) / (cut if cut > 0 else 1.0)
        return scores

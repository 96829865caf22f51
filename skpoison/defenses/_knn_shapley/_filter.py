"""Rows that a k-NN classifier of the trusted rows would be better without."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from ..._utils.canonical_order import canonical_order
from ..._utils.parameters import Interval
from ..._utils.shares import offset_of_share
from ...base import PoisonFilter
from ._values import mean_shapley_values


class KNNShapleyFilter(PoisonFilter):
    r"""Remove the rows of the least Shapley value for classifying the trusted rows.

    The Shapley value of a row is its mean contribution, over all orders in which the
    rows could be gathered, to the share of right votes among the `n_neighbors` nearest
    of a trusted row. For k-NN there is a recursion [1]_: with the rows sorted by their
    distance to a trusted row, the nearest first, and m_i = 1 where row i has the label
    of that trusted row,

    .. math::

        s_N = \frac{m_N}{\max(N, K)}, \qquad
        s_i = s_{i+1} + \frac{m_i - m_{i+1}}{K} \frac{\min(K, i)}{i},

    and the value of a row is the mean over the trusted rows. It is negative where a row
    makes votes wrong. All rows contribute, the trusted ones too, but none to the vote
    on itself: a trusted row of low value is one that the other trusted rows disown.
    Rows at the same distance share alike, as if every order of them were tried.

    floor(contamination x n_samples) rows go; rows that tie at the cut are kept. Each
    trusted row costs one sort of all rows, and no more than 16 MiB of distances are
    held at a time.

    What breaks it: poison that no trusted row is near, a trigger for instance: its
    value is about zero, above that of clean rows near a boundary (on four tables an F1
    of .04, where that of far flips is .76, and 2 points of accuracy lost with the clean
    rows that go in its place: doc/results/matrix.md), or the flips that it scores as
    cleanest, for an attacker who has the trusted rows (of those of Fourclass it finds
    16 %, of random ones 84 %: doc/results/adaptive.md); wrong trusted rows, which lower
    the value of the right rows around them; and features whose scales differ.

    Parameters
    ----------
    n_neighbors : int, default=10
        Rows that vote.
    contamination : float in (0, 0.5], default=0.1
        Share of the rows to remove, not counting trusted ones.

    Attributes
    ----------
    sample_scores_ : ndarray of shape (n_samples,)
        Mean Shapley value; lower is more suspect. All values sum to the mean share of
        right votes.
    offset_ : float
        Rows with a lower score are suspects. 0 would remove whatever does harm.
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
    DegenerateFilterWarning
        While fitting, when more rows than shall go have the same value, the lowest.
    EmptyShareWarning
        While fitting, when the share of rows to remove is no row.

    See Also
    --------
    DeepKNNFilter : Asks the neighbours of a row, and needs no trusted rows.

    References
    ----------
    .. [1] R. Jia et al., "Efficient Task-Specific Data Valuation for Nearest Neighbor
       Algorithms", VLDB 2019, theorem 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import KNNShapleyFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[0, 60, 140]] = [1, 2, 0]
    >>> filter = KNNShapleyFilter(contamination=0.1)
    >>> filter.fit(X, y, trusted=np.arange(5, 150, 7)).inlier_mask_[[0, 60, 140]]
    array([False, False, False])
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
    }
    _needs_trusted = True

    def __init__(self, n_neighbors: int = 10, *, contamination: float = 0.1) -> None:
        self.n_neighbors = n_neighbors
        self.contamination = contamination

    def _score_training_rows(self, X, y, trusted):
        order = canonical_order(X, y)
        placed = X[order].astype(np.float64)
        placed -= placed.mean(axis=0)
        judged = np.flatnonzero(trusted[order])
        scores = np.empty(len(y))
        scores[order] = mean_shapley_values(placed, y[order], judged, self.n_neighbors)
        offset = offset_of_share(
            scores[~trusted],
            self.contamination,
            advice="Trust more rows, or raise n_neighbors.",
        )
        return scores, offset

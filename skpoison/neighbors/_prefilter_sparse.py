"""The prefilter of sparse rows: the nearness of all voters in float64."""

import numpy as np
from sklearn.utils import gen_batches

from .._utils.sparse_rows import squared_norms

_UNIT_ROUNDOFF = 2.0**-53


class PrefilterSparse:
    """Nearness by sparse products, which sum the features of a pair in their order.

    Equal rows are therefore equally near wherever they stand, and no product depends
    on the others.

    Parameters
    ----------
    reference : ReferenceSet
    X : csr_array of shape (n_samples, n_features)
        The rows to judge.

    Attributes
    ----------
    exact : bool
        Whether every nearness is computed without rounding: the features are integers,
        and float64 holds the halves of their sums of products.
    """

    dtype = np.dtype(np.float64)
    no_vote = -np.inf
    most_in_doubt = np.inf
    # A product is stored twice, sparse with its indices, and dense.
    strip_bytes_per_pair, bytes_per_pair, bytes_per_row = 24, 8, 0

    def __init__(self, reference, X):
        self.X, self.squares = X, squared_norms(X)
        columns = reference.X[reference.rows].astype(np.float64)
        squares = squared_norms(columns)
        self.half_squares, self.columns = squares / 2, columns.T.tocsr()
        largest = max(squares.max(), self.squares.max())
        self.exact = bool(largest <= 2.0**51 and _integral(X) and _integral(columns))
        n_terms = max(np.diff(X.indptr).max(), np.diff(columns.indptr).max())
        self.relative_error = (3 * n_terms + 8) * _UNIT_ROUNDOFF

    def strips(self, rows, products, n_strip_rows):
        """As those of `Prefilter32`; what `bounds` needs to know are squared norms."""
        for strip in gen_batches(len(rows), n_strip_rows):
            nearness = products[strip]
            judged = self.X[rows[strip]].astype(np.float64)
            (judged @ self.columns).toarray(out=nearness)
            nearness -= self.half_squares
            yield strip, nearness, self.squares[rows[strip]]

    def bounds(self, kth, squares):
        r"""Where rounding leaves in doubt who is among the nearest.

        With m the most features that a row stores and u = 2^-53, the computed nearness
        of y to x is off by at most (m + 2) u (||x||^2 + ||y||^2), and a distance that
        is measured by differences by twice that. With t the squared distance that
        completes the vote, who is farther from the origin than 2 ||x|| + 2 \sqrt(t) is
        out in any case, so that e = (3 m + 8) u (9 ||x||^2 + 8 t) bounds both.

        Where t is no less than half of ||x||^2, the products cancel so little that
        distances by differences are hardly more accurate, and the nearness decides:
        among rows that share no feature all distances may be the same but for rounding.

        Parameters
        ----------
        kth : ndarray of shape (n_strip_rows,)
            Computed nearness of the voter that completes the vote.
        squares : ndarray of shape (n_strip_rows,)
            ||x||^2.

        Returns
        -------
        lowest, highest : ndarray of shape (n_strip_rows,)
            Rows below the first are surely out, those above the second surely in.
        """
        if self.exact:
            return kth, kth
        farthest = np.maximum(squares - 2 * kth, 0)
        error = self.relative_error * (9 * squares + 8 * farthest)
        error += np.finfo(np.float64).tiny
        decided = farthest >= squares / 2
        lowest = np.where(decided, kth, kth - 2 * error)
        highest = np.where(decided, self.no_vote, kth + 2 * error)
        return lowest, highest


def _integral(X):
    return np.array_equal(X.data, np.rint(X.data))

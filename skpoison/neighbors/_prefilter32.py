"""The float32 prefilter: the nearness of all voters, with a proven error."""

import numpy as np
from sklearn.utils import gen_batches

from ._band32 import Band32
from ._geometry import CHUNK_ROWS


class Prefilter32:
    """Nearness in float32, by one matrix product per block of rows.

    Half squares ride along as one more term of the product.

    Parameters
    ----------
    reference : ReferenceSet
    X : ndarray of shape (n_samples, n_features)
        The rows to judge.
    rescaling : Rescaling
        Of both.
    """

    dtype = np.dtype(np.float32)
    no_vote = -np.inf
    strip_bytes_per_pair = bytes_per_pair = 4
    most_in_doubt = np.inf

    def __init__(self, reference, X, rescaling):
        self.X, self.rescaling, self.exact = X, rescaling, rescaling.exact
        n_reference, n_features = reference.X.shape
        self.bytes_per_row = 3 * 8 * (n_features + 1)
        self.columns = np.empty((n_features + 1, n_reference), dtype=np.float32)
        squares = np.empty(n_reference)
        for chunk in gen_batches(n_reference, CHUNK_ROWS):
            placed, squares[chunk] = self.rescaling.place(
                reference.X[reference.rows[chunk]]
            )
            self.columns[:-1, chunk] = placed.T
        self.columns[-1] = -squares / 2
        self.band = Band32(n_features, np.sqrt(squares.max()), self.exact)

    def strips(self, rows, products, n_strip_rows):
        """Nearness of all reference rows, a few judged ones at a time to stay in cache.

        Parameters
        ----------
        rows : ndarray of int
            Rows of X for one product.
        products : ndarray of shape (n_rows or more, n_reference)
            Filled with it.
        n_strip_rows : int

        Yields
        ------
        strip : slice
            Which of the rows.
        nearness : ndarray of shape (n_strip_rows, n_reference)
            A view of `products`.
        norms : ndarray of shape (n_strip_rows,)
            What `bounds` needs to know of the rows.
        """
        placed, squares = self.rescaling.place(self.X[rows])
        norms, products = np.sqrt(squares), products[: len(rows)]
        terms = np.ones((len(rows), len(self.columns)), dtype=np.float32)
        terms[:, :-1] = placed
        np.matmul(terms, self.columns, out=products)
        for strip in gen_batches(len(rows), n_strip_rows):
            yield strip, products[strip], norms[strip]

    def bounds(self, kth, norms):
        """Where rounding leaves in doubt who is among the nearest: see `Band32`."""
        return self.band.bounds(kth, norms)

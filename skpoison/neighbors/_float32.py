"""The float32 screen: how near all voters are to a row, with a proven error.

Around one common centre, ||x - y||^2 = ||x||^2 - 2 (x.y - ||y||^2 / 2). The *nearness*
x.y - ||y||^2 / 2 puts the voters y in the order of their distances to x, the nearest
with the largest value, and one matrix product gives it for a block of rows.
"""

import numpy as np
from sklearn.utils import gen_batches

_UNIT_ROUNDOFF = 2.0**-24
_CHUNK_ROWS = 1024


class Float32Screen:
    """Nearness of the voters to the rows to judge, in float32.

    Parameters
    ----------
    voters : Voters
    X : ndarray of shape (n_samples, n_features)
        The rows to judge.
    rows : ndarray of int of shape (n_judged,)
        Which of them, and in which order.

    Attributes
    ----------
    exact : bool
        Whether no nearness is rounded, so that ties show as ties.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, voters, X, rows):
        self.X, self.rows = X, rows
        n_voters, n_features = voters.X.shape
        self.centre = voters.X.mean(axis=0, dtype=np.float64)
        spread = _largest_offset(voters.X, self.centre)
        if X is not voters.X:
            spread = np.maximum(spread, _largest_offset(X, self.centre))
        # Sums of integers are exact in any order below 2^24, those of their halves
        # below 2^23; an integer centre keeps integers integers.
        corner = spread + 0.5
        self.exact = bool(
            1.5 * (corner @ corner) <= 2**23 and _integral(voters.X) and _integral(X)
        )
        if self.exact:
            self.centre = np.rint(self.centre)
        # A power of two rounds nothing, and keeps squares within the range of float32.
        self.scale = 0.5 ** float(np.frexp(spread.max())[1])

        self.columns = np.empty((n_voters, n_features), dtype=np.float32)
        squares = np.empty(n_voters)
        for chunk in gen_batches(n_voters, _CHUNK_ROWS):
            centred = self._centred(voters.X[voters.rows[chunk]])
            self.columns[chunk] = centred
            squares[chunk] = _squared_norms(centred)
        self.half_squares = (squares / 2).astype(np.float32)
        self.largest_norm = np.sqrt(squares.max())
        terms = (n_features + 8) * _UNIT_ROUNDOFF
        self.relative_error = terms / (1 - terms)
        self.underflow = n_features * 2.0**-125

    def strips(self, blocks, n_strip_rows):
        """Nearness of all voters, a few rows at a time so that they stay in the cache.

        Parameters
        ----------
        blocks : list of slice
            Each one product over the rows to judge.
        n_strip_rows : int

        Yields
        ------
        strip : slice
            Which of the rows to judge.
        nearness : ndarray of shape (n_strip_rows, n_voters)
            May be written to.
        norms : ndarray of shape (n_strip_rows,)
            What `bounds` needs to know of the rows.
        """
        n_block_rows = max(block.stop - block.start for block in blocks)
        products = np.empty((n_block_rows, len(self.columns)), dtype=np.float32)
        for block in blocks:
            centred = self._centred(self.X[self.rows[block]])
            norms = np.sqrt(_squared_norms(centred))
            n = len(norms)
            np.matmul(centred.astype(np.float32), self.columns.T, out=products[:n])
            for strip in gen_batches(n, n_strip_rows):
                nearness = products[strip]
                nearness -= self.half_squares
                judged = slice(block.start + strip.start, block.start + strip.stop)
                yield judged, nearness, norms[strip]

    def bounds(self, kth, norms):
        """Where rounding leaves in doubt who is among the nearest.

        The computed nearness of y to x, in d features and with u = 2^-24, is off by

            e(y) = (d + 8) u / (1 - (d + 8) u) ||x|| ||y|| + 2 u ||y||^2

        at most: d terms summed in any order, both factors, the half square, the
        difference and the bounds themselves rounded. If e bounds e(y) for all y, the
        k-th nearness is known to within e, and who lies 2 e off is decided.

        One remote voter must not widen everybody's doubt, so e = e(y) is taken at
        ||y|| = (||x|| + D) / (1 - 3 sqrt(r)), with D the computed k-th distance and r
        the factor of ||x|| ||y||. A longer y has a distance of at least
        ||y|| - ||x|| >= D + 3 sqrt(r) ||y||, which puts its true nearness 3 e below
        the k-th, and its computed one 2 e below.

        Parameters
        ----------
        kth : ndarray of shape (n_strip_rows,)
            Computed nearness of the voter that completes the vote.
        norms : ndarray of shape (n_strip_rows,)

        Returns
        -------
        lowest, highest : ndarray of shape (n_strip_rows,)
            Voters below the first are surely out, those above the second surely in.
        """
        if self.exact:
            return kth, kth
        kth = kth.astype(np.float64)
        kth_distance = np.sqrt(np.maximum(norms**2 - 2 * kth, 0))
        shrink = max(1 - 3 * np.sqrt(self.relative_error), _UNIT_ROUNDOFF)
        longest = np.minimum((norms + kth_distance) / shrink, self.largest_norm)
        error = self.relative_error * norms * longest
        error += 2 * _UNIT_ROUNDOFF * longest**2 + self.underflow
        lowest, highest = kth - 2 * error, kth + 2 * error
        return lowest.astype(np.float32), highest.astype(np.float32)

    def _centred(self, rows):
        centred = rows - self.centre
        centred *= self.scale
        return centred


def _largest_offset(X, centre):
    return np.maximum(X.max(axis=0) - centre, centre - X.min(axis=0))


def _integral(X):
    return all(
        np.array_equal(X[chunk], np.rint(X[chunk]))
        for chunk in gen_batches(len(X), _CHUNK_ROWS)
    )


def _squared_norms(rows):
    return np.einsum("ij,ij->i", rows, rows)

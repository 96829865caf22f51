"""Where the rows lie: a common centre and scale, and how far neighbours can reach.

Around a common centre, ||x - y||^2 = ||x||^2 - 2 (x.y - ||y||^2 / 2). The *nearness*
x.y - ||y||^2 / 2 puts the voters y in the order of their distances to x, the nearest
with the largest value, and one matrix product gives it for a block of rows.
"""

import numpy as np
from sklearn.utils import gen_batches

CHUNK_ROWS = 1024


class Rescaling:
    """Rows moved to a common centre, and scaled by a power of two, which is exact.

    Parameters
    ----------
    X_reference, X : ndarray of shape (n_rows, n_features)
        The rows that vote and the rows to judge. None ends up farther than 1 from the
        centre.

    Attributes
    ----------
    exact : bool
        Whether float32 computes every nearness without rounding: the features are
        integers, and their sums of products fit in any order.
    """

    def __init__(self, X_reference, X):
        self.centre = X_reference.mean(axis=0, dtype=np.float64)
        spread = _largest_offset(X_reference, self.centre)
        if X is not X_reference:
            spread = np.maximum(spread, _largest_offset(X, self.centre))
        self.exact = _fits_exactly(spread) and all(map(_integral, (X_reference, X)))
        self._fit(spread)

    @classmethod
    def of_ranges(cls, centre, spread, integral):
        """The same, of rows that were read elsewhere.

        Parameters
        ----------
        centre : ndarray of float64 of shape (n_features,)
            Mean of the rows that vote.
        spread : ndarray of float64 of shape (n_features,)
            Largest offset of any row from it.
        integral : bool
            Whether all rows hold integers.
        """
        rescaling = cls.__new__(cls)
        rescaling.centre = centre
        rescaling.exact = integral and _fits_exactly(spread)
        rescaling._fit(spread)
        return rescaling

    def _fit(self, spread):
        if self.exact:
            self.centre, spread = np.rint(self.centre), spread + 0.5
        self.scale = 0.5 ** float(np.frexp(np.linalg.norm(spread))[1])

    def place(self, rows):
        """The rows in this rescaling, in float64, and their squared norms."""
        placed = rows - self.centre
        placed *= self.scale
        return placed, np.einsum("ij,ij->i", placed, placed)


def longest_neighbor(norms, kth, relative, absolute):
    """Norm beyond which no voter is near the k-th distance, computed or true.

    One remote voter must not widen the doubt of every row. Let the computed nearness of
    y to x be off by at most e(y) = 1.22 r max(||x||, ||y||)^2 + s, and let D^2 =
    ||x||^2 - 2 kth + 6 s. A voter with ||y|| >= (||x|| + D) / (1 - 3 sqrt(r)) has a
    distance of at least ||y|| - ||x|| >= D + 3 sqrt(r) ||y||. This puts its true
    nearness at least 4.5 r ||y||^2 + 3 s >= 3 e(y) below kth, and its computed one at
    least 2 e(y).

    Parameters
    ----------
    norms : ndarray of shape (n_rows,)
        ||x|| of the rows to judge.
    kth : ndarray of shape (n_rows,)
        Computed nearness of the voter that completes the vote.
    relative, absolute : float or ndarray of shape (n_rows,)
        r and s.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    distances = np.sqrt(np.maximum(norms**2 - 2 * kth + 6 * absolute, 0))
    return (norms + distances) / np.maximum(1 - 3 * np.sqrt(relative), 1e-9)


def measuring_error(norms, longest, n_features):
    """Largest error of a nearness that is derived from a distance in float64.

    Such distances have the last word: what they cannot tell apart, ties.
    """
    return (n_features + 4) * 2.0**-53 * (norms + longest) ** 2


def _fits_exactly(spread):
    """Whether float32 holds the sums of products of integers with such offsets."""
    corner = spread + 0.5
    # It holds integers up to 2^24, and therefore their halves up to 2^23.
    return bool(1.5 * (corner @ corner) <= 2**23)


def _largest_offset(X, centre):
    return np.maximum(X.max(axis=0) - centre, centre - X.min(axis=0))


def _integral(X):
    return all(
        np.array_equal(X[chunk], np.rint(X[chunk]))
        for chunk in gen_batches(len(X), CHUNK_ROWS)
    )

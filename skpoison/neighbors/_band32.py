"""What rounding leaves in doubt where the nearness is computed in float32."""

import numpy as np

from ._geometry import longest_neighbor, measuring_error

_UNIT_ROUNDOFF = 2.0**-24


class Band32:
    """The error of a nearness in float32, around the one that completes the vote.

    Parameters
    ----------
    n_features : int
    largest_norm : float
        Of the rows that vote, or a bound of it.
    exact : bool
        Whether every nearness is computed without rounding.
    """

    def __init__(self, n_features, largest_norm, exact):
        self.n_features, self.largest_norm = n_features, largest_norm
        self.exact = exact
        self.relative_error = (n_features + 8) * _UNIT_ROUNDOFF
        self.relative_error /= 1 - self.relative_error
        self.absolute_error = (n_features + 1) * 2.0**-125

    def bounds(self, kth, norms):
        """Where rounding leaves in doubt who is among the nearest.

        The computed nearness of y to x, in d features and with u = 2^-24, is off by at
        most

            e = (d + 8) u / (1 - (d + 8) u) (||x|| ||y|| + ||y||^2 / 2):

        d + 1 terms summed in any order, both factors, the half square and the bounds
        themselves rounded. The k-th nearness is then known to within e, and who lies
        more than 2 e away from it is decided.

        Parameters
        ----------
        kth : ndarray of shape (n_strip_rows,)
            Computed nearness of the voter that completes the vote.
        norms : ndarray of shape (n_strip_rows,)

        Returns
        -------
        lowest, highest : ndarray of shape (n_strip_rows,)
            Rows below the first are surely out, those above the second surely in.
        """
        if self.exact:
            return kth, kth
        kth = kth.astype(np.float64)
        # 1.5 (d + 8) u max(||x||, ||y||)^2 bounds e.
        relative = 1.5 / 1.22 * self.relative_error
        longest = longest_neighbor(norms, kth, relative, self.absolute_error)
        longest = np.minimum(longest, self.largest_norm)
        error = self.relative_error * (norms + longest / 2) * longest
        error += self.absolute_error
        error += measuring_error(norms, longest, self.n_features + 1)
        lowest, highest = kth - 2 * error, kth + 2 * error
        return lowest.astype(np.float32), highest.astype(np.float32)

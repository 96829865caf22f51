"""One look at all rows: where they lie, and a sample of those that vote."""

from typing import NamedTuple

import numpy as np

from ..._utils.stored_rows import row_blocks
from .._geometry import Rescaling

# The larger the sample, the fewer voters reach the levels that it gives.
_FEWEST_SAMPLED, _MOST_SAMPLED, _ROWS_PER_SAMPLED = 512, 4096, 256


class Survey(NamedTuple):
    """What is known of the rows that vote and of the rows to judge.

    Attributes
    ----------
    rescaling : Rescaling
        Of both.
    sample : ndarray of shape (n_sampled, n_features)
        Rows that vote, drawn at random.
    """

    rescaling: Rescaling
    sample: np.ndarray

    @classmethod
    def of(cls, X, queries):
        """Read the rows once, block by block.

        Parameters
        ----------
        X, queries : ndarray or StoredRows of shape (n_rows, n_features)
            The rows that vote, and the rows to judge.
        """
        n_rows, n_features = X.shape
        n_sampled = np.clip(n_rows // _ROWS_PER_SAMPLED, _FEWEST_SAMPLED, _MOST_SAMPLED)
        rng = np.random.default_rng(0)
        drawn = np.sort(rng.choice(n_rows, min(n_sampled, n_rows), replace=False))
        ranges, total, sample = _Ranges(n_features), np.zeros(n_features), []
        for batch, rows in row_blocks(X):
            ranges.add(rows)
            total += rows.sum(axis=0, dtype=np.float64)
            first, last = np.searchsorted(drawn, [batch.start, batch.stop])
            sample.append(rows[drawn[first:last] - batch.start])
        if queries is not X:
            for _, rows in row_blocks(queries):
                ranges.add(rows)
        centre = total / n_rows
        spread = np.maximum(ranges.highest - centre, centre - ranges.lowest)
        rescaling = Rescaling.of_ranges(centre, spread, ranges.integral)
        return cls(rescaling, np.concatenate(sample))


class _Ranges:
    """The smallest and the largest value of each feature, and whether all are whole."""

    def __init__(self, n_features):
        self.lowest = np.full(n_features, np.inf)
        self.highest = np.full(n_features, -np.inf)
        self.integral = True

    def add(self, rows):
        self.lowest = np.minimum(self.lowest, rows.min(axis=0))
        self.highest = np.maximum(self.highest, rows.max(axis=0))
        self.integral = self.integral and np.array_equal(rows, np.rint(rows))

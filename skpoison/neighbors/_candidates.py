"""The voters worth a look: few of them, and never too few.

Sorting out the nearest among all voters costs more than their nearness. A small sample
of the voters tells about how near the k-th is; one pass then finds those that are at
least as near as a cautious level, and all else is done among these.
"""

from typing import NamedTuple

import numpy as np

# numpy partitions so many numbers several times as fast as the next more.
_SAMPLE_SIZE = 512


class SampledLevels:
    """Levels that a given number of voters surely reaches, nearly always.

    Parameters
    ----------
    reference : ReferenceSet
        Within a class, its rows are in random order.
    rank : int
        The number of voters.
    """

    def __init__(self, reference, rank):
        n_reference = len(reference.rows)
        sizes = np.diff(reference.starts, append=n_reference)
        share = min(1.0, _SAMPLE_SIZE / n_reference)
        # The first of each class lie side by side, which is cheap to read.
        taken = np.maximum(1, np.rint(share * sizes).astype(np.intp))
        self.columns = np.concatenate(
            [np.arange(s, s + t) for s, t in zip(reference.starts, taken)]
        )
        size = len(self.columns)
        expected = rank * size / n_reference
        # By chance, one row in five thousand gets a level that is too high.
        cautious = int(expected + 3.5 * np.sqrt(expected) + 3)
        self.rank = rank if size == n_reference else min(cautious, size)

    def of(self, nearness):
        """A level for every row of nearness."""
        sample = nearness[:, self.columns]
        position = sample.shape[1] - self.rank
        sample.partition(position, axis=1)
        return sample[:, position]


class Candidates(NamedTuple):
    """Voters that reach the level of the row to judge, one row after the other.

    Attributes
    ----------
    flat : ndarray of int of shape (n_candidates,)
        Their positions in the flattened nearness, ascending.
    nearness : ndarray of shape (n_candidates,)
    starts : ndarray of int of shape (n_rows + 1,)
        First candidate of each row, and their number.
    """

    flat: np.ndarray
    nearness: np.ndarray
    starts: np.ndarray

    @classmethod
    def reaching(cls, levels, nearness, mask):
        """Find them; `mask` is room for one truth value per pair."""
        flat = np.flatnonzero(np.greater_equal(nearness, levels[:, None], out=mask))
        n_rows, n_reference = nearness.shape
        starts = np.searchsorted(flat, np.arange(n_rows + 1) * n_reference)
        return cls(flat, nearness.reshape(-1)[flat], starts)

    def reach(self, levels):
        """Those among them that reach higher levels."""
        # Positions, as a mask of many truths is slow to index with.
        kept = np.flatnonzero(self.nearness >= self.repeat(levels))
        starts = np.searchsorted(kept, self.starts)
        return Candidates(self.flat[kept], self.nearness[kept], starts)

    def of(self, row):
        """Flat positions and nearness of the candidates of one row."""
        own = slice(self.starts[row], self.starts[row + 1])
        return self.flat[own], self.nearness[own]

    def repeat(self, per_row):
        """The value of its row for each candidate."""
        return np.repeat(per_row, np.diff(self.starts))


def kth_largest(values, k):
    """The k-th largest of the values."""
    # The largest first: many ties among the smallest would make it slow.
    reverse = np.invert if values.dtype.kind == "i" else np.negative
    reversed_values = reverse(values)
    reversed_values.partition(k - 1)
    return reverse(reversed_values[k - 1])

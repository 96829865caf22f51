"""The nearest voters where many of them tie: counted per distance."""

import numpy as np

from .._exact import completing_distance


class Tally:
    """Class counts for each distance up to the one that completes the vote.

    Rows with any number of voters at the same distance take no more room than others.

    Parameters
    ----------
    vote : Vote
    n_rows : int
        Number of rows to judge.

    Attributes
    ----------
    last : ndarray of float64 of shape (n_rows,)
        The distance that completes the vote among the voters seen so far; infinite
        where they do not.
    """

    def __init__(self, vote, n_rows):
        self.vote = vote
        self.last = np.full(n_rows, np.inf)
        self.row, self.label = np.empty((2, 0), dtype=np.intp)
        self.distance, self.count = np.empty(0), np.empty(0, dtype=np.intp)

    def add(self, row, distance, label):
        """Take voters up: the row that they vote on, their distance and their class."""
        count = np.ones(len(row), dtype=np.intp)
        row, label, distance, count = map(
            np.concatenate,
            (
                (self.row, row),
                (self.label, label),
                (self.distance, distance),
                (self.count, count),
            ),
        )
        order = np.lexsort((label, distance, row))
        row, label, distance = row[order], label[order], distance[order]
        new = np.ones(len(row), dtype=bool)
        new[1:] = np.diff(row) != 0
        new[1:] |= np.diff(label) != 0
        new[1:] |= distance[1:] != distance[:-1]
        first = np.flatnonzero(new)
        if len(first) == 0:
            return
        count = np.add.reduceat(count[order], first)
        row, label, distance = row[first], label[first], distance[first]
        self._complete(row, distance, self.vote.weight[label] * count)
        kept = distance <= self.last[row]
        self.row, self.label = row[kept], label[kept]
        self.distance, self.count = distance[kept], count[kept]

    def _complete(self, row, distance, cast):
        """Where enough votes are cast, the last distance that counts."""
        needed = self.vote.needed
        complete = np.bincount(row, cast, minlength=len(self.last)) >= needed
        enough = complete[row]
        rows, position = np.unique(row[enough], return_inverse=True)
        self.last[rows] = completing_distance(
            distance[enough], position, cast[enough], np.full(len(rows), needed)
        )

    def counts(self):
        """Voters of each class, of shape (n_rows, n_classes)."""
        n_rows, n_classes = len(self.last), len(self.vote.weight)
        counts = np.zeros((n_rows, n_classes), dtype=np.intp)
        np.add.at(counts, (self.row, self.label), self.count)
        return counts

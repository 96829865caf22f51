"""The rows that vote."""

from typing import NamedTuple

import numpy as np


class Voters(NamedTuple):
    """The reference rows, put into columns sorted by class.

    A class is then a slice of columns, and its votes are the sum of a mask over it.

    Attributes
    ----------
    X : ndarray of shape (n_voters, n_features)
        The reference rows in their given order.
    rows : ndarray of int of shape (n_voters,)
        Row of X behind each column.
    labels : ndarray of int of shape (n_voters,)
        Class of each column, ascending.
    starts : ndarray of int of shape (n_classes,)
        First column of each class.
    weight : ndarray of float of shape (n_classes,)
        Votes that a row of each class casts.
    """

    X: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    starts: np.ndarray
    weight: np.ndarray

    @classmethod
    def sort_by_class(cls, X, labels, weight):
        rows = np.argsort(labels, kind="stable")
        labels = labels[rows]
        starts = np.searchsorted(labels, np.arange(len(weight)))
        return cls(X, rows, labels, starts, weight)

    def rows_for(self, votes):
        """How many rows cast so many votes if all are heavy, and if all are light."""
        fewest = np.ceil(votes / self.weight.max())
        most = np.ceil(votes / self.weight.min())
        return min(int(fewest), len(self.rows)), min(int(most), len(self.rows))

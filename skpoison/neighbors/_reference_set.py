"""The rows that vote."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.utils import gen_batches

from ._geometry import CHUNK_ROWS


@dataclass(frozen=True)
class ReferenceSet:
    """The reference rows, put into columns sorted by class.

    A class is then a slice of columns. Within it, the rows are in random order, so that
    any part of the slice is a fair sample of the class.

    Attributes
    ----------
    X : ndarray or csr_array of shape (n_reference, n_features)
        The reference rows in their given order.
    rows : ndarray of int of shape (n_reference,)
        Row of X behind each column.
    labels : ndarray of int of shape (n_reference,)
        Class of each column, ascending.
    starts : ndarray of int of shape (n_classes,)
        First column of each class.
    weight : ndarray of float of shape (n_classes,)
        Votes that a row of each class casts.
    """

    X: np.ndarray | csr_array
    rows: np.ndarray
    labels: np.ndarray
    starts: np.ndarray
    weight: np.ndarray

    @classmethod
    def sort_by_class(cls, X, labels, weight):
        shuffled = np.random.default_rng(0).permutation(len(labels))
        rows = shuffled[np.argsort(labels[shuffled], kind="stable")]
        labels = labels[rows]
        starts = np.searchsorted(labels, np.arange(len(weight)))
        return cls(X, rows, labels, starts, weight)

    @cached_property
    def kinds(self):
        """A number for each column, which only columns with equal rows share."""
        if issparse(self.X):
            return _kinds_of_sparse(self.X)[self.rows]
        norms = np.empty(len(self.X))
        for chunk in gen_batches(len(self.X), CHUNK_ROWS):
            rows = self.X[chunk].astype(np.float64, copy=False)
            norms[chunk] = np.einsum("ij,ij->i", rows, rows)
        _, first, kinds = np.unique(norms, return_index=True, return_inverse=True)
        for chunk in gen_batches(len(self.X), CHUNK_ROWS):
            differs = (self.X[chunk] != self.X[first[kinds[chunk]]]).any(axis=1)
            alone = chunk.start + np.flatnonzero(differs)
            kinds[alone] = len(first) + alone
        return kinds[self.rows]

    @cached_property
    def row_labels(self):
        """Class of each row of X."""
        labels = np.empty_like(self.labels)
        labels[self.rows] = self.labels
        return labels


def _kinds_of_sparse(X):
    kinds: dict[bytes, int] = {}
    stored = (slice(*ends) for ends in zip(X.indptr, X.indptr[1:]))
    contents = (X.indices[s].tobytes() + X.data[s].tobytes() for s in stored)
    return np.array([kinds.setdefault(content, len(kinds)) for content in contents])

"""Class counts among the neighbours that a k-d tree finds: for few features."""

import numpy as np
from joblib import effective_n_jobs
from scipy.spatial import KDTree
from sklearn import get_config
from sklearn.utils import gen_batches

from ._count import count_neighbors
from ._exact import AmbiguousPairs, beyond_the_vote
from ._geometry import CHUNK_ROWS
from ._vote import Vote

# Of what is held for a row and each of its neighbours.
_BYTES_PER_NEIGHBOR = 90


def count_tree_neighbors(reference, X, k, *, own_columns, n_jobs):
    """Reference rows of each class among the nearest that gather k votes.

    Parameters and what it returns are those of `count_neighbors`, which counts for rows
    with more ties at the distance that completes the vote than the tree was asked for.
    """
    own_rows = None if own_columns is None else reference.rows[own_columns]
    search = _TreeSearch(reference, k, own_rows is not None, effective_n_jobs(n_jobs))
    counts = np.empty((len(X), len(reference.weight)), dtype=np.intp)
    complete = np.empty(len(X), dtype=bool)
    budget = get_config()["working_memory"] * 2**20 - 2**18
    n_rows = budget // (_BYTES_PER_NEIGHBOR * search.n_neighbors)
    n_rows = int(np.clip(n_rows, 1, CHUNK_ROWS))
    for chunk in gen_batches(len(X), n_rows):
        own = None if own_rows is None else own_rows[chunk]
        counts[chunk], complete[chunk] = search.count(X[chunk], own)
    many_ties = np.flatnonzero(~complete)
    if len(many_ties):
        own = None if own_columns is None else own_columns[many_ties]
        counts[many_ties] = count_neighbors(
            reference, X[many_ties], k, own_columns=own, n_jobs=n_jobs
        )
    return counts


class _TreeSearch:
    """A tree of the reference rows, and the vote to complete."""

    def __init__(self, reference, k, excludes_self, n_jobs):
        self.reference, self.n_jobs = reference, n_jobs
        n_reference, n_features = reference.X.shape
        vote = Vote(reference.weight, k, n_reference)
        self.needed = vote.needed
        # One more shows that the last vote has no tie.
        self.n_neighbors = min(vote.most + excludes_self + 1, n_reference)
        self.tree = KDTree(reference.X.astype(np.float64, copy=False))
        # Squares of distances are off by half of this; tiny ones underflow.
        self.relative_error = 2 * (n_features + 8) * 2.0**-53
        self.absolute_error = n_features * np.finfo(np.float64).tiny

    def count(self, X, own_rows):
        """Class counts, and whether all that vote were found, per row."""
        weight, n_classes = self.reference.weight, len(self.reference.weight)
        neighbors = np.arange(1, self.n_neighbors + 1)
        distances, found = self.tree.query(X, neighbors, workers=self.n_jobs)
        squares = distances**2
        labels = self.reference.row_labels[found]
        cast = weight[labels]
        if own_rows is not None:
            cast[found == own_rows[:, None]] = 0
        votes = np.cumsum(cast, axis=1)
        last = np.argmax(votes >= self.needed, axis=1)[:, None]
        kth = np.take_along_axis(squares, last, axis=1)
        error = self.relative_error * kth + self.absolute_error
        near = squares <= kth + error
        complete = votes[:, -1] >= self.needed
        if self.n_neighbors < len(self.reference.rows):
            complete &= ~near[:, -1]
        near &= cast > 0
        # All voters of the other rows are needed.
        too_many = (cast * near).sum(axis=1) - weight.min() >= self.needed
        doubtful = near & (squares >= kth - error) & (too_many & complete)[:, None]
        if doubtful.any():
            self._settle(X, near, doubtful, found, cast)
        row, column = np.nonzero(near)
        cells = np.bincount(
            row * n_classes + labels[row, column], minlength=len(X) * n_classes
        )
        return cells.reshape(len(X), n_classes), complete

    def _settle(self, X, near, doubtful, found, cast):
        """Take those out of the near that are too far after all."""
        row, column = np.nonzero(doubtful)
        in_doubt, position = np.unique(row, return_inverse=True)
        sure = near[in_doubt] & ~doubtful[in_doubt]
        out = beyond_the_vote(
            AmbiguousPairs(
                X=X,
                Y=self.reference.X,
                x_rows=in_doubt,
                judged=position,
                y_rows=found[row, column],
                weight=cast[row, column],
                needed=self.needed - (cast[in_doubt] * sure).sum(axis=1),
            )
        )
        near[row[out], column[out]] = False

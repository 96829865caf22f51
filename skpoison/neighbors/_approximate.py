"""Class counts among the neighbours that a graph search finds."""

import warnings

import numpy as np
from sklearn.utils import gen_batches

from ._count import count_neighbors
from ._geometry import CHUNK_ROWS, Rescaling
from ._vote import Vote


def count_found_neighbors(reference, k, *, own_columns, n_jobs, random_state):
    """Reference rows of each class among the nearest found that gather k votes.

    Rows for which the search comes back with holes are counted exactly.

    Parameters
    ----------
    reference : ReferenceSet
        They are the rows to judge, too.
    k : int
        Votes to gather, from the nearest voter on.
    own_columns : ndarray of int of shape (n_reference,) or None
        The voter that is the row itself, and has no vote on it.
    n_jobs : int or None
        Threads for the rows counted exactly.
    random_state : int, RandomState instance or None

    Returns
    -------
    ndarray of int of shape (n_reference, n_classes)
    """
    vote = Vote(reference.weight, k, len(reference.rows))
    found, distances = _search(reference.X, vote.most + 1, random_state)
    rows = np.arange(len(found))
    labels = reference.row_labels
    n_classes = len(reference.weight)
    counts = np.empty((len(rows), n_classes), dtype=np.intp)
    complete = np.empty(len(rows), dtype=bool)
    for chunk in gen_batches(len(rows), CHUNK_ROWS):
        itself = found[chunk] == rows[chunk, None]
        classes = labels[found[chunk]]
        cast = reference.weight[classes]
        if own_columns is not None:
            cast[itself] = 0
        votes = np.cumsum(cast, axis=1)
        last = np.argmax(votes >= vote.needed, axis=1)[:, None]
        near = distances[chunk] <= np.take_along_axis(distances[chunk], last, axis=1)
        near &= cast > 0
        row, column = np.nonzero(near)
        cells = row * n_classes + classes[row, column]
        counts[chunk] = np.bincount(cells, minlength=len(near) * n_classes).reshape(
            len(near), n_classes
        )
        complete[chunk] = (votes[:, -1] >= vote.needed) & itself.any(axis=1)
    complete &= (found >= 0).all(axis=1) & np.isfinite(distances).all(axis=1)
    holes = np.flatnonzero(~complete)
    if len(holes):
        own = None if own_columns is None else own_columns[holes]
        X = reference.X[holes]
        counts[holes] = count_neighbors(reference, X, k, own_columns=own, n_jobs=n_jobs)
    return counts


def _search(X, n_neighbors, random_state):
    """Nearest rows of every row, itself among them, as far as they are found."""
    from pynndescent import NNDescent

    # It works in float32, where a common offset would drown the distances.
    rescaling = Rescaling(X, X)
    placed = np.empty(X.shape, dtype=np.float32)
    for chunk in gen_batches(len(X), CHUNK_ROWS):
        placed[chunk], _ = rescaling.place(X[chunk])
    with warnings.catch_warnings():
        # It warns of holes, which are filled.
        warnings.simplefilter("ignore", UserWarning)
        index = NNDescent(
            placed, n_neighbors=n_neighbors, random_state=random_state, n_jobs=1
        )
        return index.neighbor_graph

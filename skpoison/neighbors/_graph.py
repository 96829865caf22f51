"""The vote of neighbours that somebody else found: a sparse graph of distances."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, issparse
from sklearn.utils import check_scalar
from sklearn.utils.validation import column_or_1d

from .._utils.typing import SparseMatrix
from ._exact import completing_distance
from ._weights import votes_needed, votes_per_row


def graph_votes(
    graph: SparseMatrix,
    y: ArrayLike,
    k: int,
    *,
    new_rows: bool = False,
    include_self: bool = False,
    class_weight: Literal["replicate"] | dict[Any, float] | ArrayLike | None = None,
) -> np.ndarray:
    """Count the classes among the k nearest neighbours that a graph holds.

    The vote is that of :func:`neighbor_votes`, among the neighbours and by the
    distances that the graph stores. Ties at the distance of the k-th vote count as far
    as they are stored.

    Parameters
    ----------
    graph : sparse matrix of shape (n_rows, n_samples)
        The distance of each judged row to its neighbours, such as
        `sklearn.neighbors.kneighbors_graph(X, k + 1, mode="distance",
        include_self=True)` gives. Stored zeros are neighbours; infinite distances are
        none.
    y : array-like of shape (n_samples,)
        Class labels of the neighbours.
    k : int
        Votes to gather.
    new_rows : bool, default=False
        Whether the judged rows are others than those that vote. If not, the graph is
        square, and a row is told by its position, be it stored or not.
    include_self, class_weight : as in :func:`neighbor_votes`

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Votes for each class, in the order of `numpy.unique(y)`.

    Raises
    ------
    ValueError
        When a row has too few neighbours for k votes, or one of them twice; for
        negative distances and NaN; and when graph and y do not fit.

    Examples
    --------
    >>> from sklearn.neighbors import kneighbors_graph
    >>> from skpoison.neighbors import graph_votes
    >>> X = [[0.0], [1.0], [2.0], [2.5], [9.0]]
    >>> graph = kneighbors_graph(X, 3, mode="distance", include_self=True)
    >>> graph_votes(graph, ["a", "a", "b", "a", "b"], k=2)
    array([[1, 1],
           [1, 1],
           [2, 0],
           [1, 1],
           [1, 1]])
    """
    check_scalar(k, "k", Integral, min_val=1)
    classes, labels = np.unique(column_or_1d(y), return_inverse=True)
    weight = votes_per_row(class_weight, classes, labels)
    row, column, distances = _edges(graph, len(labels), new_rows)
    n_rows = graph.shape[0]
    if not new_rows:
        others = row != column
        row, column, distances = row[others], column[others], distances[others]
    if not new_rows and include_self:
        itself = np.arange(n_rows)
        row, column = np.append(row, itself), np.append(column, itself)
        distances = np.append(distances, np.zeros(n_rows))
        order = np.argsort(row, kind="stable")
        row, column, distances = row[order], column[order], distances[order]
    cast, needed = weight[labels[column]], votes_needed(k)
    votes = np.bincount(row, cast, minlength=n_rows)
    if (short := np.flatnonzero(votes < needed)).size:
        raise ValueError(
            f"The neighbours of {len(short)} of {n_rows} rows cast fewer than k={k} "
            f"votes, those of row {short[0]} {votes[short[0]]:g}. Search for more "
            "neighbours (a row itself can be one of them), or lower k."
        )
    last = completing_distance(distances, row, cast, np.full(n_rows, needed))
    near = distances <= last[row]
    cells = row[near] * len(classes) + labels[column[near]]
    counts = np.bincount(cells, minlength=n_rows * len(classes))
    counts = counts.reshape(n_rows, len(classes))
    return counts if class_weight is None else counts * weight


def _edges(graph, n_samples, new_rows):
    """Judged rows, ascending, their neighbours and the finite distances to them."""
    if not issparse(graph):
        raise TypeError(
            "A neighbour graph is a sparse matrix of distances; got an object of type "
            f"{type(graph).__name__}."
        )
    if graph.shape[1] != n_samples or not (new_rows or graph.shape[0] == n_samples):
        raise ValueError(
            f"The neighbour graph has shape {graph.shape}, but {n_samples} rows vote. "
            "It needs a column for each, and a row for each if they judge themselves."
        )
    graph = csr_array(graph)
    row = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    column, distances = graph.indices.astype(np.intp), graph.data
    if np.isnan(distances).any() or (distances < 0).any():
        raise ValueError(
            "The neighbour graph holds NaN or negative values. It needs distances, "
            "small for near rows, not similarities."
        )
    if len(np.unique(row * n_samples + column)) < len(row):
        raise ValueError(
            "The neighbour graph holds a neighbour of a row twice. Each has one vote."
        )
    finite = np.isfinite(distances)
    return row[finite], column[finite], distances[finite]

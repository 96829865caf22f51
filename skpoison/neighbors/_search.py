"""Neighbours from any search, as a sparse graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from .._utils.containers import n_rows
from .._utils.typing import MatrixLike, SparseMatrix


def search_graph(
    search: Any, X: MatrixLike, n_neighbors: int, n_reference: int
) -> SparseMatrix:
    """The distances from rows to the neighbours that a search finds for them.

    Parameters
    ----------
    search : object
        Fitted to the rows that vote. With `kneighbors(X, n_neighbors)`, which returns
        distances and indices, as scikit-learn's `NearestNeighbors` has it; or else
        with `transform(X)`, which returns the graph, as pynndescent's
        `PyNNDescentTransformer` has it.
    X : array-like of shape (n_rows, n_features)
        The rows whose neighbours to find.
    n_neighbors : int
        How many to ask for, where there is `kneighbors`.
    n_reference : int
        Number of rows that vote.

    Returns
    -------
    sparse matrix of shape (n_rows, n_reference)
        Without the neighbours that were not found: index -1 or an infinite distance.

    Raises
    ------
    ValueError
        When the search returns anything else than pairs of distances and indices.

    Examples
    --------
    >>> from sklearn.neighbors import NearestNeighbors
    >>> from skpoison.neighbors import search_graph
    >>> X = [[0.0], [1.0], [3.0]]
    >>> search_graph(NearestNeighbors().fit(X), X, 2, n_reference=3).toarray()
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 2., 0.]])
    """
    if not hasattr(search, "kneighbors"):
        return search.transform(X)
    distances, indices = map(np.asarray, search.kneighbors(X, n_neighbors))
    if distances.shape != indices.shape or len(indices) != n_rows(X):
        raise ValueError(
            "kneighbors must return distances and indices of shape (n_rows, "
            f"n_neighbors); got shapes {distances.shape} and {indices.shape} for "
            f"{n_rows(X)} rows."
        )
    found = (indices != -1) & (distances != np.inf)
    if ((indices < -1) | (indices >= n_reference)).any():
        raise ValueError(
            f"kneighbors returned indices from {indices.min()} to {indices.max()}, but "
            f"{n_reference} rows vote: only -1, for no neighbour, and 0 to "
            f"{n_reference - 1} mean something."
        )
    starts = np.concatenate([[0], np.cumsum(found.sum(axis=1))])
    shape = (len(indices), n_reference)
    return csr_array((distances[found], indices[found], starts), shape=shape)

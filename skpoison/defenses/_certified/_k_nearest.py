"""The classes of exactly k neighbors, whatever rows are at the same distance."""

import numpy as np

from ...neighbors import neighbor_votes

__all__ = ["votes_of_k"]


def votes_of_k(X, y, k, queries, *, n_jobs):
    """Votes of k rows: the nearest, and of those equally near the smallest labels.

    A change of one row of X then changes one vote. In the votes of all rows that are as
    near as the k-th it could change many.

    Parameters
    ----------
    X : ndarray or csr_array of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    k : int
    queries : ndarray or csr_array of shape (n_queries, n_features)
    n_jobs : int or None

    Returns
    -------
    ndarray of int of shape (n_queries, n_classes)
        Of sum k.
    """

    def count(k, rows):
        return neighbor_votes(X, y, k, X_query=queries[rows], n_jobs=n_jobs)

    votes = count(k, np.arange(queries.shape[0]))
    total = votes.sum(axis=1)
    tied = np.flatnonzero(total > k)
    if len(tied):
        nearer = _votes_before_the_tie(count, tied, total[tied], k, votes.shape[1])
        equally_near = votes[tied] - nearer
        missing = k - nearer.sum(axis=1)
        # As many of each class as the smaller classes leave room for.
        taken = np.minimum(equally_near.cumsum(axis=1), missing[:, None])
        votes[tied] = nearer + np.diff(taken, axis=1, prepend=0)
    return votes


def _votes_before_the_tie(count, rows, total, k, n_classes):
    """Votes of the rows that are nearer than the k-th, found by bisection.

    Parameters
    ----------
    count : callable
        Votes of all rows as near as the k-th, as ``count(k, rows)``.
    rows : ndarray of int of shape (n_rows,)
    total : ndarray of int of shape (n_rows,)
        How many rows are as near as the k-th.
    """
    # So many rows are nearer, `low` at least and `high` at most.
    low, high = np.zeros(len(rows), dtype=int), np.full(len(rows), k - 1)
    nearer = np.zeros((len(rows), n_classes), dtype=int)
    while (low < high).any():
        middle = -(-(low + high) // 2)
        for k_less in np.unique(middle[low < high]):
            asked = np.flatnonzero((low < high) & (middle == k_less))
            votes = count(int(k_less), rows[asked])
            n_votes = votes.sum(axis=1)
            in_the_tie = n_votes == total[asked]
            high[asked[in_the_tie]] = k_less - 1
            found = asked[~in_the_tie]
            low[found], nearer[found] = n_votes[~in_the_tie], votes[~in_the_tie]
    return nearer

"""Class counts among the nearest voters, block by block."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from joblib import effective_n_jobs
from sklearn import get_config
from sklearn.utils import gen_batches
from threadpoolctl import threadpool_limits

from ._exact import beyond_the_vote, squared_distances
from ._float32 import Float32Screen

# Fractional weights that add up to k on paper may miss it by their rounding.
_ROUNDING = 1e-9
# A strip stays in the second-level cache; products of longer blocks gain nothing.
_STRIP_BYTES, _MAX_STRIP_ROWS, _MAX_BLOCK_ROWS = 2**20, 64, 1024


def count_neighbors(voters, X, k, *, rows, exclude_self, n_jobs):
    """Voters of each class among the nearest that gather k votes.

    Parameters
    ----------
    voters : Voters
    X : ndarray of shape (n_samples, n_features)
        The rows to judge.
    k : int
        Votes to gather, from the nearest voter on.
    rows : ndarray of int of shape (n_samples,)
        The order in which to judge them.
    exclude_self : bool
        Whether the i-th row judged is the i-th column of the voters, without a vote.
    n_jobs : int or None

    Returns
    -------
    ndarray of int of shape (n_samples, n_classes)
        Voters at exactly the distance that completes the vote all count.
    """
    n_jobs = effective_n_jobs(n_jobs)
    budget = get_config()["working_memory"] * 2**20 / n_jobs
    counter = _Counter(voters, X, k, rows, exclude_self)
    n_strip_rows, n_block_rows = _rows_at_a_time(len(voters.rows), X.shape[1], budget)
    blocks = list(gen_batches(len(rows), n_block_rows))
    shares = [blocks[i::n_jobs] for i in range(min(n_jobs, len(blocks)))]
    # BLAS threads inside worker threads would fight over the cores.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_jobs) as workers:
        list(workers.map(lambda share: counter.count(share, n_strip_rows), shares))
    return counter.counts


def _rows_at_a_time(n_voters, n_features, budget):
    """Rows of a strip and of a block, so that a worker stays within its bytes."""
    # A copy of the nearness, a mask, and the mask again as the numbers that are summed.
    strip_row = n_voters * (4 + 1 + 4)
    n_strip_rows = min(_STRIP_BYTES, budget / 2) // strip_row
    n_strip_rows = int(np.clip(n_strip_rows, 1, _MAX_STRIP_ROWS))
    # The exact decisions hold eight numbers per voter in doubt, and a few rows.
    budget -= n_strip_rows * strip_row + 8 * 8 * n_voters + 2**18
    n_block_rows = budget // (4 * n_voters + 3 * 8 * n_features)
    return n_strip_rows, int(np.clip(n_block_rows, 1, _MAX_BLOCK_ROWS))


class _Counter:
    """What the worker threads share: the voters, the vote, and the counts."""

    def __init__(self, voters, X, k, rows, exclude_self):
        self.voters, self.X, self.rows = voters, X, rows
        self.exclude_self = exclude_self
        self.needed = k * (1 - _ROUNDING)
        self.screen = Float32Screen(voters, X, rows)
        self.counts = np.empty((len(rows), len(voters.starts)), dtype=np.intp)

    def count(self, blocks, n_strip_rows):
        """Count for some of the rows."""
        shape = n_strip_rows, len(self.voters.rows)
        scratch = np.empty(shape, dtype=self.screen.dtype)
        mask = np.empty(shape, dtype=bool)
        for judged, nearness, norms in self.screen.strips(blocks, n_strip_rows):
            n = len(nearness)
            if self.exclude_self:
                nearness[np.arange(n), np.arange(judged.start, judged.stop)] = -np.inf
            kth = self._completes_the_vote(nearness, scratch[:n])
            lowest, highest = self.screen.bounds(kth, norms)
            near = np.greater_equal(nearness, lowest[:, None], out=mask[:n])
            counts = np.add.reduceat(
                near.view(np.uint8), self.voters.starts, axis=1, dtype=np.uint32
            ).astype(np.intp)
            if not self.screen.exact:
                for i in self._in_doubt(counts):
                    doubtful = np.flatnonzero(near[i] & (nearness[i] <= highest[i]))
                    x = self.X[self.rows[judged.start + i]]
                    counts[i] -= self._too_far(x, doubtful, counts[i])
            self.counts[self.rows[judged]] = counts

    def _completes_the_vote(self, nearness, scratch):
        """Nearness of the voter whose vote is the k-th, per row."""
        n_voters = nearness.shape[1]
        weight = self.voters.weight
        rank = min(int(np.ceil(self.needed / weight.min())), n_voters)
        scratch[:] = nearness
        scratch.partition(n_voters - rank, axis=1)
        kth = scratch[:, n_voters - rank].copy()
        if weight.min() == weight.max():
            return kth
        for i, row in enumerate(nearness):
            columns = np.flatnonzero(row >= kth[i])
            columns = columns[np.argsort(row[columns])[::-1]]
            votes = np.cumsum(weight[self.voters.labels[columns]])
            kth[i] = row[columns[np.searchsorted(votes, self.needed)]]
        return kth

    def _in_doubt(self, counts):
        """Rows whose voters could spare one and still gather k votes."""
        weight = self.voters.weight
        return np.flatnonzero(counts @ weight - weight.min() >= self.needed)

    def _too_far(self, x, doubtful, counts):
        """Class counts of the doubtful columns that are no neighbours of x."""
        labels = self.voters.labels[doubtful]
        weight = self.voters.weight[labels]
        needed = self.needed - (counts @ self.voters.weight - weight.sum())
        distances = squared_distances(self.voters.X, self.voters.rows[doubtful], x)
        out = beyond_the_vote(distances, weight, needed)
        return np.bincount(labels[out], minlength=len(counts))

"""Class counts among the nearest rows, block by block."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import issparse
from sklearn import get_config

from .._utils.interruption import Interruption
from .._utils.threads import one_blas_thread, one_openmp_thread
from . import _prefilter16
from ._candidates import Candidates, SampledLevels
from ._doubt import take_out_the_too_far
from ._geometry import Rescaling
from ._prefilter32 import Prefilter32
from ._prefilter_sparse import PrefilterSparse
from ._vote import Vote

# Longer strips and blocks gain nothing; the latter outgrow the caches.
_MAX_STRIP_ROWS, _MAX_BLOCK_ROWS = 128, 512


def count_neighbors(reference, X, k, *, own_columns, n_jobs):
    """Reference rows of each class among the nearest that gather k votes.

    Parameters
    ----------
    reference : ReferenceSet
    X : ndarray or csr_array of shape (n_samples, n_features)
        The rows to judge, sparse where the reference rows are.
    k : int
        Votes to gather, from the nearest voter on.
    own_columns : ndarray of int of shape (n_samples,) or None
        The voter that is the row itself, and has no vote on it.
    n_jobs : int or None

    Returns
    -------
    ndarray of int of shape (n_samples, n_classes)
        Reference rows at exactly the distance that completes the vote all count.
    """
    counter = _Counter(reference, X, k, own_columns, effective_n_jobs(n_jobs))
    undecided = np.arange(X.shape[0])
    if issparse(X):
        counter.count(PrefilterSparse(reference, X), undecided)
        return counter.counts
    rescaling = Rescaling(reference.X, X)
    if not rescaling.exact and _prefilter16.pays(len(reference.rows) * len(X)):
        prefilter = _prefilter16.Prefilter16(reference, X, rescaling, counter.vote.most)
        undecided = counter.count(prefilter, undecided)
        del prefilter
    if len(undecided):
        counter.count(Prefilter32(reference, X, rescaling), undecided)
    return counter.counts


class _Counter:
    """What the worker threads share: the reference set, the vote, and the counts."""

    def __init__(self, reference, X, k, own_columns, n_jobs):
        self.reference, self.X, self.own_columns = reference, X, own_columns
        self.vote = Vote(reference.weight, k, len(reference.rows))
        self.levels = SampledLevels(reference, self.vote.most)
        self.n_jobs = n_jobs
        self.counts = np.empty((X.shape[0], len(reference.weight)), dtype=np.intp)

    def count(self, prefilter, rows):
        """Count for the given rows of X; return those it cannot judge."""
        n_strip_rows, n_block_rows = self._rows_at_a_time(prefilter)
        n_blocks = max(-(-len(rows) // n_block_rows), min(self.n_jobs, len(rows)))
        # Every block is a fair sample of the rows: a prefilter that fails, fails early.
        blocks = [rows[i::n_blocks] for i in range(n_blocks)]
        shares = [blocks[i :: self.n_jobs] for i in range(min(self.n_jobs, n_blocks))]
        # The threads of BLAS, for the whole process, and of OpenMP, for each worker,
        # would fight with the workers over the cores.
        with (
            one_blas_thread(),
            ThreadPoolExecutor(self.n_jobs, initializer=one_openmp_thread) as workers,
            Interruption() as interruption,
        ):
            undecided = workers.map(
                lambda share: self._count_share(
                    prefilter, share, n_strip_rows, interruption
                ),
                shares,
            )
            return np.concatenate(list(undecided))

    def _rows_at_a_time(self, prefilter):
        """Rows of a strip and of a block, so that the workers share their memory."""
        n_reference = len(self.reference.rows)
        budget = get_config()["working_memory"] * 2**20 / self.n_jobs
        # A mask; where everything is in doubt, 17 numbers per pair besides.
        strip_row = n_reference * (prefilter.strip_bytes_per_pair + 1 + 17 * 8)
        n_strip_rows = int(np.clip(budget / 2 // strip_row, 1, _MAX_STRIP_ROWS))
        budget -= n_strip_rows * strip_row + 2**18
        n_block_rows = budget // (
            prefilter.bytes_per_pair * n_reference + prefilter.bytes_per_row
        )
        return n_strip_rows, int(np.clip(n_block_rows, 1, _MAX_BLOCK_ROWS))

    def _count_share(self, prefilter, blocks, n_strip_rows, interruption):
        """The work of one thread."""
        n_reference = len(self.reference.rows)
        products = np.empty((len(blocks[0]), n_reference), dtype=prefilter.dtype)
        mask = np.empty((n_strip_rows, n_reference), dtype=bool)
        undecided = []
        for i, block in enumerate(blocks):
            interruption.check()
            decided = np.zeros(len(block), dtype=bool)
            strips = prefilter.strips(block, products, n_strip_rows)
            for strip, nearness, context in strips:
                n, rows = len(nearness), block[strip]
                if self.own_columns is not None:
                    nearness[np.arange(n), self.own_columns[rows]] = prefilter.no_vote
                near, highest = self._near(nearness, context, prefilter, mask[:n])
                counts = self._counts(near.flat, n)
                decided[strip] = counts.any(axis=1)
                if not prefilter.exact:
                    decided[strip] &= self._settle(
                        counts, rows, near, highest, prefilter
                    )
                self.counts[rows] = counts
            undecided.append(block[~decided])
            if decided.mean() < 0.5:
                undecided += blocks[i + 1 :]
                break
        return np.concatenate(undecided)

    def _near(self, nearness, context, prefilter, mask):
        """The voters that are not surely out, and above what they are surely in."""
        levels = self.levels.of(nearness)
        candidates = Candidates.reaching(levels, nearness, mask)
        kth = self._completes_the_vote(candidates, nearness)
        lowest, highest = prefilter.bounds(kth, context)
        if (lowest < levels).any():
            return Candidates.reaching(lowest, nearness, mask), highest
        return candidates.reach(lowest), highest

    def _completes_the_vote(self, candidates, nearness):
        """Nearness of the voter whose vote is the k-th, per row."""
        kth = np.empty(len(nearness), dtype=nearness.dtype)
        n_reference = nearness.shape[1]
        for i in range(len(nearness)):
            flat, near = candidates.of(i)
            if len(near) < self.vote.most:
                # The level of the sample was too high.
                flat, near = np.arange(n_reference), nearness[i]
            labels = None
            if self.vote.fewest < self.vote.most:
                labels = self.reference.labels[flat % n_reference]
            kth[i] = self.vote.completing(near, labels)
        return kth

    def _counts(self, flat, n_rows):
        """Class counts of pairs, given as ascending positions in rows of columns."""
        n_reference = len(self.reference.rows)
        starts = np.arange(n_rows)[:, None] * n_reference + self.reference.starts
        ends = np.append(starts, n_rows * n_reference)
        return np.diff(np.searchsorted(flat, ends)).reshape(n_rows, -1)

    def _settle(self, counts, rows, near, highest, prefilter):
        """Take those out of the counts that are too far after all.

        Returns
        -------
        ndarray of bool of shape (n_strip_rows,)
            False for rows with too many voters in doubt to measure each.
        """
        weight = self.reference.weight
        votes = counts @ weight
        # All voters of the other rows are needed.
        highest[votes - weight.min() < self.vote.needed] = prefilter.no_vote
        doubtful = np.flatnonzero(near.nearness <= near.repeat(highest))
        row, column = np.divmod(near.flat[doubtful], len(self.reference.rows))
        settled = np.bincount(row, minlength=len(rows)) <= prefilter.most_in_doubt
        row, column = row[settled[row]], column[settled[row]]
        take_out_the_too_far(
            counts, self.reference, self.X, rows, row, column, self.vote.needed
        )
        return settled

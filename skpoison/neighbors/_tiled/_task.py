"""The work of one task: a block of rows is judged while all that vote pass by."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import gen_batches

from ..._utils.interruption import Interruption
from ..._utils.stored_rows import StoredRows, row_blocks
from ..._utils.threads import one_blas_thread
from .._band32 import Band32
from .._exact import completing_distance, squared_distances
from .._geometry import CHUNK_ROWS
from .._vote import Vote
from ._shortlist import Shortlist
from ._sizes import Sizes
from ._survey import Survey
from ._tally import Tally


@dataclass(frozen=True)
class Task:
    """What judges any block of rows, here or in another process.

    Attributes
    ----------
    X : ndarray or StoredRows of shape (n_reference, n_features)
        The rows that vote.
    labels : ndarray of int of shape (n_reference,)
        Their classes.
    queries : ndarray or StoredRows of shape (n_samples, n_features)
        The rows to judge.
    exclude_self : bool
        Whether the latter are the former, and have no vote on themselves.
    vote : Vote
    survey : Survey
    sizes : Sizes
    interruption : Interruption
    """

    X: np.ndarray | StoredRows
    labels: np.ndarray
    queries: np.ndarray | StoredRows
    exclude_self: bool
    vote: Vote
    survey: Survey
    sizes: Sizes
    interruption: Interruption

    def count(self, rows):
        """Class counts of a block of rows, all zero where there are too many ties.

        Parameters
        ----------
        rows : slice

        Returns
        -------
        ndarray of int of shape (n_rows, n_classes)
        """
        with one_blas_thread():
            block = _Block(self, np.arange(rows.start, rows.stop), self.sizes.strip)
            levels = self._levels(block.terms)
            mask = np.empty((self.sizes.strip, self.sizes.tile), dtype=bool)
            shortlists = [
                Shortlist(
                    self.vote,
                    self.labels,
                    block.band,
                    block.norms[strip],
                    levels[strip],
                    self.sizes.room,
                )
                for strip in block.strips
            ]
            for first, nearness, i, own in block.meet_all():
                nearness[own] = -np.inf
                n, n_columns = nearness.shape
                room = mask.reshape(-1)[: n * n_columns].reshape(n, n_columns)
                shortlists[i].add(nearness, first, room)
            return self._settle(block, shortlists)

    def tally(self, rows):
        """Class counts of rows with any number of ties.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            Ascending.

        Returns
        -------
        ndarray of int of shape (n_rows, n_classes)
        """
        with one_blas_thread():
            block = _Block(self, rows, self.sizes.tallied)
            tallies = [
                Tally(self.vote, strip.stop - strip.start) for strip in block.strips
            ]
            for first, nearness, i, own in block.meet_all():
                strip = block.strips[i]
                reached = nearness >= block.levels_of(tallies[i].last, strip)[:, None]
                reached[own] = False
                row, column = np.nonzero(reached)
                if block.band.exact:
                    distance = -nearness[row, column].astype(np.float64)
                else:
                    distance = squared_distances(
                        block.rows, block.tile, row + strip.start, column
                    )
                label = self.labels[first + column].astype(np.intp)
                tallies[i].add(row, distance, label)
            return np.concatenate([tally.counts() for tally in tallies])

    def _levels(self, terms):
        """Levels that as many voters as needed surely reach, nearly always."""
        n_reference, n_sampled = len(self.X), len(self.survey.sample)
        expected = self.vote.most * n_sampled / n_reference
        # By chance, one row in five thousand gets a level that is too high.
        rank = int(expected + 3.5 * np.sqrt(expected) + 3)
        levels = np.full(len(terms), -np.inf, dtype=np.float32)
        if rank >= n_sampled:
            return levels
        sample = np.empty((n_sampled, terms.shape[1]), dtype=np.float32)
        _place_voters(self.survey.sample, self.survey.rescaling, sample)
        for strip in gen_batches(len(terms), self.sizes.strip):
            nearness = terms[strip] @ sample.T
            nearness.partition(n_sampled - rank, axis=1)
            levels[strip] = nearness[:, n_sampled - rank]
        return levels

    def _settle(self, block, shortlists):
        """Count the voters, but those that distances in float64 show to be too far."""
        settled = [shortlist.settle() for shortlist in shortlists]
        counts = np.concatenate([counts for counts, _ in settled])
        pairs = [
            (shortlist.row[doubtful] + strip.start, shortlist.column[doubtful])
            for strip, shortlist, (_, doubtful) in zip(
                block.strips, shortlists, settled
            )
        ]
        row, column = map(np.concatenate, zip(*pairs))
        if len(row) == 0:
            return counts
        judged, position = np.unique(row, return_inverse=True)
        labels = self.labels[column].astype(np.intp)
        weight = self.vote.weight[labels]
        sure = counts[judged] @ self.vote.weight - np.bincount(position, weight)
        distance = self._measure(block, row, column)
        last = completing_distance(distance, position, weight, self.vote.needed - sure)
        out = distance > last[position]
        np.subtract.at(counts, (row[out], labels[out]), 1)
        return counts

    def _measure(self, block, row, column):
        """Squared distances of pairs, in the order in which the rows are stored."""
        distance = np.empty(len(row))
        order = np.argsort(column, kind="stable")
        ascending = column[order]
        for batch, rows in row_blocks(self.X, self.sizes.tile):
            ends = np.searchsorted(ascending, [batch.start, batch.stop])
            here = order[slice(*ends)]
            distance[here] = squared_distances(
                block.rows, rows, row[here], column[here] - batch.start
            )
            self.interruption.check()
        return distance


class _Block:
    """Rows to judge, and the products with all that vote."""

    def __init__(self, task, indices, n_strip_rows):
        self.task, self.indices = task, indices
        n_features = task.X.shape[1]
        self.rows = task.queries[_as_slice(indices)]
        self.terms = np.empty((len(indices), n_features + 1), dtype=np.float32)
        self.squares = _place(self.rows, task.survey.rescaling, self.terms)
        self.terms[:, -1] = 1
        self.norms = np.sqrt(self.squares)
        # No row is farther than 1 from the centre.
        self.band = Band32(n_features, 1.0, task.survey.rescaling.exact)
        self.strips = list(gen_batches(len(indices), n_strip_rows))

    def meet_all(self):
        """The nearness of every strip to every tile.

        Yields
        ------
        first : int
            The first row of the tile, whose rows are in `tile`.
        nearness : ndarray of float32 of shape (n_strip_rows, n_tile_rows)
            Overwritten by the next.
        i : int
            Which of the strips.
        own : tuple of two ndarrays of int
            Where rows meet themselves, if they have no vote on themselves.
        """
        task, sizes = self.task, self.task.sizes
        columns = np.empty((sizes.tile, self.terms.shape[1]), dtype=np.float32)
        n_strip_rows = self.strips[0].stop
        products = np.empty(n_strip_rows * sizes.tile, dtype=np.float32)
        for batch, self.tile in row_blocks(task.X, sizes.tile):
            n_columns = len(self.tile)
            placed = columns[:n_columns]
            _place_voters(self.tile, task.survey.rescaling, placed)
            for i, strip in enumerate(self.strips):
                task.interruption.check()
                terms = self.terms[strip]
                nearness = products[: len(terms) * n_columns].reshape(len(terms), -1)
                np.matmul(terms, placed.T, out=nearness)
                yield batch.start, nearness, i, self._own(strip, batch)

    def _own(self, strip, batch):
        if not self.task.exclude_self:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
        column = self.indices[strip] - batch.start
        row = np.flatnonzero((column >= 0) & (column < batch.stop - batch.start))
        return row, column[row]

    def levels_of(self, last, strip):
        """The nearness below which rows are farther than a squared distance."""
        if self.band.exact:
            return -last
        scale = self.task.survey.rescaling.scale
        kth = (self.squares[strip] - scale**2 * last) / 2
        lowest, _ = self.band.bounds(kth, self.norms[strip])
        return lowest


def _place_voters(rows, rescaling, out):
    """Write rows in a rescaling, and half their squares with the other sign."""
    out[:, -1] = _place(rows, rescaling, out) / -2


def _place(rows, rescaling, out):
    """Write rows in a rescaling to all columns but the last; their squared norms."""
    squares = np.empty(len(rows))
    for chunk in gen_batches(len(rows), CHUNK_ROWS):
        placed, squares[chunk] = rescaling.place(rows[chunk])
        out[chunk, :-1] = placed
    return squares


def _as_slice(indices):
    """A slice where the rows are one after the other: it is read at once."""
    first, last = int(indices[0]), int(indices[-1])
    return slice(first, last + 1) if last - first == len(indices) - 1 else indices

"""The voters that may still be among the nearest, while the others stream past."""

import numpy as np


class Shortlist:
    """Voters of a strip of rows that reach a level, which rises as nearer ones come.

    A level is where the nearness of the vote's last row, among the voters seen so far,
    leaves no doubt that whoever is below it is out.

    Parameters
    ----------
    vote : Vote
    labels : ndarray of int of shape (n_reference,)
        Class of each voter.
    band : Band32
    norms : ndarray of shape (n_rows,)
        Of the rows to judge.
    levels : ndarray of float32 of shape (n_rows,)
        To begin with.
    room : int
        Voters that each row may keep.
    """

    def __init__(self, vote, labels, band, norms, levels, room):
        self.vote, self.labels, self.band = vote, labels, band
        self.norms, self.floor, self.room = norms, levels, room
        self.levels = levels.copy()
        self.crowded = np.zeros(len(norms), dtype=bool)
        self.row = np.empty(0, dtype=np.int32)
        self.column = np.empty(0, dtype=np.intp)
        self.nearness = np.empty(0, dtype=np.float32)
        self._added, self._n_added = [], 0

    def add(self, nearness, first_column, mask):
        """Take voters up.

        Parameters
        ----------
        nearness : ndarray of float32 of shape (n_rows, n_columns)
        first_column : int
        mask : ndarray of bool of shape (n_rows, n_columns)
            Room to work in.
        """
        flat = np.flatnonzero(
            np.greater_equal(nearness, self.levels[:, None], out=mask)
        )
        if len(flat) == 0:
            return
        row, column = np.divmod(flat, nearness.shape[1])
        row = row.astype(np.int32)
        column += first_column
        self._added.append((row, column, nearness.reshape(-1)[flat]))
        self._n_added += len(flat)
        if len(self.row) + self._n_added > 2 * self.room * len(self.norms):
            self.tighten()

    def tighten(self):
        """Raise the levels to what the voters seen so far allow.

        Returns
        -------
        kth : ndarray of float32
            Nearness of the voter among them that completes the vote.
        enough : ndarray of int
            The rows that it is known for.
        """
        self._gather()
        starts = np.searchsorted(self.row, np.arange(len(self.norms) + 1))
        enough = np.flatnonzero(np.diff(starts) >= self.vote.most)
        kth = np.empty(len(enough), dtype=np.float32)
        for i, row in enumerate(enough):
            own = slice(starts[row], starts[row + 1])
            kth[i] = self.vote.completing(
                self.nearness[own], self.labels[self.column[own]]
            )
        lowest, _ = self.band.bounds(kth, self.norms[enough])
        # Who was turned away at the door may be as near as the last of these.
        certain = lowest >= self.floor[enough]
        kth, enough, lowest = kth[certain], enough[certain], lowest[certain]
        self.levels[enough] = np.maximum(self.levels[enough], lowest)
        self._keep(self.nearness >= self.levels[self.row])
        n_kept = np.bincount(self.row, minlength=len(self.norms))
        if (n_kept > self.room).any():
            # Nobody else is taken up for these rows.
            self.crowded |= n_kept > self.room
            self.levels[self.crowded] = np.inf
            self._keep(~self.crowded[self.row])
        return kth, enough

    def settle(self):
        """The outcome, when all voters have been seen.

        Returns
        -------
        counts : ndarray of int of shape (n_rows, n_classes)
            Voters of each class that are not surely out; zeros for rows that this
            cannot judge, as too few voters, or too many, reached their level.
        doubtful : ndarray of int
            Positions in `row` and `column` of the voters that may be out after all.
        """
        kth, judged = self.tighten()
        n_rows, n_classes = len(self.norms), len(self.vote.weight)
        unjudged = np.ones(n_rows, dtype=bool)
        unjudged[judged] = False
        unjudged |= self.crowded
        self._keep(~unjudged[self.row])
        labels = self.labels[self.column].astype(np.intp)
        cells = np.bincount(self.row * n_classes + labels, minlength=n_rows * n_classes)
        counts = cells.reshape(n_rows, n_classes)
        if self.band.exact:
            return counts, np.empty(0, dtype=np.intp)
        highest = np.full(n_rows, -np.inf, dtype=np.float32)
        _, highest[judged] = self.band.bounds(kth, self.norms[judged])
        # All voters of the other rows are needed.
        all_needed = counts @ self.vote.weight - self.vote.weight.min()
        highest[all_needed < self.vote.needed] = -np.inf
        return counts, np.flatnonzero(self.nearness <= highest[self.row])

    def _gather(self):
        """One list of all, row by row."""
        parts = [(self.row, self.column, self.nearness), *self._added]
        self._added, self._n_added = [], 0
        row, column, nearness = map(np.concatenate, zip(*parts))
        order = np.argsort(row, kind="stable")
        self.row, self.column = row[order], column[order]
        self.nearness = nearness[order]

    def _keep(self, mask):
        kept = np.flatnonzero(mask)
        self.row, self.column = self.row[kept], self.column[kept]
        self.nearness = self.nearness[kept]

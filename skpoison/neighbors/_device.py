"""Class counts among the nearest rows, by torch on a GPU or another device.

The way is that of `_count`: the nearness of all voters in float32, with a proven error,
and the few voters that it leaves in doubt measured in float64. Between both, the device
measures in float64, too, so that near-ties alone are left to the CPU, which decides
them as it does without a device.
"""

import numpy as np
import torch
from sklearn import get_config
from sklearn.utils import gen_batches

from .._torch.precision import full_float32
from ._band32 import Band32
from ._doubt import take_out_the_too_far
from ._geometry import CHUNK_ROWS, Rescaling
from ._vote import Vote

# More rows in one product gain nothing.
_MAX_BLOCK_ROWS = 4096
# What a pair of a row and a voter takes where everything is in doubt.
_BYTES_PER_PAIR = 160
# Of differences that are squared at a time.
_CHUNK_BYTES = 2**26


def count_on_device(reference, X, k, *, own_columns, device):
    """Reference rows of each class among the nearest that gather k votes.

    Parameters
    ----------
    reference : ReferenceSet
        Of dense rows.
    X : ndarray of shape (n_samples, n_features)
        The rows to judge.
    k : int
        Votes to gather, from the nearest voter on.
    own_columns : ndarray of int of shape (n_samples,) or None
        The voter that is the row itself, and has no vote on it.
    device : torch.device
        It holds the reference rows and a float32 copy of them, and works in half of the
        memory that is free besides; the CPU in scikit-learn's `working_memory`.

    Returns
    -------
    ndarray of int of shape (n_samples, n_classes)
        Reference rows at exactly the distance that completes the vote all count.
    """
    with torch.inference_mode(), full_float32(device):
        counter = _DeviceCounter(reference, X, k, own_columns, device)
        blocks = gen_batches(len(X), counter.rows_at_a_time())
        return np.concatenate([counter.count(block) for block in blocks])


class _DeviceCounter:
    """The voters on the device, and the vote to complete."""

    def __init__(self, reference, X, k, own_columns, device):
        self.reference, self.X, self.own_columns = reference, X, own_columns
        self.device = device
        n_reference, n_features = reference.X.shape
        self.vote = Vote(reference.weight, k, n_reference)
        self.rescaling = Rescaling(reference.X, X)
        self.centre = self._on_device(self.rescaling.centre)
        self.weight = self._on_device(reference.weight)
        self.labels = self._on_device(reference.labels)
        ends = np.append(reference.starts[1:], n_reference)
        self.last_columns = self._on_device(ends - 1)
        shape = n_reference, n_features + 1
        self.terms = torch.empty(shape, dtype=torch.float32, device=device)
        self.voters = self._on_device(reference.X[:0]).new_empty(reference.X.shape)
        largest = torch.zeros((), dtype=torch.float64, device=device)
        for chunk in gen_batches(n_reference, CHUNK_ROWS):
            self.voters[chunk] = self._on_device(reference.X[reference.rows[chunk]])
            placed, squares = self._place(self.voters[chunk])
            self.terms[chunk, :-1], self.terms[chunk, -1] = placed, -squares / 2
            largest = torch.maximum(largest, squares.max())
        self.band = Band32(n_features, largest.sqrt().item(), self.rescaling.exact)

    def rows_at_a_time(self):
        """Rows of a block, so that what is needed for it fits in the free memory."""
        if self.device.type == "cuda":
            budget = torch.cuda.mem_get_info(self.device)[0] // 2
        else:
            budget = get_config()["working_memory"] * 2**20
        n_rows = budget // (_BYTES_PER_PAIR * len(self.terms))
        return int(np.clip(n_rows, 1, _MAX_BLOCK_ROWS))

    def count(self, block):
        """Counts for a slice of the rows of X."""
        rows = self._on_device(self.X[block])
        placed, squares = self._place(rows)
        terms = self.terms.new_ones((len(rows), self.terms.shape[1]))
        terms[:, :-1] = placed
        nearness = terms @ self.terms.T
        if self.own_columns is not None:
            own = self._on_device(self.own_columns[block])
            nearness[torch.arange(len(rows), device=self.device), own] = -torch.inf
        kth = self._completing_nearness(nearness).cpu().numpy()
        lowest, highest = self.band.bounds(kth, squares.sqrt().cpu().numpy())
        near = nearness >= self._on_device(lowest)[:, None]
        up_to_class = near.cumsum(dim=1, dtype=torch.int32)[:, self.last_columns]
        counts = np.diff(up_to_class.cpu().numpy(), axis=1, prepend=0).astype(np.intp)
        if not self.band.exact:
            self._settle(counts, block, rows, nearness, near, highest)
        return counts

    def _completing_nearness(self, nearness):
        """Nearness of the voter whose vote is the k-th, per row."""
        if self.vote.fewest == self.vote.most:
            nearest = nearness.topk(self.vote.most, dim=1, sorted=False).values
            return nearest.amin(dim=1)
        nearest, columns = nearness.topk(self.vote.most, dim=1)
        votes = self.weight[self.labels[columns]].cumsum(dim=1)
        return _completing(nearest, votes, self.vote.needed)

    def _settle(self, counts, block, rows, nearness, near, highest):
        """Take those out of the counts that are too far after all."""
        highest[self._all_needed(counts)] = -np.inf
        doubtful = near & (nearness <= self._on_device(highest)[:, None])
        row, column = doubtful.nonzero(as_tuple=True)
        if not len(row):
            return
        out, undecided = self._sift(rows, row, column, counts @ self.reference.weight)
        n_classes = counts.shape[1]
        cells = row[out] * n_classes + self.labels[column[out]]
        too_far = torch.bincount(cells, minlength=counts.size)
        counts -= too_far.reshape(counts.shape).cpu().numpy()
        row, column = (part[undecided].cpu().numpy() for part in (row, column))
        needed = self._all_needed(counts)[row]
        judged = np.arange(block.start, block.stop)
        take_out_the_too_far(
            counts,
            self.reference,
            self.X,
            judged,
            row[~needed],
            column[~needed],
            self.vote.needed,
        )

    def _all_needed(self, counts):
        """Whether the vote of a row would be incomplete without any of its voters."""
        weight = self.reference.weight
        return counts @ weight - weight.min() < self.vote.needed

    def _sift(self, rows, row, column, votes):
        """Which pairs are too far, and for which float64 cannot tell.

        A sum of d squared differences is off by (d + 3) 2^-53 of itself at most, here
        and where the CPU sums in another order. So is the one that completes the vote.

        Parameters
        ----------
        rows : tensor of shape (n_rows, n_features)
        row, column : int tensor of shape (n_pairs,)
            Ascending.
        votes : ndarray of shape (n_rows,)
            Of the voters near each row, those in doubt included.

        Returns
        -------
        out, undecided : bool tensor of shape (n_pairs,)
        """
        distances = self._squared_distances(rows, row, column)
        first = torch.searchsorted(row, torch.arange(len(rows), device=self.device))
        place = torch.arange(len(row), device=self.device) - first[row]
        shape = len(rows), int(place.max()) + 1
        table = distances.new_full(shape, torch.inf)
        table[row, place] = distances
        cast = torch.zeros_like(table)
        cast[row, place] = self.weight[self.labels[column]]
        needed = self.vote.needed - self._on_device(votes) + cast.sum(dim=1)
        nearest, order = table.sort(dim=1)
        gathered = cast.gather(1, order).cumsum(dim=1)
        last = _completing(nearest, gathered, needed[:, None])
        n_features = rows.shape[1]
        error = (n_features + 3) * 2.0**-53 * last
        error += n_features * np.finfo(np.float64).tiny
        near = distances < (last - 6 * error)[row]
        out = distances > (last + 6 * error)[row]
        return out, ~(near | out)

    def _squared_distances(self, rows, row, column):
        step = max(1, _CHUNK_BYTES // (8 * rows.shape[1]))
        parts = []
        for x, y in zip(row.split(step), column.split(step)):
            difference = self.voters[y].double() - rows[x]
            parts.append(difference.square_().sum(dim=1))
        return torch.cat(parts)

    def _place(self, rows):
        """As `Rescaling.place`, on the device."""
        placed = (rows - self.centre) * self.rescaling.scale
        return placed, placed.square().sum(dim=1)

    def _on_device(self, array):
        return torch.tensor(array, device=self.device)


def _completing(nearest, votes, needed):
    """Of values in the order of the votes, nearest first, that which completes them."""
    position = (votes < needed).sum(dim=1, keepdim=True)
    return nearest.gather(1, position.clamp(max=nearest.shape[1] - 1))[:, 0]

"""The 16-bit prefilter: most of the vote for a fraction of the float32 product.

The matrix units of some CPUs (AMX-FP16) multiply float16 eight times as fast as
float32, and sum in float32. The nearness is then known to about three digits, which
decides nearly all voters; the others are measured exactly. What this cannot decide, as
where whole classes collapse into points, is left to the float32 prefilter.
"""

import sys
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.utils import gen_batches

from ._geometry import CHUNK_ROWS, longest_neighbor, measuring_error

_UNIT_ROUNDOFF = 2.0**-11
_SMALLEST_NORMAL = 2.0**-14
_LARGEST = 65504.0
# Norms up to 64 keep sums within float16, and most features clear of its subnormals.
_LIFT = 64.0
_SAMPLE_SIZE = 2048
# Pairs of rows from which the prefilter is worth its preparation, and importing torch.
_MANY_PAIRS, _MANY_PAIRS_TO_IMPORT = 10**8, 10**9


def pays(n_pairs):
    """Whether the CPU and the number of distances are up to a 16-bit prefilter."""
    many = _MANY_PAIRS if "torch" in sys.modules else _MANY_PAIRS_TO_IMPORT
    return n_pairs >= many and _has_matrix_units() and _sums_in_float32()


@cache
def _has_matrix_units():
    flags = Path("/proc/cpuinfo")
    # Reading this spares most machines the import of torch.
    if not flags.exists() or "amx_tile" not in flags.read_text():
        return False
    import torch

    return getattr(torch.cpu, "_is_amx_fp16_supported", lambda: False)()


@cache
def _sums_in_float32():
    """Whether a sum keeps what float16 would lose, between terms or between blocks."""
    import torch

    n = 2**12
    terms = torch.full((256, n + 32), 2.0**-11, dtype=torch.float16)
    terms[:, 0], terms[:, n + 1 :] = 2.0**11, 0
    sums = torch.mm(terms, torch.full((n + 32, 256), 2.0**-11, dtype=torch.float16))
    return bool((sums == 1 + n * 2.0**-22).all())


class Prefilter16:
    """Nearness in float16, as far as it lies above a level just below the k-th.

    Half squares and levels ride along as extra terms of the product, in two parts each:
    the second holds what the first rounds away. Where a voter can matter, the product
    is then small and positive, so that little is lost by rounding it to float16, and
    its bits, read as an integer, are in the order of the numbers.

    Parameters
    ----------
    reference : ReferenceSet
    X : ndarray of shape (n_samples, n_features)
        The rows to judge.
    rescaling : Rescaling
        Of both.
    rank : int
        Number of voters whose nearness should lie above the level.
    """

    exact = False
    dtype = np.dtype(np.int16)
    no_vote = np.iinfo(np.int16).min
    strip_bytes_per_pair = bytes_per_pair = 4

    def __init__(self, reference, X, rescaling, rank):
        import torch

        self.X, self.rescaling = X, rescaling
        n_reference, n_features = reference.X.shape
        self.bytes_per_row = 3 * 8 * n_features
        # A voter in doubt costs about as much as 120 of the float32 prefilter.
        self.most_in_doubt = n_reference // 120
        n_terms = -(-(n_features + 4) // 32) * 32
        columns = np.zeros((n_terms, n_reference), dtype=np.float16)
        columns[n_features + 2 : n_features + 4] = 1
        norms, lost = np.empty(n_reference), np.empty(n_reference)
        for chunk in gen_batches(n_reference, CHUNK_ROWS):
            rounded, norms[chunk], lost[chunk] = self._place(
                reference.X[reference.rows[chunk]]
            )
            columns[:n_features, chunk] = rounded.T
        halves = norms**2 / 2
        parts = _in_two_parts(-halves)
        columns[n_features : n_features + 2] = parts
        self.columns = torch.from_numpy(columns)

        self.largest_norm = norms.max()
        # ||y - rounded y|| <= relative ||y|| + absolute, whatever the norm.
        typical = norms >= np.median(norms)
        self.lost_relative = (lost[typical] / np.maximum(norms[typical], 1e-300)).max()
        self.lost_absolute = np.maximum(lost - self.lost_relative * norms, 0).max()
        self.lost_half = np.abs(halves + parts.sum(axis=0, dtype=np.float64)).max()
        self.sum_error = 1.05 * n_terms * 2.0**-24

        size = min(n_reference, _SAMPLE_SIZE)
        sample = np.linspace(0, n_reference - 1, size).astype(np.intp)
        self.sample = self.columns[:, torch.from_numpy(sample)].contiguous()
        expected = size * rank / n_reference
        self.sample_rank = min(int(expected + 4 * np.sqrt(expected) + 6), size)

    def strips(self, rows, products, n_strip_rows):
        """Nearness of all voters above the level of their row, a few rows at a time.

        Parameters and what it yields are those of `Prefilter32.strips`; the nearness is
        the bits of float16 numbers.
        """
        import torch

        rounded, norms, lost = self._place(self.X[rows])
        n, n_features = rounded.shape
        # Allocated by torch: the product is half as fast from unaligned memory.
        terms = torch.zeros((n, len(self.columns)), dtype=torch.float16)
        terms[:, :n_features] = torch.from_numpy(rounded)
        terms[:, n_features : n_features + 2] = 1
        levels = self._levels(torch.mm(terms, self.sample).numpy(), norms, lost)
        parts = _in_two_parts(-levels)
        terms[:, n_features + 2 : n_features + 4] = torch.from_numpy(parts.T)
        torch.mm(
            terms, self.columns, out=torch.from_numpy(products[:n].view(np.float16))
        )
        context = np.stack([-parts.sum(axis=0, dtype=np.float64), norms, lost])
        for strip in gen_batches(n, n_strip_rows):
            yield strip, products[strip], context[:, strip]

    def bounds(self, kth, context):
        """Where rounding leaves in doubt who is among the nearest.

        As in `Prefilter32.bounds`, with the larger errors of `_error`, and u = 2^-11
        for the rounding of the product.

        Returns
        -------
        lowest, highest : ndarray of int16 of shape (n_strip_rows,)
            Rows below the first are surely out, those above the second surely in.
            Nobody is near a row whose k-th voter is not safely above the level.
        """
        levels, norms, lost = context
        value = kth.view(np.float16).astype(np.float64)
        error = self._error(value + levels, norms, lost, levels)
        u = _UNIT_ROUNDOFF
        lowest = (value * (1 - u) - 2 * error) / (1 + u)
        highest = np.minimum((value * (1 + u) + 2 * error) / (1 - u), _LARGEST)
        # One bit further, as these numbers are rounded themselves.
        lowest_bits = lowest.astype(np.float16).view(np.int16) - np.int16(1)
        highest_bits = highest.astype(np.float16).view(np.int16) + np.int16(1)
        # What is smaller may have been flushed to zero.
        lowest_bits[lowest < 2 * _SMALLEST_NORMAL] = np.iinfo(np.int16).max
        return lowest_bits, highest_bits

    def _levels(self, nearness, norms, lost):
        """Levels that the k-th nearness surely exceeds, judging by a sample."""
        size, rank = nearness.shape[1], self.sample_rank
        kth = np.partition(nearness, size - rank, axis=1)[:, size - rank]
        kth = kth.astype(np.float64)
        error = self._error(kth, norms, lost, kth)
        return kth - 3 * error - 2 * _UNIT_ROUNDOFF * np.abs(kth)

    def _error(self, kth, norms, lost, levels):
        """Largest error of a product with a voter that can be near the k-th distance.

        By the Cauchy-Schwarz inequality on what rounding took from both factors; n
        float32 sums of terms; and what the second parts of the half squares lost.
        """
        share = lost / np.maximum(norms, 1e-300)
        absolute = (norms + lost) * self.lost_absolute
        absolute += self.lost_half + self.sum_error * np.abs(levels)
        relative = 1.01 * share + self.lost_relative + 2 * self.sum_error
        longest = longest_neighbor(norms, kth, relative, absolute)
        longest = np.minimum(longest, self.largest_norm)
        return (
            lost * ((1 + self.lost_relative) * longest)
            + norms * self.lost_relative * longest
            + self.sum_error * (norms + longest) * longest
            + measuring_error(norms, longest, len(self.columns))
            + absolute
        )

    def _place(self, rows):
        """Rows rounded to float16, their norms, and the norms of what was lost."""
        placed, squares = self.rescaling.place(rows)
        placed *= _LIFT
        rounded = _round(placed)
        lost = placed - rounded
        return rounded, _LIFT * np.sqrt(squares), np.linalg.norm(lost, axis=1)


def _round(values):
    """To float16, and to zero where matrix units might do so."""
    rounded = values.astype(np.float16)
    rounded[np.abs(rounded) < _SMALLEST_NORMAL] = 0
    return rounded


def _in_two_parts(values):
    first = _round(values)
    return np.stack([first, _round(values - first)])

"""How many of m clean rows are below the r-th of n trusted rows, by chance."""

from functools import lru_cache

import numpy as np
from scipy.stats import hypergeom

# Ranks of trusted rows at which a set is looked at, from the first to the last.
_N_RANKS = 12
# Of the joint distribution: an error of .05 is then met within .002.
_N_DRAWS = 10_000
# Of a level: the ratio of what is too high to what is used.
_PRECISION = 1.02


@lru_cache(maxsize=16)
def clean_counts(m, n):
    """The counts of m clean rows and n trusted ones, drawn once for sets of one size.

    Parameters
    ----------
    m, n : int

    Returns
    -------
    CleanCounts
    """
    return CleanCounts(m, n)


class CleanCounts:
    """The counts at some ranks, one by one and all together.

    At one rank the count is beta-binomial; at several ranks the counts rise and fall
    together, so that they share an error at less cost than equal parts of it for each
    (Bonferroni).

    Parameters
    ----------
    m, n : int
        Clean rows, and trusted rows. Their order is random.

    Attributes
    ----------
    ranks : ndarray of int of shape (n_ranks,)
        The ranks r, from 1 to n.
    """

    def __init__(self, m, n):
        self.m, self.n = m, n
        ranks = np.geomspace(1, n, _N_RANKS)
        self.ranks = np.unique(ranks.round().astype(int))
        self._draws = self._draw()
        self._levels = {}

    def most(self, level):
        """The largest count at each rank that has a chance above the level."""
        low, high = np.zeros_like(self.ranks), np.full_like(self.ranks, self.m)
        while (low < high).any():
            middle = (low + high + 1) // 2
            likely = chance_of(middle, self.m, self.ranks, self.n) > level
            low = np.where(likely, middle, low)
            high = np.where(likely, high, middle - 1)
        return low

    def chance_anywhere(self, level):
        """The chance that at some rank the count is one of a chance up to the level."""
        n_beyond = np.sum((self._draws > self.most(level)).any(axis=1))
        simulated = (1 + n_beyond) / (1 + _N_DRAWS)
        return min(simulated, len(self.ranks) * level)

    def level_of_each(self, alpha):
        """The level at every rank, so that the chance anywhere is at most alpha."""
        if alpha not in self._levels:
            self._levels[alpha] = self._find_level(alpha)
        return self._levels[alpha]

    def _find_level(self, alpha):
        low, high = alpha / len(self.ranks), alpha
        while high > _PRECISION * low:
            middle = np.sqrt(low * high)
            if self.chance_anywhere(middle) <= alpha:
                low = middle
            else:
                high = middle
        return low

    def _draw(self):
        # The gaps between uniform numbers are to each other as exponential ones.
        rng = np.random.default_rng(0)
        steps = np.diff(self.ranks, prepend=0, append=self.n + 1)
        gaps = rng.standard_gamma(steps, size=(_N_DRAWS, len(steps)))
        shares = gaps / gaps.sum(axis=1, keepdims=True)
        return rng.multinomial(self.m, shares).cumsum(axis=1)[:, :-1]


def chance_of(count, m, r, n):
    """Chance that so many of m clean rows, or more, are below the r-th of n trusted.

    Then at most r - 1 of the lowest count + r - 1 rows of all are trusted ones.
    """
    return hypergeom.cdf(r - 1, m + n, n, count + r - 1)

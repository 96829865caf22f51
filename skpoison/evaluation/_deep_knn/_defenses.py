"""The defenses of the experiment, and their names in the tables."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...base import PoisonFilter
from ...defenses import (
    DeepKNNFilter,
    L2CentroidFilter,
    OneClassSVMFilter,
    RandomEvictionFilter,
)
from .._oracle_filter import OracleFilter
from ._poison_sets import keep_calibrated, keep_rows


@dataclass(frozen=True)
class Defense(ABC):
    """What a line of the tables does with poisoned sets; as text, its name there.

    Attributes
    ----------
    n_known : int
        Of so many first sets the defender knows the poisons. What was chosen on them is
        reported on the others.
    """

    n_known: ClassVar[int] = 0

    @property
    def trains_on_copies(self):
        """Whether the victim trains on the copies of the rows that are kept, too."""
        return False

    @abstractmethod
    def keep(self, sets, features):
        """Masks of the rows that are kept of each set, of shape (n_sets, n_pool)."""


class FilterDefense(Defense):
    """A filter that is fitted to each set anew."""

    @abstractmethod
    def make_filter(self, is_poison):
        """The filter, for rows of which this mask marks the poison."""

    def keep(self, sets, features):
        """Masks of the rows that are kept of each set, of shape (n_sets, n_pool)."""
        return keep_rows(sets, features, self.make_filter)


@dataclass(frozen=True)
class Baseline(FilterDefense):
    """A filter without parameters of its own; a key of BASELINES."""

    name: str

    def __str__(self):
        return self.name

    def make_filter(self, is_poison):
        """The filter, for rows of which this mask marks the poison."""
        return BASELINES[self.name](is_poison)


@dataclass(frozen=True)
class DeepKNN(FilterDefense):
    """The vote of the k nearest rows, or of normalized_k times the largest class.

    With `replicates` a class with few rows votes as if they were copied.
    """

    k: int | None = None
    normalized_k: float | None = None
    replicates: bool = False

    def __str__(self):
        size = f"k / N = {self.normalized_k:g}" if self.k is None else f"k = {self.k}"
        return f"Deep k-NN, {size}{', replicated' if self.replicates else ''}"

    @property
    def trains_on_copies(self):
        """So does who replicates rows for the vote."""
        return self.replicates

    def make_filter(self, is_poison):
        """The filter, for any rows."""
        return DeepKNNFilter(
            self.k,
            normalized_k=self.normalized_k,
            class_balance="replicate" if self.replicates else None,
        )


@dataclass(frozen=True)
class CalibratedDeepKNN(Defense):
    """The k and the threshold that suit some known sets."""

    n_known: ClassVar[int] = 5
    ks: ClassVar = (25, 50, 75, 100, 150, 200)

    def __str__(self):
        return "Deep k-NN, calibrated on five known sets"

    def keep(self, sets, features):
        """Masks of the rows that are kept of each set, of shape (n_sets, n_pool)."""
        filters = [DeepKNNFilter(k) for k in self.ks]
        return keep_calibrated(sets, features, filters, self.n_known)


BASELINES: dict[str, Callable[[np.ndarray], PoisonFilter]] = {
    # An oracle of a set without poison.
    "flag nothing": lambda is_poison: OracleFilter(np.zeros_like(is_poison)),
    "all poison removed (oracle)": OracleFilter,
    "L2 centroid, 10 %": lambda is_poison: L2CentroidFilter(0.1),
    # The setting of the paper, whose verdicts are made of rounding noise.
    "one-class SVM, nu = .01": lambda is_poison: OneClassSVMFilter(0.01, tolerance=0),
    "one-class SVM, nu = .1": lambda is_poison: OneClassSVMFilter(0.1),
    "random eviction, 10 %": lambda is_poison: RandomEvictionFilter(
        0.1, random_state=0
    ),
}
NOTHING, ORACLE, *OTHERS = map(Baseline, BASELINES)
TABLE: list[Defense] = [NOTHING, ORACLE, DeepKNN(normalized_k=1.0), *OTHERS]
SWEEP: list[DeepKNN] = [
    DeepKNN(normalized_k=k)
    for k in (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
]
# For a class with few rows.
AS_IT_IS = DeepKNN(normalized_k=2.0)
REPLICATED = DeepKNN(normalized_k=2.0, replicates=True)

"""What a poisoned training set of the bench depends on, besides data and attack."""

import math
from dataclasses import dataclass

from ._seeds import seed_of


@dataclass(frozen=True)
class Setting:
    """One draw of one attack on one data set."""

    dataset: str
    attack: str
    rate: float | None
    trusted: float
    repeat: int
    test_size: float
    random_state: int
    stratify: bool

    def seed(self, purpose):
        """Seed for a purpose, the same for all attacks and data sets of a repeat."""
        return seed_of(purpose, self.random_state, self.repeat)

    @property
    def columns(self):
        """What the table says of it."""
        return {
            "dataset": self.dataset,
            "attack": self.attack,
            "rate": math.nan if self.rate is None else self.rate,
            "trusted": self.trusted,
            "repeat": self.repeat,
        }

    @property
    def without_names(self):
        """What determines the draw: not what data set and attack are called."""
        fields = dict(vars(self))
        del fields["dataset"], fields["attack"]
        return fields

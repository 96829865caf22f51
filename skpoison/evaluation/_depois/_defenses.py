"""The defenses of each attack, by the names of the tables."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ...base import PoisonFilter
from ...defenses import (
    DeepKNNFilter,
    DePoisFilter,
    SphereSlabFilter,
    TrustedDisagreementFilter,
)
from .._fourclass._defenses import DEFENSES as FOURCLASS
from .._house_prices._defenses import DETECTORS
from .._house_prices._defenses import Case as Houses
from .._oracle_filter import OracleFilter

NOTHING, DEPOIS = "flag nothing", "De-Pois"


@dataclass(frozen=True)
class Defense:
    """A line of the tables.

    Attributes
    ----------
    make : callable
        Returns the filter for a training set, `PoisonedRows`.
    is_linear : bool
        Whether it judges the features of the machine's kernel.
    """

    make: Callable[..., PoisonFilter]
    is_linear: bool = False

    def filter(self, rows, iterations):
        """The filter; its critics, if it has any, learn for so many iterations."""
        filter = self.make(rows)
        if isinstance(filter, DePoisFilter):
            filter.set_params(max_iter=iterations)
        return filter

    def view(self, rows):
        """The rows as the filter sees them."""
        return rows.kernel_features if self.is_linear else rows.X


def _of_fourclass(name):
    defense = FOURCLASS[name]
    return Defense(defense.make, defense.is_linear)


def _of_houses(name):
    return Defense(
        lambda rows: DETECTORS[name](Houses(rows.is_poison, rows.trusted, rows.seed))
    )


_TRUSTED_SVC = make_pipeline(StandardScaler(), SVC())
_OF_IMAGES = {
    NOTHING: Defense(lambda rows: OracleFilter(np.zeros_like(rows.is_poison))),
    "trusted SVC": Defense(
        lambda rows: TrustedDisagreementFilter(_TRUSTED_SVC, random_state=rows.seed)
    ),
    DEPOIS: Defense(lambda rows: DePoisFilter(random_state=rows.seed)),
    "Deep k-NN": Defense(lambda rows: DeepKNNFilter(k=5)),
    "CD": Defense(lambda rows: SphereSlabFilter(contamination=rows.contamination)),
}
DEFENSES: dict[str, dict[str, Defense]] = {
    "TCL": _OF_IMAGES,
    "pGAN": _OF_IMAGES,
    "GP": _OF_IMAGES,
    "LF": {
        name: _of_fourclass(name)
        for name in (NOTHING, "trusted SVC", DEPOIS, "CD", "DUTI", "Sever")
    },
    "R": {
        name: _of_houses(name)
        for name in (NOTHING, "trusted lasso", DEPOIS, "TRIM", "DUTI", "Sever")
    },
}

"""The defenses of the experiment, by the names of the tables."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from ...base import PoisonFilter
from ...defenses import (
    ActivationClusteringFilter,
    AnnealedTrustFilter,
    ConfidentLearningFilter,
    DeepKNNFilter,
    DePoisFilter,
    DUTIFilter,
    InfluenceFilter,
    KNNShapleyFilter,
    L2CentroidFilter,
    LabelSanitizationFilter,
    LossFilter,
    OneClassSVMFilter,
    PanelFilter,
    RandomEvictionFilter,
    SeverFilter,
    SpectralSignatureFilter,
    SpectreFilter,
    SphereSlabFilter,
    TrustedDisagreementFilter,
)
from .._oracle_filter import OracleFilter
from ._case import SVM, Case


@dataclass(frozen=True)
class Defense:
    """A line of the tables.

    Attributes
    ----------
    make : callable
        Returns the filter for a case.
    is_linear : bool
        Whether it is of linear models: it judges the features of the machine's kernel.
    is_slow : bool
        Whether a fit takes minutes.
    is_drawn : bool
        Whether the figure has room for it; the tables have all.
    """

    make: Callable[[Case], PoisonFilter]
    is_linear: bool = False
    is_slow: bool = False
    is_drawn: bool = True


NOTHING = "flag nothing"
DEFENSES = {
    # An oracle of a set without poison.
    NOTHING: Defense(lambda case: OracleFilter(np.zeros(len(case.y), dtype=bool))),
    "flag the flips (oracle)": Defense(
        lambda case: OracleFilter(case.is_poison), is_drawn=False
    ),
    "trusted SVC": Defense(
        lambda case: TrustedDisagreementFilter(SVM, random_state=case.seed)
    ),
    "trusted SVC, self-trained": Defense(
        lambda case: TrustedDisagreementFilter(SVM, n_rounds=5, random_state=case.seed)
    ),
    "annealed trust": Defense(lambda case: AnnealedTrustFilter(random_state=case.seed)),
    "De-Pois": Defense(lambda case: DePoisFilter(random_state=case.seed)),
    "De-Pois, as published": Defense(
        lambda case: DePoisFilter(
            loss="wasserstein",
            negatives=("generator",),
            augment=True,
            calibration="augmented",
            per_class=False,
            random_state=case.seed,
        ),
        is_slow=True,
    ),
    # The kernel of the machine, in the units of the filter.
    "DUTI": Defense(lambda case: DUTIFilter(gamma=6, random_state=case.seed)),
    "Sever": Defense(
        lambda case: SeverFilter(
            LogisticRegression(C=10),
            contamination=case.contamination,
            random_state=case.seed,
        ),
        is_linear=True,
    ),
    "CD": Defense(
        lambda case: SphereSlabFilter(contamination=case.contamination), is_linear=True
    ),
    "label sanitization": Defense(lambda case: LabelSanitizationFilter()),
    "Deep k-NN": Defense(lambda case: DeepKNNFilter(k=15)),
    "panel": Defense(
        lambda case: PanelFilter(
            contamination=case.contamination, random_state=case.seed
        ),
        is_drawn=False,
    ),
    "small loss": Defense(
        lambda case: LossFilter(
            SVM, contamination=case.contamination, random_state=case.seed
        ),
        is_drawn=False,
    ),
    "spectral signatures": Defense(
        lambda case: SpectralSignatureFilter(case.contamination), is_drawn=False
    ),
    "SPECTRE": Defense(
        lambda case: SpectreFilter(min(case.contamination, 0.3)), is_drawn=False
    ),
    "activation clustering": Defense(
        lambda case: ActivationClusteringFilter(random_state=case.seed), is_drawn=False
    ),
    "confident learning": Defense(
        lambda case: ConfidentLearningFilter(
            LogisticRegression(C=10), random_state=case.seed
        ),
        is_linear=True,
        is_drawn=False,
    ),
    "self-influence": Defense(
        lambda case: InfluenceFilter(
            LogisticRegression(C=10), contamination=case.contamination
        ),
        is_linear=True,
        is_drawn=False,
    ),
    "kNN-Shapley": Defense(
        lambda case: KNNShapleyFilter(contamination=case.contamination), is_drawn=False
    ),
    "one-class SVM": Defense(
        lambda case: OneClassSVMFilter(nu=case.contamination), is_drawn=False
    ),
    "L2 centroid": Defense(
        lambda case: L2CentroidFilter(case.contamination), is_drawn=False
    ),
    "random eviction": Defense(
        lambda case: RandomEvictionFilter(case.contamination, random_state=case.seed),
        is_drawn=False,
    ),
}

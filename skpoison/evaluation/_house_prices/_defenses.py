"""The models and the defenses of both experiments, by the names of the tables."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LassoCV,
    RANSACRegressor,
    Ridge,
)

from ...defenses import (
    DePoisFilter,
    DUTIFilter,
    SeverFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from .._oracle_filter import OracleFilter

MODELS = {
    # Least squares with the least penalty that makes it well defined.
    "OLS": Ridge(1e-5),
    "ridge": Ridge(0.1),
    "lasso": Lasso(1.6e-4, max_iter=10_000),
    "elastic net": ElasticNet(2.7e-4, l1_ratio=0.5, max_iter=10_000),
}

# By the model, and the poisoned share of the rows.
UNDEFENDED = "none (flag nothing)"
MODEL_DEFENSES: dict[str, Callable] = {
    UNDEFENDED: lambda model, share: model,
    "TRIM as published, rate known": lambda model, share: TRIMRegressor(
        model, contamination=share, screening="residual"
    ),
    "TRIMRegressor, rate known": lambda model, share: TRIMRegressor(
        model, contamination=share
    ),
    "TRIMRegressor": lambda model, share: TRIMRegressor(model),
    "Sever, rate known": lambda model, share: SeverFilter(
        model, contamination=max(share, 0.01), random_state=0
    ),
    "Huber": lambda model, share: HuberRegressor(max_iter=2000),
    "RANSAC": lambda model, share: RANSACRegressor(
        model, min_samples=0.5, random_state=0
    ),
}


@dataclass(frozen=True)
class Case:
    """A training set of the second experiment, and what detectors may be told of it."""

    is_poison: np.ndarray
    trusted: np.ndarray
    seed: int

    @property
    def share(self):
        """The poisoned share of the untrusted rows."""
        return self.is_poison[~self.trusted].mean()

    @property
    def share_of_all(self):
        """The poisoned share of all rows."""
        return self.is_poison.mean()


DETECTORS: dict[str, Callable] = {
    # An oracle of a set without poison.
    "flag nothing": lambda case: OracleFilter(np.zeros_like(case.is_poison)),
    "trusted lasso": lambda case: TrustedDisagreementFilter(
        LassoCV(), random_state=case.seed
    ),
    "trusted lasso, self-trained": lambda case: TrustedDisagreementFilter(
        LassoCV(), n_rounds=5, random_state=case.seed
    ),
    "De-Pois": lambda case: DePoisFilter(random_state=case.seed),
    "TRIM": lambda case: TRIMRegressor(
        Ridge(0.1), contamination=case.share_of_all, screening="residual"
    ),
    "TRIMRegressor": lambda case: TRIMRegressor(Ridge(0.1)),
    "DUTI": lambda case: DUTIFilter(
        "regression", contamination=case.share, random_state=case.seed
    ),
    "Sever": lambda case: SeverFilter(
        Ridge(0.1), contamination=case.share, random_state=case.seed
    ),
}

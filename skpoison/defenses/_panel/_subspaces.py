"""Losses of models that see half of the features."""

import numpy as np
from sklearn.utils import check_random_state

from ..._utils.canonical_order import canonical_order
from ...base import PoisonFilter
from .._loss import LossFilter
from ._linear import ShrunkenDiscriminantAnalysis

_N_SUBSPACES = 12
# No single model may say more against a label than that it is so improbable.
_LEAST = np.log(1e-4)


class SubspaceLossFilter(PoisonFilter):
    """The mean out-of-fold loss of linear models of random halves of the features.

    A label that only holds by the features of a trigger is contradicted by the models
    that do not see them all. The halves are those of the random subspace method (Ho,
    "The Random Subspace Method for Constructing Decision Forests", 1998).

    Parameters
    ----------
    n_jobs : int or None, default=None
    random_state : int
        Draws the halves and the folds.
    """

    def __init__(self, *, n_jobs=None, random_state=0):
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _score_training_rows(self, X, y, trusted):
        rng = check_random_state(self.random_state)
        n_features = X.shape[1]
        half = max(1, round(n_features / 2))
        losses = LossFilter(
            ShrunkenDiscriminantAnalysis(),
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        # Rows that are equal in a subspace keep the order they have in all features.
        order = canonical_order(X, y)
        X, y = X[order], y[order]
        total = np.zeros(len(y))
        for _ in range(_N_SUBSPACES):
            columns = np.sort(rng.permutation(n_features)[:half])
            losses._fit_for_scores(X[:, columns], y)
            total += np.maximum(losses.sample_scores_, _LEAST)
        scores = np.empty(len(y))
        scores[order] = total / _N_SUBSPACES
        return scores, -np.inf

"""The two halves of the matrix, whose attacks and defenses differ."""

from collections.abc import Callable
from dataclasses import dataclass

from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from ...base import PoisonAttack
from . import _attacks, _datasets, _defenses


@dataclass(frozen=True)
class Part:
    """Every defense against every attack on every data set, by their names.

    Attributes
    ----------
    attacks, defenses, datasets, estimators : dict
        As `evaluate_defenses` takes them.
    """

    attacks: dict[str, PoisonAttack | None]
    defenses: dict[str, BaseEstimator]
    datasets: dict[str, Callable]
    estimators: dict[str, BaseEstimator]


PARTS = {
    "classification": Part(
        _attacks.CLASSIFICATION,
        _defenses.CLASSIFICATION,
        _datasets.CLASSIFICATION,
        {"SVC": SVC()},
    ),
    "regression": Part(
        _attacks.REGRESSION,
        _defenses.REGRESSION,
        _datasets.REGRESSION,
        {"ridge": Ridge(0.1)},
    ),
}

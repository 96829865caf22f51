"""The filter that knows the answer: what every defense is compared with."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .._utils.parameters import StrOptions
from .._utils.targets import is_regression
from ..base import PoisonFilter


class OracleFilter(PoisonFilter):
    """Remove the poison and nothing else: the bound of every defense.

    It is no defense, since it is told which rows are poison. A table of defenses begins
    with two of its verdicts: that on the true mask removes all poison, and that on a
    mask without poison removes nothing. X is not read, so that it may hold anything.

    Parameters
    ----------
    is_poison : array-like of bool of shape (n_samples,)
        Which of the rows that it will be fitted on are poison.
    task : {"auto", "classification", "regression"}, default="auto"
        Whether y holds labels or target values; "auto" decides by y, and refuses whole
        numbers that could be either.

    Examples
    --------
    >>> from skpoison.evaluation import OracleFilter
    >>> X, y = [[0.0], [0.2], [4.0], [4.2]], [0, 1, 1, 0]
    >>> OracleFilter([False, False, False, True]).fit_predict(X, y)
    array([ 1,  1,  1, -1])
    >>> OracleFilter([False] * 4).fit_predict(X, y)
    array([1, 1, 1, 1])
    """

    _parameter_constraints: dict = {
        "is_poison": ["array-like"],
        "task": [StrOptions({"auto", "classification", "regression"})],
    }
    _validates_X = False

    def __init__(
        self,
        is_poison: ArrayLike,
        *,
        task: Literal["auto", "classification", "regression"] = "auto",
    ) -> None:
        self.is_poison = is_poison
        self.task = task

    def _is_regression(self, y):
        return is_regression(y, self.task)

    def _score_training_rows(self, X, y, trusted):
        is_poison = np.asarray(self.is_poison)
        if is_poison.dtype != bool or is_poison.shape != (len(y),):
            raise ValueError(
                f"is_poison must be booleans of shape ({len(y)},), one for each row of "
                f"X; got {is_poison.dtype} of shape {is_poison.shape}."
            )
        return np.where(is_poison, 0.0, 1.0), 0.5

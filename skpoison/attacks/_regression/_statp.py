"""Poison for regression from the moments of the data alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.utils import check_random_state

from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.parameters import HasMethods, fit_context
from ..._utils.targets import target_column
from ..._utils.typing import Estimator, MatrixLike, RandomState
from ...base import PoisonedData
from ._attack import RegressionAttack

# Weights that are drawn at most; their number is that of the poison rows times that of
# the rows they are like.
_MOST_WEIGHTS = 10**7


def draw_like(X, feasible, n, random_state):
    """Corners of the feasible set, drawn around rows that have the moments of X.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    feasible : FeasibleRows
    n : int
        How many rows to draw.
    random_state : RandomState

    Returns
    -------
    ndarray of shape (n, n_features)
    """
    # Random weights on the centred rows have their covariance, singular or not.
    centred = (X - X.mean(axis=0)) / np.sqrt(max(len(X) - 1, 1))
    if n * len(X) > _MOST_WEIGHTS:
        # So does a triangle with as many rows as columns.
        centred = np.linalg.qr(centred, mode="r")
    weights = random_state.standard_normal((n, len(centred)))
    drawn = X.mean(axis=0) + weights @ centred
    noise = 0.1 * (feasible.high - feasible.low)
    return feasible.corners(drawn + noise * random_state.standard_normal(drawn.shape))


class StatPAttack(RegressionAttack):
    """Poison a regression with corner rows and the most wrong targets (StatP).

    Rows are drawn from the normal distribution that has the mean and the covariance of
    the training rows, with 0.01 (relative to the bounds) added to every variance. They
    are moved to the nearest corner of the feasible set, and each gets the bound farther
    from the prediction of a model of the training rows as its target. It is a black-box
    attack: the attacker needs the two moments and some predictions.

    Such rows have high leverage and, taken together, small residuals. A
    :class:`~skpoison.defenses.TRIMRegressor` misses them with `screening="residual"`
    and finds them with `screening="leave-one-out"`.

    Parameters
    ----------
    rate : float, default=None
        Number of poison rows as a share of the rows given.
    n_poisons : int, default=None
        Number of poison rows. Give either this or `rate`.
    estimator : regressor, default=None
        The model whose predictions the attacker sees. None: ridge regression.
    bounds : tuple of two floats, default=(0, 1)
        Least and largest value of the features and of the target.
    onehot_groups : list of lists of int, default=None
        Columns of each one-hot group, by position. None:
        where X is a DataFrame, the columns named `Name:value`, or `name_value` as by
        :func:`pandas.get_dummies` and :class:`~sklearn.preprocessing.OneHotEncoder`,
        that are one-hot in the rows given (`onehot_groups_`). [] is for none.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible output.

    Attributes
    ----------
    onehot_groups_ : list of lists of int
        Columns of each one-hot group, as given or found.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison: the last ones.
    X_poison_ : array-like of shape (n_poisons, n_features)
        The poison rows.
    y_poison_ : ndarray of shape (n_poisons,)
        Their targets.
    n_features_in_ : int
        Number of features seen during `fit_poison`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Warns
    -----
    HiddenGroupsWarning
        When X holds columns of 0 and 1, and no one-hot group is given or found.

    References
    ----------
    .. [1] M. Jagielski, A. Oprea, B. Biggio, C. Liu, C. Nita-Rotaru, B. Li,
       "Manipulating Machine Learning: Poisoning Attacks and Countermeasures for
       Regression Learning", IEEE S&P 2018, section III (StatP).

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.attacks import StatPAttack
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(50, 3))
    >>> poisoned = StatPAttack(rate=0.1, random_state=0).fit_poison(X, X.mean(axis=1))
    >>> poisoned.X.shape, poisoned.is_poison.sum()
    ((55, 3), np.int64(5))
    """

    _parameter_constraints: dict = {
        **RegressionAttack._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict"]), None],
    }

    def __init__(
        self,
        *,
        rate: float | None = None,
        n_poisons: int | None = None,
        estimator: Estimator | None = None,
        bounds: tuple[float, float] = (0, 1),
        onehot_groups: list[list[int]] | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.rate = rate
        self.n_poisons = n_poisons
        self.estimator = estimator
        self.bounds = bounds
        self.onehot_groups = onehot_groups
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    @unfitted_by_failure
    def fit_poison(self, X: MatrixLike, y: ArrayLike) -> PoisonedData:
        """Add poison rows to a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows within the bounds.
        y : array-like of shape (n_samples,)
            Targets within the bounds.

        Returns
        -------
        PoisonedData
            The rows given, then the poison.

        Raises
        ------
        ValueError
            For values outside the bounds, groups that are not one-hot, and when neither
            or both of `rate` and `n_poisons` are given.
        """
        y = target_column(y)
        clean_X, clean_y, n_poisons, feasible = self._validate(X, y)
        random_state = check_random_state(self.random_state)
        rows = draw_like(clean_X, feasible, n_poisons, random_state)
        estimator = Ridge() if self.estimator is None else clone(self.estimator)
        predicted = estimator.fit(clean_X, clean_y).predict(rows)
        low, high = self.bounds
        return self._append_rows(
            X, y, rows, np.where(predicted < (low + high) / 2, float(high), float(low))
        )

"""Poison for linear regression, optimised by gradient ascent."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LinearRegression, Ridge
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.messages import plain
from ..._utils.parameters import Interval, StrOptions, fit_context
from ..._utils.targets import target_column
from ..._utils.typing import Estimator, MatrixLike, RandomState
from ...base import PoisonedData
from ._attack import RegressionAttack
from ._projected_ascent import (
    ParameterShift,
    Poison,
    PredictionError,
    projected_gradient_ascent,
)
from ._ridge_response import RidgeResponse
from ._statp import draw_like

# The path of ridge penalties that the rows are optimised for, with features in [0, 1]:
# where it starts, its steps per decade, and where it ends for a model without a smooth
# penalty of its own.
_FIRST_PENALTY, _PENALTIES_PER_DECADE = 10.0, 2
_LAST_FOR_LEAST_SQUARES, _LAST_FOR_SPARSE_MODELS = 1e-5, 1e-3


class RegressionGradientAttack(RegressionAttack):
    """Poison a linear regression with rows optimised to do it the most harm (OptP).

    The attacker adds rows and moves all of them together, features and targets, along
    the exact gradient of the harm through the solution of a ridge regression. A weaker
    penalty makes the regression more vulnerable and the ascent harder, so the rows are
    optimised for a path of ridge penalties, strong ones first, each from where the last
    one ended. The path ends at the penalty of `estimator`; for least squares near 0,
    and for the lasso and the elastic net, whose own gradient is blind to coefficients
    that are zero, at a small penalty. Of the rows at every point of the path those are
    kept that do `estimator` itself the most harm.

    The attacker knows the training rows, the model and its penalties, and for
    `objective="validation"` rows like those on which the harm is wanted. Rows in the
    corners of the feasible set with targets at a bound are conspicuous:
    :class:`~skpoison.defenses.TRIMRegressor` finds them.

    Parameters
    ----------
    estimator : LinearRegression, Ridge, Lasso or ElasticNet
        The model under attack.
    rate : float, default=None
        Number of poison rows as a share of the rows given.
    n_poisons : int, default=None
        Number of poison rows. Give either this or `rate`.
    objective : {"validation", "train", "parameters"}, default="validation"
        The harm: the mean squared error on the validation rows, that on the clean
        training rows, or the squared distance of coefficients and intercept to those
        without poison. The training error is a poor proxy where there are few rows
        for each feature.
    init : {"bflip", "invflip", "statp"}, default="bflip"
        First rows: training rows drawn at random with the target moved to the bound
        farther from it, or mirrored within the bounds; or those of
        :class:`StatPAttack`, with the target farther from the prediction.
    optimize_y : bool, default=True
        Whether the targets are optimised too, not the features alone.
    bounds : tuple of two floats, default=(0, 1)
        Least and largest value of the features and of the target.
    onehot_groups : list of lists of int, default=None
        Columns of each one-hot group, by position. Their values are kept non-negative
        with a sum of at most 1 (exactly 1 where all the rows given have it). None:
        where X is a DataFrame, the columns named `Name:value`, or `name_value` as by
        :func:`pandas.get_dummies` and :class:`~sklearn.preprocessing.OneHotEncoder`,
        that are one-hot in the rows given (`onehot_groups_`). [] is for none.
    round_onehot : bool, default=False
        Whether the one-hot groups of the poison hold one true category each, not
        shares of several. It costs most of the harm where the features are mostly
        one-hot.
    max_iter : int, default=50
        Largest number of steps at each penalty.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible output.

    Attributes
    ----------
    objective_ : float
        The harm that the poison does to `estimator`.
    objective_clean_ : float
        The harm without poison.
    onehot_groups_ : list of lists of int
        Columns of each one-hot group, as given or found.
    penalty_ : float
        The ridge penalty of the path whose rows were kept.
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

    See Also
    --------
    StatPAttack : Needs the moments of the data alone.

    References
    ----------
    .. [1] M. Jagielski, A. Oprea, B. Biggio, C. Liu, C. Nita-Rotaru, B. Li,
       "Manipulating Machine Learning: Poisoning Attacks and Countermeasures for
       Regression Learning", IEEE S&P 2018, section III (OptP). Here all rows move
       together, along a path of penalties.
    .. [2] H. Xiao, B. Biggio, G. Brown, G. Fumera, C. Eckert, F. Roli, "Is Feature
       Selection Secure against Training Data Poisoning?", ICML 2015, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skpoison.attacks import RegressionGradientAttack
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(120, 3))
    >>> y = X.mean(axis=1)
    >>> attack = RegressionGradientAttack(Ridge(0.1), rate=0.1, random_state=0)
    >>> poisoned = attack.fit_poison(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    >>> poisoned.X.shape
    (110, 3)
    >>> bool(attack.objective_ > 100 * attack.objective_clean_)
    True
    """

    _parameter_constraints: dict = {
        **RegressionAttack._parameter_constraints,
        "estimator": [LinearRegression, Ridge, ElasticNet],
        "objective": [StrOptions({"validation", "train", "parameters"})],
        "init": [StrOptions({"bflip", "invflip", "statp"})],
        "optimize_y": ["boolean"],
        "round_onehot": ["boolean"],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        estimator: Estimator,
        *,
        rate: float | None = None,
        n_poisons: int | None = None,
        objective: Literal["validation", "train", "parameters"] = "validation",
        init: Literal["bflip", "invflip", "statp"] = "bflip",
        optimize_y: bool = True,
        bounds: tuple[float, float] = (0, 1),
        onehot_groups: list[list[int]] | None = None,
        round_onehot: bool = False,
        max_iter: int = 50,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.rate = rate
        self.n_poisons = n_poisons
        self.objective = objective
        self.init = init
        self.optimize_y = optimize_y
        self.bounds = bounds
        self.onehot_groups = onehot_groups
        self.round_onehot = round_onehot
        self.max_iter = max_iter
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    @unfitted_by_failure
    def fit_poison(
        self,
        X: MatrixLike,
        y: ArrayLike,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> PoisonedData:
        """Add poison rows to a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows within the bounds.
        y : array-like of shape (n_samples,)
            Targets within the bounds.
        X_val : array-like of shape (n_validation, n_features), default=None
            Rows on which `objective="validation"` measures the harm.
        y_val : array-like of shape (n_validation,), default=None
            Their targets.

        Returns
        -------
        PoisonedData
            The rows given, then the poison.

        Raises
        ------
        ValueError
            When the validation rows are missing; for values outside the bounds, groups
            that are not one-hot, an estimator with `positive=True` or several
            penalties, and when neither or both of `rate` and `n_poisons` are given.
        """
        penalties = self._penalties()
        y = target_column(y)
        clean_X, clean_y, n_poisons, feasible = self._validate(X, y)
        judged = self._judged_rows(clean_X, clean_y, X_val, y_val)
        estimator = clone(self.estimator)

        def harm_to_estimator(poison):
            theta = _parameters(
                estimator,
                np.concatenate([clean_X, poison.X]),
                np.concatenate([clean_y, poison.y]),
            )
            return harm(theta)

        none = Poison(clean_X[:0], clean_y[:0])
        harm = self._harm(_parameters(estimator, clean_X, clean_y), judged)
        self.objective_clean_ = harm_to_estimator(none)
        poison = self._first_rows(clean_X, clean_y, n_poisons, feasible)
        self.objective_ = -np.inf
        for penalty in penalties:
            response = RidgeResponse(
                clean_X, clean_y, penalty, self.estimator.fit_intercept
            )
            poison = projected_gradient_ascent(
                response,
                self._harm(response.fit(*none).theta, judged),
                poison,
                feasible,
                self.bounds,
                self.optimize_y,
                self.max_iter,
            )
            written = poison
            if self.round_onehot:
                written = Poison(feasible.round_groups(poison.X), poison.y)
            value = harm_to_estimator(written)
            if value > self.objective_:
                self.objective_, self.penalty_, kept = value, penalty, written
        return self._append_rows(X, y, *kept)

    def _penalties(self):
        """Ridge penalties to optimise the rows for, strong ones first."""
        if getattr(self.estimator, "positive", False):
            raise ValueError(
                "RegressionGradientAttack cannot attack an estimator with "
                "positive=True: its parameters do not follow the rows smoothly."
            )
        unit = float(self.bounds[1] - self.bounds[0]) ** 2
        if isinstance(self.estimator, ElasticNet):
            last = _LAST_FOR_SPARSE_MODELS * unit
        else:
            last = _LAST_FOR_LEAST_SQUARES * unit
        if isinstance(self.estimator, Ridge):
            if not isinstance(self.estimator.alpha, Real):
                raise ValueError(
                    "RegressionGradientAttack needs one penalty; the estimator has "
                    f"alpha={plain(self.estimator.alpha)!r}."
                )
            last = max(float(self.estimator.alpha), last)
        first = max(_FIRST_PENALTY * unit, last)
        decades = np.log10(first / last)
        return np.geomspace(first, last, 1 + round(_PENALTIES_PER_DECADE * decades))

    def _judged_rows(self, X, y, X_val, y_val):
        """The rows on which the attacker wants errors, and their targets."""
        if self.objective == "validation":
            if X_val is None or y_val is None:
                raise ValueError(
                    'objective="validation" needs validation rows: pass '
                    "fit_poison(X, y, X_val=..., y_val=...), or choose "
                    'objective="train".'
                )
            X, y = validate_data(
                self, X_val, y_val, dtype=np.float64, y_numeric=True, reset=False
            )
        if self.estimator.fit_intercept:
            X = np.column_stack([X, np.ones(len(X))])
        return X, y

    def _harm(self, clean_theta, judged):
        if self.objective == "parameters":
            return ParameterShift(clean_theta)
        return PredictionError(*judged)

    def _first_rows(self, X, y, n_poisons, feasible):
        random_state = check_random_state(self.random_state)
        low, high = self.bounds
        if self.init == "statp":
            rows = draw_like(X, feasible, n_poisons, random_state)
            seen = Ridge().fit(X, y).predict(rows)
        else:
            drawn = random_state.choice(len(y), n_poisons, replace=n_poisons > len(y))
            rows, seen = X[drawn], y[drawn]
        mirrored = low + high - seen
        if self.init == "invflip":
            return Poison(rows, mirrored)
        farther = np.where(mirrored < (low + high) / 2, low, high)
        return Poison(rows, farther.astype(np.float64))


def _parameters(estimator, X, y):
    """The coefficients of the fitted estimator, and its intercept where it has one."""
    with warnings.catch_warnings():
        # Poison may keep a solver from converging; its user sees the warning.
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X, y)
    intercept = [estimator.intercept_] if estimator.fit_intercept else []
    return np.append(estimator.coef_, intercept)

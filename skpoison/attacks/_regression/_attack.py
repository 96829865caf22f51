"""What the attacks on regressions share: how many rows, and which are feasible."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import validate_data

from ..._utils.bounds import check_bounds, within_bounds
from ..._utils.containers import check_column_names, check_rows
from ..._utils.messages import plain, warn
from ..._utils.parameters import Interval
from ..._utils.shares import count_poisons
from ...base import PoisonAttack
from ...exceptions import HiddenGroupsWarning
from ._feasible_rows import (
    FeasibleRows,
    groups_by_name,
    groups_by_position,
    is_onehot,
)


class RegressionAttack(PoisonAttack):
    """An attack that adds rows within bounds to the training set of a regression."""

    _parameter_constraints: dict = {
        "rate": [Interval(Real, 0, None, closed="neither"), None],
        "n_poisons": [Interval(Integral, 1, None, closed="left"), None],
        "bounds": [tuple, list],
        "onehot_groups": [list, tuple, None],
        "random_state": ["random_state"],
    }

    def _validate(self, X, y):
        """X and y in double precision, the number of poisons and the feasible rows."""
        check_rows(X)
        check_column_names(X)
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        bounds = check_bounds(self.bounds)
        X, y = (
            within_bounds(
                values,
                bounds,
                name=name,
                advice="scale X and y into the bounds (MinMaxScaler), or set bounds to "
                "what the attacker may write.",
            )
            for name, values in (("X", X), ("y", y))
        )
        n_poisons = count_poisons(self.rate, self.n_poisons, len(y))
        self.onehot_groups_ = self._find_groups(X)
        return X, y, n_poisons, FeasibleRows(X, bounds, self.onehot_groups_)

    def _append_rows(self, X, y, X_poison, y_poison):
        """The given rows and the poison, none of it truncated to integers."""
        X, y = _as_floats(X), _as_floats(y)
        if not hasattr(X, "iloc"):
            X_poison = X_poison.astype(X.dtype)
        if not hasattr(y, "iloc"):
            y_poison = y_poison.astype(y.dtype)
        return self._append(X, y, X_poison, y_poison)

    def _find_groups(self, X):
        if self.onehot_groups is None:
            groups = groups_by_name(getattr(self, "feature_names_in_", []), X)
            self._warn_of_hidden_groups(X, groups)
            return groups
        groups = groups_by_position(self.onehot_groups, X.shape[1])
        for group in groups:
            if not is_onehot(X, group):
                raise ValueError(
                    f"onehot_groups names the columns {plain(group)}, but some row has "
                    "a negative value there, or values that sum to more than 1."
                )
        return groups

    def _warn_of_hidden_groups(self, X, groups):
        n_flags = np.sum(((X == 0) | (X == 1)).all(axis=0) & (np.ptp(X, axis=0) > 0))
        if groups or n_flags < 2:
            return
        named = hasattr(self, "feature_names_in_")
        warn(
            f"{type(self).__name__} found no one-hot group among the {n_flags} "
            "columns of 0 and 1, since "
            + ("none is named like one" if named else "X has no column names")
            + ": the poison may be of several categories at once. Pass a DataFrame "
            "with columns named as get_dummies and OneHotEncoder do (color_red), or "
            "the columns of each group as onehot_groups; onehot_groups=[] says that "
            "there is none.",
            HiddenGroupsWarning,
        )


def _as_floats(data):
    """The data in a floating type, its own where it has one."""
    if not hasattr(data, "iloc"):
        data = np.asarray(data)
        return data.astype(np.result_type(data, np.float32), copy=False)
    from pandas.api.types import is_float_dtype

    dtypes = data.dtypes if data.ndim == 2 else [data.dtype]
    return data if all(map(is_float_dtype, dtypes)) else data.astype(np.float64)

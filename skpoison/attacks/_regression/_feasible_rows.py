"""Which rows an attacker may write: bounds and one-hot groups."""

import re
from collections import defaultdict

import numpy as np

from ..._utils.simplex import project_onto_simplex

__all__ = [
    "FeasibleRows",
    "groups_by_name",
    "groups_by_position",
    "is_onehot",
]

_ROUNDING = 1e-9


def groups_by_name(names, X):
    """Groups of columns whose names tell the categories of one feature.

    Their values have to agree. Columns named `Name:value`, gathered by `Name`, hold
    shares that sum to at most 1. Columns named as :func:`pandas.get_dummies` and
    :class:`~sklearn.preprocessing.OneHotEncoder` do, `name_value`, hold 0 and 1, with a
    1 in at most one column of a group, and in two or more of them somewhere. As name
    and value may hold further underscores, the shortest name for which this is so is
    taken.

    Parameters
    ----------
    names : iterable of str
    X : ndarray of shape (n_samples, n_features)

    Returns
    -------
    list of list of int
    """
    by_colon, by_underscore = defaultdict(list), defaultdict(list)
    is_flag, occurs = ((X == 0) | (X == 1)).all(axis=0), X.any(axis=0)
    for column, name in enumerate(names):
        feature, colon, _ = name.partition(":")
        if colon:
            by_colon[feature].append(column)
        elif is_flag[column]:
            for underscore in re.finditer("(?<=.)_", name):
                by_underscore[name[: underscore.start()]].append(column)
    groups = [group for group in by_colon.values() if is_onehot(X, group)]
    for feature in sorted(by_underscore, key=len):
        taken = {column for group in groups for column in group}
        group = [column for column in by_underscore[feature] if column not in taken]
        if occurs[group].sum() > 1 and is_onehot(X, group):
            groups.append(group)
    return groups


def groups_by_position(groups, n_features):
    """The given groups of columns, or an error that says what is wrong with them.

    Parameters
    ----------
    groups : list of array-like of int
    n_features : int

    Returns
    -------
    list of list of int
    """
    columns = []
    for group in groups:
        group = np.asarray(group)
        if group.ndim != 1 or not np.issubdtype(group.dtype, np.integer):
            raise ValueError(
                "onehot_groups must hold one list of column positions per group; got "
                f"{group.tolist()!r}."
            )
        columns += group.tolist()
    if columns and not 0 <= min(columns) <= max(columns) < n_features:
        raise ValueError(
            f"onehot_groups names columns from {min(columns)} to {max(columns)}, but "
            f"X has the columns 0 to {n_features - 1}."
        )
    if len(set(columns)) < len(columns):
        raise ValueError("onehot_groups names a column twice.")
    return [list(group) for group in groups if len(group)]


def is_onehot(X, group):
    """Whether the columns of a group hold at most one category in every row."""
    values = X[:, group]
    return values.min() >= -_ROUNDING and values.sum(axis=1).max() <= 1 + _ROUNDING


class FeasibleRows:
    """Bounds for every column and, in a one-hot group, at most one category.

    A group sums to exactly 1 where all the given rows do so. Else a row of zeros is
    feasible too: it is the category without a column.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows that are feasible.
    bounds : tuple of two floats
        Least and largest value of the columns outside the groups; inside them the
        values lie in [0, 1].
    groups : list of list of int
        The columns of each group; no column is in two.
    """

    def __init__(self, X, bounds, groups):
        n_features = X.shape[1]
        self.low = np.full(n_features, float(bounds[0]))
        self.high = np.full(n_features, float(bounds[1]))
        for group in groups:
            self.low[group], self.high[group] = 0.0, 1.0
        self.exact = np.array(
            [np.allclose(X[:, group].sum(axis=1), 1) for group in groups], dtype=bool
        )
        # One table serves all groups; narrow ones name a column past the last.
        width = max(map(len, groups), default=0)
        self.members = np.array(
            [[*group, *[n_features] * (width - len(group))] for group in groups],
            dtype=int,
        ).reshape(len(groups), width)

    def project(self, X):
        """The nearest rows, a group's columns being shares that sum to at most 1.

        Parameters
        ----------
        X : ndarray of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n, n_features)
        """
        nearest = np.clip(X, self.low, self.high)
        if not len(self.members):
            return nearest
        total = self._gather(nearest, 0.0).sum(axis=2)
        at = np.nonzero((total > 1) | (self.exact & (total < 1)))
        # The filling never joins the support: every value is larger by 1 or more.
        filled = self._gather(X, X.min(initial=0) - 1)[at]
        self._scatter(nearest, at, project_onto_simplex(filled))
        return nearest

    def corners(self, X):
        """The nearest rows whose values are all bounds, and whose groups are one-hot.

        Parameters
        ----------
        X : ndarray of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n, n_features)
        """
        rounded = np.where((self.low + self.high) / 2 > X, self.low, self.high)
        inside = self.members[self.members < X.shape[1]]
        rounded[:, inside] = X[:, inside]
        return self.round_groups(rounded)

    def round_groups(self, X):
        """The nearest rows whose groups are one-hot; other columns are left alone.

        Parameters
        ----------
        X : ndarray of shape (n, n_features)

        Returns
        -------
        ndarray of shape (n, n_features)
        """
        rounded = X.copy()
        if not len(self.members):
            return rounded
        values = self._gather(X, -np.inf)
        best = values.argmax(axis=2)[:, :, None]
        taken = (np.take_along_axis(values, best, axis=2) > 0.5) | self.exact[:, None]
        onehot = np.zeros_like(values)
        np.put_along_axis(onehot, best, taken.astype(float), axis=2)
        everywhere = np.nonzero(np.ones(values.shape[:2]))
        self._scatter(rounded, everywhere, onehot[everywhere])
        return rounded

    def _gather(self, X, filling):
        """The values of every group, of shape (n, n_groups, width)."""
        padded = np.column_stack([X, np.full(len(X), filling)])
        return padded[:, self.members]

    def _scatter(self, X, at, values):
        """Write the values of some groups of some rows into X."""
        row, group = at
        columns = self.members[group]
        rows = np.broadcast_to(row[:, None], columns.shape)
        real = columns < X.shape[1]
        X[rows[real], columns[real]] = values[real]

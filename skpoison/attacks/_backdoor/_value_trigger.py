"""Values in some columns of a table."""

from collections import Counter
from numbers import Real

import numpy as np

from ..._utils.messages import plain
from ..._utils.targets import is_missing

__all__ = ["ValueTrigger", "as_table", "chosen_values", "given_values"]


class ValueTrigger:
    """Columns that are set to values.

    Parameters
    ----------
    values : dict
        From the position or the name of a column to its value.
    """

    def __init__(self, values):
        self.values = values

    def apply(self, X):
        """The rows with these values, in a container of the same kind.

        Parameters
        ----------
        X : data frame or ndarray of shape (n_samples, n_features)

        Returns
        -------
        data frame or ndarray
        """
        if hasattr(X, "iloc"):
            X = X.copy()
            for name, value in self.values.items():
                X.loc[:, name] = value
            return X
        values = self.values.values()
        words = X.dtype.kind not in "biuf"
        X = X.astype(object if words else np.result_type(X.dtype, *values))
        X[:, list(self.values)] = np.array(list(values), dtype=X.dtype)
        return X


def as_table(X):
    """A data frame as it is, other rows as an array of two dimensions.

    Raises
    ------
    ValueError
        For rows of another shape.
    """
    if not hasattr(X, "iloc"):
        # An array of numpy's own would turn the numbers beside words into words.
        mixed = isinstance(X, list | tuple) and np.asarray(X).dtype.kind in "US"
        X = np.asarray(X, dtype=object if mixed else None)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(
            f"X has the shape {X.shape}. Values are written into a table of shape "
            '(n_samples, n_features): for images use trigger="patch" or "blended".'
        )
    return X


def chosen_values(X, kind, n_columns):
    """The trigger of the columns whose rare, or common, value the fewest rows hold.

    Parameters
    ----------
    X : data frame or ndarray of shape (n_samples, n_features)
    kind : {"rare", "common"}
    n_columns : int
        At most so many columns.

    Returns
    -------
    ValueTrigger
    """
    pick = {"rare": _rarest, "common": _most_common}[kind]
    picked = []
    for position, name in enumerate(_names(X)):
        counts = _counts(_column(X, position))
        if counts:
            value = pick(counts)
            picked.append((counts[value], position, name, value))
    picked.sort(key=lambda entry: entry[:2])
    return ValueTrigger({name: value for *_, name, value in picked[:n_columns]})


def given_values(X, values):
    """The trigger that the user asks for, if the data has such values.

    Parameters
    ----------
    X : data frame or ndarray of shape (n_samples, n_features)
    values : dict
        From the position or the name of a column to its value.

    Returns
    -------
    ValueTrigger

    Raises
    ------
    ValueError
        For a column that X lacks, a number outside the range of its column, and a
        category that no row holds.
    """
    if not values:
        raise ValueError("values is an empty dict: name at least one column.")
    names = _names(X)
    for name, value in values.items():
        if name not in names:
            raise ValueError(f"values names the column {plain(name)!r}; X has {names}.")
        _check_value(name, value, _column(X, names.index(name)))
    return ValueTrigger(dict(values))


def _names(X):
    return list(X.columns) if hasattr(X, "iloc") else list(range(X.shape[1]))


def _column(X, position):
    return X.iloc[:, position] if hasattr(X, "iloc") else X[:, position]


def _counts(column):
    """How many rows hold each value, the missing ones left out."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        values, counts = np.unique(np.asarray(column), return_counts=True)
        pairs = zip(values.tolist(), counts.tolist())
        return {value: count for value, count in pairs if value == value}
    return Counter(value for value in column.tolist() if not is_missing(value))


def _are_numbers(values):
    return all(isinstance(value, Real) for value in values)


def _rarest(counts):
    """Of numbers the end of their range that fewer rows hold, else the rarest value."""
    values = sorted(counts, key=_printed)
    if _are_numbers(counts):
        values = [max(counts), min(counts)]
    return min(values, key=counts.__getitem__)


def _most_common(counts):
    return max(sorted(counts, key=_printed), key=counts.__getitem__)


def _printed(value):
    return (str(type(value)), value) if isinstance(value, Real) else ("", str(value))


def _check_value(name, value, column):
    counts = _counts(column)
    is_category = str(column.dtype) == "category" or not _are_numbers(counts)
    if is_category or not counts:
        if value not in counts:
            raise ValueError(
                f"No row of X holds {plain(value)!r} in the column {plain(name)!r}; "
                f"there are {sorted(counts, key=_printed)[:10]}."
            )
        return
    low, high = min(counts), max(counts)
    if not isinstance(value, Real) or not low <= value <= high:
        raise ValueError(
            f"The column {plain(name)!r} lies within [{low:.7g}, {high:.7g}]; the "
            f"trigger wants {plain(value)!r} there. It stays within the data's bounds."
        )
    if column.dtype.kind in "iu" and value % 1:
        raise ValueError(
            f"The column {plain(name)!r} holds whole numbers; the trigger wants "
            f"{plain(value)!r} there."
        )

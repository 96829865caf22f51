"""The targets of a training set: labels or values, one of them per row."""

import numpy as np
from sklearn.exceptions import DataConversionWarning

from .messages import warn

__all__ = ["check_none_missing", "is_missing", "is_regression", "target_column"]

# Few different numbers are labels, at so many rows each. Beyond the second limit whole
# numbers are as likely to be counts, prices or ages.
_FEW, _MANY, _ROWS_PER_LABEL = 20, 100, 10


def is_regression(y, task="auto"):
    """Whether y holds the target values of a regression, rather than labels.

    Words, booleans and categories are labels. Numbers are target values when one of
    them has a fraction, and labels when there are up to 20 different ones. More are
    labels where there are up to 100 of them and ten rows or more for each; floats that
    are too many for that are target values. Anything else could be either, and the
    caller has to say what it is.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
    task : {"auto", "classification", "regression"}, default="auto"
        What the caller says.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        For whole numbers that could be either.
    """
    if task != "auto":
        return task == "regression"
    y = np.asarray(y)
    if y.dtype.kind not in "fiu":
        return False
    if y.dtype.kind == "f" and not np.array_equal(y, np.floor(y)):
        return True
    n_values = len(np.unique(y))
    if n_values <= _FEW:
        return False
    crowded = _ROWS_PER_LABEL * n_values <= len(y)
    if crowded and n_values <= _MANY:
        return False
    if y.dtype.kind == "f" and not crowded:
        return True
    raise ValueError(
        f"y holds {n_values} different whole numbers on {len(y)} rows: they may be "
        "labels or the target values of a regression. Pass task='classification' or "
        "task='regression'."
    )


def target_column(y):
    """The targets as one column, in their own container.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, 1)

    Returns
    -------
    array-like of shape (n_samples,)
        A column of a data frame as a series; what has another shape as it is.

    Raises
    ------
    ValueError
        When a row has no target: None, NaN or NA.

    Warns
    -----
    DataConversionWarning
        For a y of shape (n_samples, 1), as in scikit-learn.
    """
    if isinstance(y, list | tuple) and len(y) and isinstance(y[0], list | tuple):
        y = np.asarray(y)
    shape: tuple = getattr(y, "shape", ())
    if len(shape) == 2 and shape[1] == 1:
        warn(
            "A column-vector y was passed when a 1d array was expected. Please change "
            "the shape of y to (n_samples,), for example using ravel().",
            DataConversionWarning,
        )
        y = y.iloc[:, 0] if hasattr(y, "iloc") else y.reshape(-1)
    check_none_missing(y)
    return y


def check_none_missing(y):
    """Refuse targets that are None, NaN or NA, by the name of y."""
    # A list of words and NaN would become an array of words, "nan" among them.
    dtype = object if isinstance(y, list | tuple) else None
    values = np.asarray(y, dtype=dtype)
    if values.ndim != 1 or values.dtype.kind not in "fO":
        return
    if values.dtype.kind == "f":
        missing = np.isnan(values)
    else:
        missing = np.array([is_missing(value) for value in values], dtype=bool)
    if missing.any():
        raise ValueError(
            f"Input y contains NaN, None or NA in {missing.sum()} of {len(values)} "
            f"rows, the first of them row {missing.argmax()}. Label these rows or drop "
            "them from X and y."
        )


def is_missing(value):
    """Whether a value is None, NaN, NA or NaT."""
    if isinstance(value, float | np.floating):
        return value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType")

"""The rule that tells a classification from a regression."""

import numpy as np
from sklearn.utils.multiclass import type_of_target

__all__ = ["is_continuous", "is_regression_task"]


def is_continuous(y):
    """Whether y holds the target values of a regression, rather than labels.

    Floats are target values when one has a fraction, or when they are too many to be
    labels: over 20 different ones, on more than a tenth of the rows.
    """
    y = np.asarray(y)
    # Not type_of_target, which warns of NaN before validation can refuse it.
    if y.dtype.kind != "f":
        return False
    return not np.array_equal(y, np.floor(y)) or (
        len(np.unique(y)) > max(20, len(y) / 10)
    )


def is_regression_task(task, y):
    """Whether y holds target values, and not labels."""
    if task == "auto":
        return type_of_target(y).startswith("continuous")
    return task == "regression"

"""What a certified classifier promises, by how much poison there may be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from .._utils.parameters import validate_params


@validate_params(
    {"y_true": ["array-like"], "y_pred": ["array-like"], "radius": ["array-like"]},
    prefer_skip_nested_validation=True,
)
def certified_accuracy_curve(
    y_true: ArrayLike, y_pred: ArrayLike, radius: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Certified accuracy: the share of rows that no attack of a budget can make wrong.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels of test rows.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    radius : array-like of int of shape (n_samples,)
        How many changes of the training set cannot flip each prediction, as
        `certified_radius` gives it.

    Returns
    -------
    budgets : ndarray of int of shape (n_budgets,)
        0, 1, ... up to the largest radius.
    accuracy : ndarray of float of shape (n_budgets,)
        Share of the rows that are predicted rightly, and whose radius is no smaller
        than the budget. It falls as the budget grows; the first is the plain accuracy.

    Raises
    ------
    ValueError
        When the lengths differ, and for a radius that is no whole number from 0 on.

    See Also
    --------
    skpoison.defenses.PartitionAggregationClassifier : Certifies any classifier.
    skpoison.defenses.CertifiedKNeighborsClassifier : Certifies nearest neighbors.

    Examples
    --------
    The third row is predicted wrongly, and no radius helps it.

    >>> from skpoison.metrics import certified_accuracy_curve
    >>> certified_accuracy_curve([0, 1, 1, 0], [0, 1, 0, 0], [2, 1, 2, 0])
    (array([0, 1, 2]), array([0.75, 0.5 , 0.25]))
    """
    y_true, y_pred, radius = (column_or_1d(c) for c in (y_true, y_pred, radius))
    check_consistent_length(y_true, y_pred, radius)
    if (radius < 0).any() or (radius % 1 != 0).any():
        raise ValueError("radius must hold whole numbers from 0 on, one for each row.")
    radius = radius.astype(int)
    certified = np.bincount(radius[y_true == y_pred], minlength=radius.max() + 1)
    accuracy = certified[::-1].cumsum()[::-1] / len(radius)
    return np.arange(len(accuracy)), accuracy

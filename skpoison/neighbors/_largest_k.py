"""How far k may go."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import column_or_1d

from .._utils.targets import target_column
from ._weights import most_votes, votes_per_row


def largest_k(
    y: ArrayLike,
    *,
    include_self: bool = False,
    class_weight: Literal["replicate"] | dict[Any, float] | ArrayLike | None = None,
) -> int:
    """The most votes that every row can gather: the upper end of a grid over k.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Class labels of the rows that vote.
    include_self, class_weight : as in :func:`neighbor_votes`

    Returns
    -------
    int

    Raises
    ------
    ValueError
        When the weights do not fit the classes or are not positive and finite.

    Examples
    --------
    >>> from skpoison.neighbors import largest_k
    >>> largest_k(["a", "a", "a", "b"])
    3
    >>> largest_k(["a", "a", "a", "b"], class_weight="replicate", include_self=True)
    6
    """
    classes, labels = np.unique(column_or_1d(target_column(y)), return_inverse=True)
    weight = votes_per_row(class_weight, classes, labels)
    return most_votes(weight, labels, exclude_self=not include_self)

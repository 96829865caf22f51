"""Whether generated rows are as varied as those that they stand in for."""

import numpy as np

from ..._utils.messages import warn
from ...exceptions import DegenerateFilterWarning

__all__ = ["check_no_collapse"]

# Of the spread of the real rows.
_LEAST_SPREAD = 0.01


def check_no_collapse(X, groups, made, groups_made):
    """Warn when the rows that were made for a group hardly differ.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...)
        Real rows.
    groups : ndarray of int of shape (n_samples,)
    made : ndarray of shape (n_made, ...)
        Generated rows.
    groups_made : ndarray of int of shape (n_made,)

    Warns
    -----
    DegenerateFilterWarning
    """
    if _spread(made, groups_made) >= _LEAST_SPREAD * _spread(X, groups):
        return
    warn(
        "The network that augments the trusted rows has collapsed: it makes nearly the "
        "same row for every draw of noise, so that the scale of the scores is too "
        "narrow. Give it more trusted rows, or set augment=False.",
        DegenerateFilterWarning,
    )


def _spread(X, groups):
    """Root mean square distance of rows to the mean of their group, by several rows."""
    sizes = np.bincount(groups)[groups]
    squares = [
        np.sum((X[groups == g] - X[groups == g].mean(axis=0)) ** 2)
        for g in np.unique(groups[sizes > 1])
    ]
    return np.sqrt(np.sum(squares) / max(np.sum(sizes > 1), 1))

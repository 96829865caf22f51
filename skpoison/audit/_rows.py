"""The training set that is audited: rows, targets, names, and who is trusted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length

from .._utils.containers import check_rows, n_rows, row_index
from .._utils.labels import encode_labels
from .._utils.targets import is_regression, target_column
from .._utils.trusted import trusted_mask


@dataclass(frozen=True)
class Rows:
    """A training set.

    Attributes
    ----------
    X : array, data frame or sparse matrix of shape (n_samples, ...)
    targets : ndarray of shape (n_samples,)
        Positions in `classes`, or the values of a regression.
    classes : ndarray of shape (n_classes,) or None
        None for a regression.
    index : ndarray of shape (n_samples,)
        The labels of the rows; their positions where they have none.
    trusted : ndarray of bool of shape (n_samples,)
    """

    X: Any
    targets: np.ndarray
    classes: np.ndarray | None
    index: np.ndarray
    trusted: np.ndarray

    @property
    def y(self):
        """The targets as they were given."""
        return self.targets if self.classes is None else self.classes[self.targets]

    @property
    def regression(self):
        """Whether the targets are values."""
        return self.classes is None

    @property
    def n_classes(self):
        """Number of classes; 0 for a regression."""
        return 0 if self.classes is None else len(self.classes)

    @property
    def groups(self):
        """The class of each row; 0 for all rows of a regression."""
        return np.zeros_like(self.targets, int) if self.regression else self.targets

    @property
    def has_trusted(self):
        """Whether any row is trusted."""
        return bool(self.trusted.any())


def gather_rows(X, y, trusted, task, names=None):
    """Check a training set.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix of shape (n_samples, ...)
    y : array-like of shape (n_samples,)
    trusted : mask, indices or None
    task : {"auto", "classification", "regression"}
    names : ndarray of shape (n_samples,) or None, default=None
        The labels of the rows, where X has no index.

    Returns
    -------
    Rows
    """
    check_rows(X)
    if hasattr(X, "to_pandas"):
        # A frame of polars or Arrow, whose columns are encoded by their types.
        X = X.to_pandas()
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    check_consistent_length(X, y)
    if n_rows(X) < 2 or len(X.shape) < 2 or X.shape[1] == 0:
        raise ValueError(
            "An audit needs at least two rows with at least one feature each; got X "
            f"of shape {X.shape}."
        )
    index = row_index(X, y)
    y = target_column(y)
    trusted = (
        np.zeros(n_rows(X), dtype=bool)
        if trusted is None
        else trusted_mask(trusted, n_rows(X), index)
    )
    if index is not None:
        names = np.asarray(index)
    elif names is None:
        names = np.arange(n_rows(X))
    if is_regression(y, task):
        values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        return Rows(X, values, None, names, trusted)
    classes, positions = encode_labels(np.asarray(y), "PoisonAudit")
    return Rows(X, positions, classes, names, trusted)

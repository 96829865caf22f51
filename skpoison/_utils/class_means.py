"""The mean of each class."""

import numpy as np

from .stored_rows import StoredRows, row_blocks

__all__ = ["class_means"]


def class_means(X, y, n_classes, known=None):
    """Means in float64: in float32, that of many rows loses their common offset.

    Parameters
    ----------
    X : ndarray or StoredRows of shape (n_samples, n_features)
    y : ndarray of int of shape (n_samples,)
        Class of each row.
    n_classes : int
    known : ndarray of bool of shape (n_samples,), default=None
        The rows that count, at least one of each class; all by default.

    Returns
    -------
    ndarray of float64 of shape (n_classes, n_features)
    """
    known = np.ones(len(y), dtype=bool) if known is None else known
    members = [known & (y == c) for c in range(n_classes)]
    if not isinstance(X, StoredRows):
        return np.array([X[own].mean(axis=0, dtype=np.float64) for own in members])
    sums = np.zeros((n_classes, X.shape[1]))
    for batch, rows in row_blocks(X):
        for c, own in enumerate(members):
            sums[c] += rows[own[batch]].sum(axis=0, dtype=np.float64)
    return sums / np.array([[own.sum()] for own in members])

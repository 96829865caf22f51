"""An order of the rows that follows from their contents alone."""

import numpy as np
from scipy import sparse

__all__ = ["canonical_order"]


def canonical_order(X, *columns):
    """Row indices, ordered by the contents of the rows.

    What is drawn from rows in this order (folds, landmarks) does not depend on the
    order in which the rows were given. It does not depend on an offset of X either,
    save for rounding.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Sorted by a random projection, which tells rows apart unless they are equal.
    *columns : ndarray of shape (n_samples,)
        Sort equal rows of X, the first column first.

    Returns
    -------
    ndarray of int of shape (n_samples,)
    """
    direction = np.random.default_rng(0).normal(size=X.shape[1])
    if sparse.issparse(X):
        key = X @ direction
    else:
        # Row by row: BLAS would round equal rows differently at different places.
        key = np.einsum("ij,j->i", X, direction)
    return np.lexsort((*reversed(columns), key))

"""What the screening sees of the rows."""

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array

__all__ = ["screened_features"]


def screened_features(estimator, X, y):
    """What the ridge of the screening sees: the inputs of the last step.

    Parameters
    ----------
    estimator : regressor
        Not fitted. The steps before the last one of a pipeline are fitted to all rows.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        What the estimator takes.
    y : ndarray of shape (n_samples,)

    Returns
    -------
    ndarray of float64 of shape (n_samples, n_screened)
        For sparse inputs with more columns than rows n_samples columns with the same
        inner products, which are all that a ridge depends on.

    Raises
    ------
    ValueError
        When they are no finite numbers.
    """
    while isinstance(estimator, Pipeline):
        if len(estimator) > 1:
            X = clone(estimator[:-1]).fit(X, y).transform(X)
        estimator = estimator[-1]
    try:
        X = check_array(X, accept_sparse="csr", dtype=np.float64)
    except ValueError as error:
        raise ValueError(
            "TRIMRegressor screens the rows by a ridge regression, which takes finite "
            f"numbers alone: {error} Use a pipeline that imputes and encodes before "
            "its last step (the screening sees what that step sees), or "
            "screening='residual' with a contamination, which leaves X to the "
            "estimator."
        ) from error
    if not issparse(X):
        return X
    if X.shape[1] <= X.shape[0]:
        return X.toarray()
    eigenvalues, basis = eigh((X @ X.T).toarray())
    return basis * np.sqrt(np.maximum(eigenvalues, 0.0))

"""The attacked machine, refitted to one kernel matrix again and again."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.metrics.pairwise import pairwise_kernels


class Machine(NamedTuple):
    """A trained machine: f(x_i) = sum_j dual_j K_ij + intercept."""

    dual: np.ndarray
    intercept: float


class KernelSVM:
    """An SVC on the kernel matrix of the training rows, for labels -1 and +1.

    Parameters
    ----------
    svc : SVC
        The attacked machine, with any kernel.
    kernel : ndarray of shape (n_samples, n_samples)
        Its kernel matrix, see `kernel_matrix`.
    classes : ndarray of shape (2,)
        The labels that -1 and +1 stand for.
    """

    def __init__(self, svc, kernel, classes):
        self.kernel = kernel
        self.C = svc.C
        self._svc = clone(svc).set_params(kernel="precomputed")
        self._classes = classes

    def fit(self, signs):
        """Train on labels -1 and +1; labels of one kind make a constant machine."""
        dual = np.zeros(len(signs))
        if np.all(signs == signs[0]):
            return Machine(dual, float(signs[0]))
        self._svc.fit(self.kernel, self._classes[(signs > 0).astype(int)])
        dual[self._svc.support_] = self._svc.dual_coef_[0]
        return Machine(dual, float(self._svc.intercept_[0]))

    def decide(self, machine):
        """Decision values of the training rows."""
        return self.kernel @ machine.dual + machine.intercept


def kernel_matrix(svc, X):
    """The matrix that the SVC trains on; X itself where its kernel is precomputed."""
    if svc.kernel == "precomputed":
        return np.asarray(X)
    if callable(svc.kernel):
        return np.asarray(svc.kernel(X, X), dtype=float)
    return pairwise_kernels(
        X,
        metric=svc.kernel,
        filter_params=True,
        gamma=_gamma(svc.gamma, X),
        degree=svc.degree,
        coef0=svc.coef0,
    )


def _gamma(gamma, X):
    if gamma == "auto":
        return 1 / X.shape[1]
    if gamma == "scale":
        variance = X.power(2).mean() - X.mean() ** 2 if issparse(X) else X.var()
        return 1 / (X.shape[1] * variance) if variance > 0 else 1.0
    return gamma


def hinge(margins):
    """Hinge loss."""
    return np.maximum(1 - margins, 0)

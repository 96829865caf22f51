"""The kernel of the attacked machine on the training rows: whole, or in blocks."""

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import clone
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils import gen_batches

__all__ = ["KernelInBlocks", "WholeKernel", "training_kernel"]

# A block stays in the cache of the processor while it is made and multiplied.
_BLOCK_BYTES = 2**24
_DIAGONAL_BLOCK_ROWS = 64


class WholeKernel:
    """A kernel matrix in memory.

    Parameters
    ----------
    svc : SVC
    matrix : ndarray of shape (n_samples, n_samples)

    Attributes
    ----------
    svc : SVC
        The machine as it can be fitted to `rows`.
    rows : ndarray of shape (n_samples, n_samples)
        The matrix.
    """

    def __init__(self, svc, matrix):
        self.svc = clone(svc).set_params(kernel="precomputed")
        self.rows = matrix

    def product(self, coefficients):
        """The matrix times a vector, or times several in columns."""
        return self.rows @ coefficients

    def squared_distances(self, row, others):
        """Of one training row to others, in the feature space of the kernel."""
        diagonal = self.rows.diagonal()
        return diagonal[row] + diagonal[others] - 2 * self.rows[row, others]


class KernelInBlocks:
    """A kernel matrix that is computed again, block by block, for each product.

    Parameters
    ----------
    svc : SVC
        Its kernel has a name.
    X : ndarray or sparse matrix of shape (n_samples, n_features)

    Attributes
    ----------
    svc : SVC
        The machine as it can be fitted to `rows`; its cache of the kernel may fill
        scikit-learn's `working_memory`.
    rows : ndarray or sparse matrix of shape (n_samples, n_features)
        The training rows.
    """

    def __init__(self, svc, X):
        self.svc = clone(svc).set_params(cache_size=get_config()["working_memory"])
        self.rows = X
        self._options = _kernel_options(svc, X)
        batches = gen_batches(X.shape[0], _DIAGONAL_BLOCK_ROWS)
        self._diagonal = np.concatenate(
            [self._between(X[b]).diagonal() for b in batches]
        )

    def product(self, coefficients):
        """The matrix times a vector, or times several in columns."""
        used = coefficients.reshape(len(coefficients), -1).any(axis=1)
        rows, coefficients = self.rows[used], coefficients[used]
        product = np.zeros((self.rows.shape[0], *coefficients.shape[1:]))
        if used.any():
            block_bytes = min(_BLOCK_BYTES, get_config()["working_memory"] * 2**20 / 2)
            n_block_rows = max(int(block_bytes // (8 * len(coefficients))), 1)
            for batch in gen_batches(len(product), n_block_rows):
                product[batch] = self._between(self.rows[batch], rows) @ coefficients
        return product

    def squared_distances(self, row, others):
        """Of one training row to others, in the feature space of the kernel."""
        kernel = self._between(self.rows[[row]], self.rows[others])[0]
        return self._diagonal[row] + self._diagonal[others] - 2 * kernel

    def _between(self, X, Y=None):
        return pairwise_kernels(X, Y, filter_params=True, **self._options)


def training_kernel(svc, X):
    """The kernel that the SVC trains on: in blocks where it exceeds `working_memory`.

    A precomputed kernel and one that is a function are always whole: the first comes
    so, and the SVC itself asks the second for the whole matrix.
    """
    if svc.kernel == "precomputed":
        return WholeKernel(svc, np.asarray(X))
    if callable(svc.kernel):
        return WholeKernel(svc, np.asarray(svc.kernel(X, X), dtype=float))
    if 8 * X.shape[0] ** 2 > get_config()["working_memory"] * 2**20:
        return KernelInBlocks(svc, X)
    options = _kernel_options(svc, X)
    return WholeKernel(svc, pairwise_kernels(X, filter_params=True, **options))


def _kernel_options(svc, X):
    return {
        "metric": svc.kernel,
        "gamma": _gamma(svc.gamma, X),
        "degree": svc.degree,
        "coef0": svc.coef0,
    }


def _gamma(gamma, X):
    if gamma == "auto":
        return 1 / X.shape[1]
    if gamma == "scale":
        variance = X.power(2).mean() - X.mean() ** 2 if issparse(X) else X.var()
        return 1 / (X.shape[1] * variance) if variance > 0 else 1.0
    return gamma

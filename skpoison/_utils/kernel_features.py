"""Features whose inner products are a kernel, and the scale that kernel widths take."""

import numpy as np
from sklearn.kernel_approximation import Nystroem

__all__ = ["kernel_features", "mean_squared_size"]

# Directions whose eigenvalue is this small a part of the largest carry rounding alone.
_NEGLIGIBLE = 1e-7


def mean_squared_size(X):
    """Mean squared norm of the rows, with bounded influence of the largest.

    A plain mean would let one huge row blind the kernel to all others.
    """
    squared = np.einsum("ij,ij->i", X, X)
    bound = 4 * np.median(squared)
    return np.mean(np.minimum(squared, bound)) or np.mean(squared) or 1.0


def kernel_features(X, *, kernel, gamma, n_components, random_state):
    """Orthogonal columns Phi with Phi Phi' = kernel + 1, the 1 for an intercept.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Centred at the median here.
    kernel : {"rbf", "linear"}
        The linear kernel is divided by the mean squared size of the rows.
    gamma : float
        Coefficient of the RBF kernel, in units of 1 / mean squared size.
    n_components : int
        Number of landmark rows of an RBF kernel (Nystroem); exact from n_samples on.
    random_state : int, RandomState instance or None
        Draws the landmarks.

    Returns
    -------
    ndarray of shape (n_samples, n_directions)
        In the order of falling eigenvalues.
    """
    X = X - np.median(X, axis=0).astype(np.float64)
    size = mean_squared_size(X)
    if kernel == "linear":
        features = X / np.sqrt(size)
    else:
        features = Nystroem(
            gamma=gamma / size,
            n_components=min(n_components, len(X)),
            random_state=random_state,
        ).fit_transform(X)
    features = np.hstack([features, np.ones((len(X), 1))])
    eigenvalues, rotation = np.linalg.eigh(features.T @ features)
    order = np.argsort(eigenvalues)[::-1]
    order = order[eigenvalues[order] > _NEGLIGIBLE * eigenvalues.max()]
    return features @ rotation[:, order]

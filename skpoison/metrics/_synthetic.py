"""How close synthetic data comes to the real data it imitates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import rel_entr
from sklearn.utils import check_array, gen_batches

from .._utils.typing import MatrixLike

_BATCH_ROWS = 1024


def wasserstein_distance(X_real: MatrixLike, X_synthetic: MatrixLike) -> float:
    """1-Wasserstein distance between two sets of equally many rows.

    The mean Euclidean distance between partners when the rows of the two sets are
    paired at the least total cost, computed exactly: O(n^2) memory and O(n^3) time in
    the worst case.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_samples, n_features)

    Returns
    -------
    float
        In the units of the features; 0 for equal sets.

    Raises
    ------
    ValueError
        When the sets differ in size, besides invalid input.

    See Also
    --------
    scipy.stats.wasserstein_distance_nd : For weighted or unequally many rows; slower.

    Examples
    --------
    >>> from skpoison.metrics import wasserstein_distance
    >>> wasserstein_distance([[0.0], [1.0]], [[1.0], [3.0]])
    1.5
    """
    X_real, X_synthetic = _check_pair(X_real, X_synthetic)
    if len(X_real) != len(X_synthetic):
        raise ValueError(
            f"X_real has {len(X_real)} rows and X_synthetic {len(X_synthetic)}: draw "
            "equally many, or use scipy.stats.wasserstein_distance_nd."
        )
    distance = cdist(X_real, X_synthetic)
    return float(distance[linear_sum_assignment(distance)].mean())


def average_euclidean_distance(X: MatrixLike, Y: ArrayLike) -> float:
    """Mean Euclidean distance over all pairs of a row of X and a row of Y.

    Lower is not better: a generator that collapses to the centre of the data lowers
    it. Good synthetic data comes close to the value of the real data with itself,
    ``average_euclidean_distance(X_real, X_real)``.

    Parameters
    ----------
    X : array-like of shape (n_samples_X, n_features)
    Y : array-like of shape (n_samples_Y, n_features)

    Returns
    -------
    float
        In the units of the features.

    Raises
    ------
    ValueError
        For invalid input.

    Examples
    --------
    >>> from skpoison.metrics import average_euclidean_distance
    >>> average_euclidean_distance([[0.0], [1.0]], [[1.0], [3.0]])
    1.5
    """
    X, Y = _check_pair(X, Y)
    batches = gen_batches(len(X), _BATCH_ROWS)
    total = sum(cdist(X[batch], Y).sum() for batch in batches)
    return float(total / (len(X) * len(Y)))


def frechet_distance(features_real: ArrayLike, features_synthetic: ArrayLike) -> float:
    r"""Squared Frechet distance between Gaussians fitted to two sets of features.

    .. math:: \|m_1 - m_2\|^2 + \mathrm{tr}(C_1 + C_2 - 2 (C_1 C_2)^{1/2})

    with means m and covariances C (divisor n - 1). On the features of an Inception
    network this is the Frechet inception distance [1]_; no such network is shipped.
    The value is biased upwards in small samples: compare sets of equal size.

    Parameters
    ----------
    features_real : array-like of shape (n_samples_real, n_features)
        At least 2 rows.
    features_synthetic : array-like of shape (n_samples_synthetic, n_features)
        At least 2 rows.

    Returns
    -------
    float
        In squared units of the features; 0 for equal sets.

    Raises
    ------
    ValueError
        For invalid input.

    References
    ----------
    .. [1] M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler and S. Hochreiter, "GANs
       Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
       2017, Eq. 6.

    Examples
    --------
    >>> from skpoison.metrics import frechet_distance
    >>> round(frechet_distance([[0.0], [2.0]], [[5.0], [7.0]]), 6)
    25.0
    """
    real, synthetic = _check_pair(
        features_real, features_synthetic, ensure_min_samples=2
    )
    mean_real, mean_synthetic = real.mean(axis=0), synthetic.mean(axis=0)
    # C = R'R for the triangle R of the centred rows, so tr (C1 C2)^(1/2) is the sum of
    # the singular values of R1 R2': no root of a rounded, negative eigenvalue.
    R_real = np.linalg.qr(real - mean_real, mode="r") / np.sqrt(len(real) - 1)
    R_synthetic = np.linalg.qr(synthetic - mean_synthetic, mode="r")
    R_synthetic /= np.sqrt(len(synthetic) - 1)
    overlap = np.linalg.svd(R_real @ R_synthetic.T, compute_uv=False).sum()
    between = np.sum((mean_real - mean_synthetic) ** 2)
    within = np.sum(R_real**2) + np.sum(R_synthetic**2) - 2 * overlap
    return float(between + max(within, 0.0))


def inception_score(probabilities: ArrayLike) -> float:
    r"""Inception score of synthetic rows, from the class probabilities of a classifier.

    .. math:: \exp\big(\mathrm{mean}_i \, \mathrm{KL}(p_i \,\|\, \bar p)\big)

    It is high when each row is assigned with confidence and the classes are all
    there [1]_. It never sees real data, so memorised rows score well.

    Parameters
    ----------
    probabilities : array-like of shape (n_samples, n_classes)
        ``predict_proba`` of a classifier of the user's choice on the synthetic rows.

    Returns
    -------
    float
        Between 1 and the number of classes.

    Raises
    ------
    ValueError
        When a row is no probability distribution: a negative value, or a sum that is
        not 1 to within 1e-3.

    References
    ----------
    .. [1] T. Salimans, I. Goodfellow, W. Zaremba, V. Cheung, A. Radford and X. Chen,
       "Improved Techniques for Training GANs", 2016, section 4.

    Examples
    --------
    >>> from skpoison.metrics import inception_score
    >>> round(inception_score([[1.0, 0.0], [0.0, 1.0]]), 6)
    2.0
    """
    p = check_array(probabilities, dtype=np.float64, input_name="probabilities")
    if p.min() < 0 or not np.allclose(p.sum(axis=1), 1, atol=1e-3, rtol=0):
        raise ValueError(
            "probabilities must hold a probability distribution in every row; pass the "
            "output of predict_proba, not of decision_function."
        )
    return float(np.exp(rel_entr(p, p.mean(axis=0)).sum(axis=1).mean()))


def _check_pair(X, Y, **checks):
    X = check_array(X, dtype=np.float64, **checks)
    Y = check_array(Y, dtype=np.float64, **checks)
    if X.shape[1] != Y.shape[1]:
        raise ValueError(
            f"The two sets have {X.shape[1]} and {Y.shape[1]} features; they must have "
            "the same."
        )
    return X, Y

"""How far a row stands out of the bulk of a filter's scores."""

import numpy as np
from scipy.stats import rankdata

# The quantiles of the bulk, between which the tail is fitted.
_MIDDLE, _UPPER = 0.5, 0.75


def tail_evidence(scores):
    """-log of the p-value of each score, by an exponential tail fitted to the bulk.

    The tail begins at the median, and the upper quartile tells its scale, so that no
    more than a quarter of poison has a say in it. What the bulk would hardly hold gets
    far more than its rank would give it; what merely ends the bulk does not. No p-value
    is below 1 / n_samples. On the better side of the median p-values are ranks.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Lower is more suspect.

    Returns
    -------
    ndarray of shape (n_samples,)
        From 0 to log(n_samples); higher is more suspect.
    """
    outlyingness, n = -scores, len(scores)
    middle, upper = np.quantile(outlyingness, [_MIDDLE, _UPPER])
    scale = (upper - middle) / np.log((1 - _MIDDLE) / (1 - _UPPER))
    # Where half of the rows are equal, whatever is worse stands out.
    scale = max(scale, 1e-9 * np.abs(outlyingness).max(), np.finfo(float).tiny)
    evidence = -np.log1p(-rankdata(outlyingness) / (n + 1))
    beyond = outlyingness > middle
    evidence[beyond] = (outlyingness[beyond] - middle) / scale - np.log(1 - _MIDDLE)
    return np.minimum(evidence, np.log(n))

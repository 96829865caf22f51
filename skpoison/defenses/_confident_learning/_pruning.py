"""From out-of-fold probabilities to the rows to prune."""

import numpy as np

__all__ = ["confident_joint", "pruned"]

# A mean of equal probabilities may be off by that.
_ROUNDING = 1e-9


def confident_joint(probabilities, y):
    """How many rows of each label are of each class, as far as models are confident.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes)
        Out of fold.
    y : ndarray of int of shape (n_samples,)
        Given labels, each of them at least once.

    Returns
    -------
    joint : ndarray of shape (n_classes, n_classes)
        Rows by label and class; each row of it sums to the number of its label.
    thresholds : ndarray of shape (n_classes,)
        Mean probability of each class over the rows with its label.
    """
    n_classes = probabilities.shape[1]
    sizes = np.bincount(y, minlength=n_classes)
    own = probabilities[np.arange(len(y)), y]
    thresholds = np.bincount(y, own, minlength=n_classes) / sizes
    confident = probabilities >= thresholds - _ROUNDING
    most = np.where(confident, probabilities, -1.0).argmax(axis=1)
    counted = confident.any(axis=1)
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (y[counted], most[counted]), 1)
    of_label = counts.sum(axis=1)
    nobody = of_label == 0
    counts[nobody, nobody] = of_label[nobody] = 1
    return counts * (sizes / of_label)[:, None], thresholds


def pruned(probabilities, y, joint, method, removable):
    """The rows to prune.

    Parameters
    ----------
    probabilities, y : as in `confident_joint`
    joint : ndarray of shape (n_classes, n_classes)
    method : {"noise rate", "class", "both"}
    removable : ndarray of bool of shape (n_samples,)

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        False where the most probable class is the label.
    """
    by = [
        _RULES[rule](probabilities, y, joint, removable)
        for rule in _RULES
        if method in (rule, "both")
    ]
    own = probabilities[np.arange(len(y)), y]
    return np.all(by, axis=0) & (probabilities.max(axis=1) > own)


def _by_noise_rate(probabilities, y, joint, removable):
    """Of each label and other class the rows that are of the other by most."""
    gone = np.zeros(len(y), dtype=bool)
    for label, row in enumerate(joint):
        of_label = np.flatnonzero((y == label) & removable)
        for other in np.delete(np.arange(len(joint)), label):
            lead = probabilities[of_label, other] - probabilities[of_label, label]
            gone[of_label[_largest(lead, row[other])]] = True
    return gone


def _by_class(probabilities, y, joint, removable):
    """Of each label the rows that are of it least."""
    gone = np.zeros(len(y), dtype=bool)
    for label, row in enumerate(joint):
        of_label = np.flatnonzero((y == label) & removable)
        wrong = row.sum() - row[label]
        gone[of_label[_largest(-probabilities[of_label, label], wrong)]] = True
    return gone


_RULES = {"noise rate": _by_noise_rate, "class": _by_class}


def _largest(values, n):
    """Mask of so many largest values, to the nearest number; ties at the cut stay."""
    n = min(round(n), len(values))
    if n == len(values):
        return np.ones(len(values), dtype=bool)
    return values > np.sort(values)[::-1][n]

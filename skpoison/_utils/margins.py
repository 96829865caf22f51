"""How clearly a classifier agrees with given labels."""

import numpy as np

__all__ = ["classification_margins", "own_minus_best_other"]


def classification_margins(classifier, X, y):
    """The classifier's support for the given labels above that for any other.

    Parameters
    ----------
    classifier : fitted classifier
        Asked for its `decision_function`, else its `predict_proba`; where it has
        neither, or a decision function that does not hold one column per class (SVC
        with "ovo"), its predictions are taken as they are.
    X : ndarray or sparse matrix of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
        Labels; one that the classifier has never seen has less support than all others.

    Returns
    -------
    ndarray of shape (n_samples,)
        Negative where the classifier disagrees; +1 or -1 for predictions.
    """
    support = _support(classifier, X)
    if support is None:
        return np.where(np.asarray(classifier.predict(X)).ravel() == y, 1.0, -1.0)
    classes = np.asarray(classifier.classes_)
    unseen = support.min(axis=1, keepdims=True) - 1
    support = np.hstack([support, unseen])
    column = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    column = np.where(classes[column] == y, column, len(classes))
    return own_minus_best_other(support, column)


def own_minus_best_other(support, column):
    """Each row's entry in its own column minus the largest of its other entries.

    Parameters
    ----------
    support : ndarray of shape (n_samples, n_columns)
    column : ndarray of int of shape (n_samples,)

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    rows = np.arange(len(support))
    others = support.copy()
    others[rows, column] = -np.inf
    return support[rows, column] - others.max(axis=1)


def _support(classifier, X):
    """One column of support per class of the classifier, or None where it has none."""
    if not hasattr(classifier, "classes_"):
        return None
    n_classes = len(classifier.classes_)
    for method in ("decision_function", "predict_proba"):
        if hasattr(classifier, method):
            support = np.asarray(getattr(classifier, method)(X), dtype=np.float64)
            if support.ndim == 1 and n_classes == 2:
                return np.column_stack([np.zeros(len(support)), support])
            if support.ndim == 2 and support.shape[1] == n_classes:
                return support
    return None

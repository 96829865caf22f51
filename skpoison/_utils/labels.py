"""Class labels and their positions."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from .messages import plain

__all__ = [
    "check_two_classes",
    "distinct_labels",
    "encode_labels",
    "label_positions",
    "position_of",
]


def encode_labels(y, name):
    """The classes, and the position of each row's label among them.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    name : str
        Of the estimator, for the message.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The different labels, sorted.
    positions : ndarray of int of shape (n_samples,)

    Raises
    ------
    ValueError
        For targets that are no labels, and for fewer than two classes.
    TypeError
        For labels of several types, such as words and numbers.
    """
    classes, positions = distinct_labels(y)
    check_classification_targets(y)
    check_two_classes(classes, name)
    return classes, positions


def distinct_labels(y):
    """The different labels, sorted, and the position of each row's among them.

    Parameters
    ----------
    y : array-like of shape (n_samples,)

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    positions : ndarray of int of shape (n_samples,)

    Raises
    ------
    TypeError
        For labels of several types, which have no order.
    """
    try:
        return np.unique(y, return_inverse=True)
    except TypeError as error:
        types = sorted({type(label).__name__ for label in y})
        raise TypeError(
            f"y mixes labels of the types {', '.join(types)}, which have no order. "
            "Give all of them one type, with numpy.asarray(y, dtype=str), say."
        ) from error


def check_two_classes(classes, name):
    """Refuse labels that are all the same, or none."""
    if len(classes) == 0:
        raise ValueError(f"{name} needs at least two classes; y is empty.")
    if len(classes) < 2:
        raise ValueError(
            f"{name} needs at least two classes; y holds only one class: "
            f"{plain(classes[0])!r}."
        )


def label_positions(y, classes):
    """Positions of labels among the classes seen during `fit`.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
    classes : ndarray of shape (n_classes,)
        Sorted.

    Returns
    -------
    ndarray of int of shape (n_samples,)

    Raises
    ------
    ValueError
        For a label that is none of the classes.
    """
    unseen = np.setdiff1d(y, classes)
    if len(unseen):
        raise ValueError(
            f"y holds labels that were not seen during fit: {unseen.tolist()}."
        )
    return np.searchsorted(classes, y)


def position_of(label, classes, name):
    """Position of the label that a parameter names.

    Parameters
    ----------
    label : object
    classes : ndarray of shape (n_classes,)
        The labels in y.
    name : str
        Of the parameter, for the message.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        For a label that is none of the classes.
    """
    found = np.flatnonzero(classes == label)
    if len(found) == 0:
        raise ValueError(
            f"{name}={plain(label)!r} is not among the labels in y: {plain(classes)}."
        )
    return int(found[0])

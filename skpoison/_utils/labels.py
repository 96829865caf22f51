"""Class labels and their positions."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from .messages import plain

__all__ = ["check_two_classes", "encode_labels", "label_positions", "position_of"]


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
    """
    check_classification_targets(y)
    classes, positions = np.unique(y, return_inverse=True)
    check_two_classes(classes, name)
    return classes, positions


def check_two_classes(classes, name):
    """Refuse labels that are all the same."""
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

"""How many votes a row casts, and how many there are to gather."""

import numpy as np

from .._utils.messages import plain

# Fractional votes that add up to k on paper may miss it by their rounding.
_ROUNDING = 1e-9


def votes_needed(k):
    """The sum of votes that counts as k."""
    return k * (1 - _ROUNDING)


def votes_per_row(class_weight, classes, labels):
    """Votes that a row of each class casts.

    Parameters
    ----------
    class_weight : "replicate", dict, array-like of shape (n_classes,) or None
        As in `neighbor_votes`.
    classes : ndarray of shape (n_classes,)
    labels : ndarray of int of shape (n_samples,)
        Positions in `classes`.

    Returns
    -------
    ndarray of float of shape (n_classes,)

    Raises
    ------
    ValueError
        When the weights do not fit the classes or are not positive and finite.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str):
        if class_weight != "replicate":
            raise ValueError(
                "class_weight must be 'replicate', a dict, an array-like or None; got "
                f"{class_weight!r}."
            )
        sizes = np.bincount(labels)
        return sizes.max() / sizes
    if isinstance(class_weight, dict):
        if set(class_weight) != set(classes.tolist()):
            raise ValueError(
                "class_weight must hold one weight for each class of y, which are "
                f"{classes.tolist()}; got weights for {plain(list(class_weight))}."
            )
        class_weight = [class_weight[label] for label in classes.tolist()]
    weight = np.asarray(class_weight, dtype=np.float64)
    if weight.shape != classes.shape:
        raise ValueError(
            f"class_weight must hold {len(classes)} weights, one for each class of y; "
            f"got shape {weight.shape}."
        )
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        raise ValueError(
            f"class_weight must be positive and finite; got {weight.tolist()}."
        )
    return weight


def most_votes(weight, labels, exclude_self):
    """The most votes that every row can gather.

    Parameters
    ----------
    weight : ndarray of shape (n_classes,)
    labels : ndarray of int of shape (n_samples,)
        Class of each row that votes; every class has one.
    exclude_self : bool
        Whether a row has no vote on itself.

    Returns
    -------
    int
    """
    votes = np.bincount(labels) @ weight
    if exclude_self:
        votes -= weight.max()
    return int(votes * (1 + _ROUNDING))

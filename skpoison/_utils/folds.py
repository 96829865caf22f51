"""Folds for out-of-fold scores of few rows."""

import numpy as np

__all__ = ["folds_to_hold_out", "stratified_folds"]


def stratified_folds(groups, n_folds, rng):
    """Deal the rows of each group to the folds, at random and as evenly as possible.

    Unlike :class:`sklearn.model_selection.StratifiedKFold` it never leaves a group out
    of what remains when a fold is held out: a group of one row is dealt to no fold.

    Parameters
    ----------
    groups : ndarray of int of shape (n_samples,)
        The classes of the rows; constant for a regression.
    n_folds : int
    rng : RandomState

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Fold of each row; -1 for the only row of its group.
    """
    folds = np.full(len(groups), -1)
    dealt = 0
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        if len(members) > 1:
            folds[members] = (dealt + np.arange(len(members))) % n_folds
            dealt += len(members)
    return folds


def folds_to_hold_out(groups, n_folds, rng, name):
    """Folds as of `stratified_folds`, of which there is at least one.

    Parameters
    ----------
    groups, n_folds, rng : as in `stratified_folds`
    name : str
        Of the estimator, for the message.

    Returns
    -------
    ndarray of int of shape (n_samples,)

    Raises
    ------
    ValueError
        When every group has one row alone.
    """
    folds = stratified_folds(groups, n_folds, rng)
    if not (folds >= 0).any():
        raise ValueError(
            f"{name} holds rows out, and every class has one row alone. Give it at "
            "least two rows of a class."
        )
    return folds

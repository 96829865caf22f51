"""The label-flip attack: some rows of the training set get another label."""

from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ..._param_validation import Interval, StrOptions
from ...base import PoisonAttack
from ._random import random_flips


class LabelFlipAttack(PoisonAttack):
    """Give a share of the training rows another label.

    The attacker can change labels but not features. The rows flipped by "random" are
    drawn uniformly, and so are their new labels among the other classes.

    Parameters
    ----------
    strategy : {"random"}, default="random"
        Which rows to flip.
    rate : float in [0, 1], default=0.1
        Share of the rows to flip: round(rate x n_samples) of them.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Attributes
    ----------
    poison_indices_ : ndarray of int of shape (n_poisons,)
        The flipped rows, ascending.
    X_poison_ : array-like of shape (n_poisons, ...)
        Their features, unchanged.
    y_poison_ : ndarray of shape (n_poisons,)
        Their new labels.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.attacks import LabelFlipAttack
    >>> X, y = load_iris(return_X_y=True)
    >>> poisoned = LabelFlipAttack(rate=0.2, random_state=0).fit_poison(X, y)
    >>> int((poisoned.y != y).sum()), int(poisoned.is_poison.sum())
    (30, 30)
    """

    _parameter_constraints: dict = {
        "strategy": [StrOptions({"random"})],
        "rate": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    }

    def __init__(self, *, strategy="random", rate=0.1, random_state=None):
        self.strategy = strategy
        self.rate = rate
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_poison(self, X, y):
        """Flip labels of a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Features of any kind: they are not read.
        y : array-like of shape (n_samples,)
            Class labels; numbers, strings or categories.

        Returns
        -------
        PoisonedData
            X as given, y with the flipped labels in place and its type kept, and the
            mask of the flipped rows.

        Raises
        ------
        ValueError
            For fewer than two classes, targets that are no classes, or lengths that
            differ.
        """
        check_consistent_length(X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(column_or_1d(y), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "A label can only be flipped to another one, but y holds only one "
                f"class: {self.classes_[0]!r}."
            )
        rows, flipped = random_flips(
            codes,
            len(self.classes_),
            round(self.rate * len(codes)),
            check_random_state(self.random_state),
        )
        order = np.argsort(rows)
        return self._relabel(X, y, rows[order], self.classes_[flipped[order]])

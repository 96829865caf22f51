"""The control: rows removed at random."""

from __future__ import annotations

from numbers import Real
from typing import Literal

from sklearn.utils import check_random_state

from .._utils.parameters import Interval, StrOptions
from .._utils.shares import floor_share, warn_of_empty_share
from .._utils.targets import is_regression
from .._utils.typing import RandomState
from ..base import PoisonFilter


class RandomEvictionFilter(PoisonFilter):
    """Remove a random share of the training rows: the control of every comparison.

    X is not read, so that it may hold anything.

    What breaks it: any poison of more than a few rows, 1 - `rate` of which stay: of
    the images with a trigger, 5 % of all, a rate of .5 left 51 %
    (doc/results/backdoor.md).

    Parameters
    ----------
    rate : float in [0, 1), default=0.1
        Share of the rows to remove; floor(rate x n_samples) rows go.
    task : {"auto", "classification", "regression"}, default="auto"
        What y holds. "auto" takes words, up to 20 different whole numbers, and up to
        100 of them on ten rows or more each, for labels, and other floats for the
        target values of a regression; it asks about other whole numbers.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible output.

    Attributes
    ----------
    sample_scores_ : ndarray of shape (n_samples,)
        The rank of each row in a random order, divided by n_samples.
    offset_ : float
        Rows with a lower score are removed.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels; absent for regression targets.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 4 ("Random Point Eviction Defense").

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import RandomEvictionFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> RandomEvictionFilter(rate=0.1, random_state=0).fit(X, y).inlier_mask_.sum()
    np.int64(135)
    """

    _parameter_constraints: dict = {
        "rate": [Interval(Real, 0, 1, closed="left")],
        "task": [StrOptions({"auto", "classification", "regression"})],
        "random_state": ["random_state"],
    }
    _validates_X = False

    def __init__(
        self,
        rate: float = 0.1,
        *,
        task: Literal["auto", "classification", "regression"] = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.rate = rate
        self.task = task
        self.random_state = random_state

    def _is_regression(self, y):
        return is_regression(y, self.task)

    def _score_training_rows(self, X, y, trusted):
        n = len(y)
        warn_of_empty_share(f"rate={self.rate}", self.rate, [n])
        rank = check_random_state(self.random_state).permutation(n)
        return rank / n, floor_share(self.rate, n) / n

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        for kind in ("three_d_array", "sparse", "string", "categorical", "allow_nan"):
            setattr(tags.input_tags, kind, True)
        return tags

"""Cross-validation of training sets that cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples, column_or_1d

from ._utils.containers import row_index, take_rows
from ._utils.messages import plain
from ._utils.targets import check_none_missing
from ._utils.trusted import trusted_mask
from ._utils.typing import Estimator, MatrixLike, RandomState
from ._utils.verdicts import judges_rows

__all__ = ["TrustedKFold", "one_standard_error_rule", "sift_trusted"]


class TrustedKFold(BaseCrossValidator):
    """K folds that validate on trusted rows alone and train on all other rows.

    The validation folds of a poisoned set hold poison too, and a model that has learned
    the poison scores well on them. Here each trusted row is in exactly one validation
    fold, and every row outside a fold, trusted or not, is in its training set. The
    trusted rows are spread over the folds by their target, so that the folds differ by
    at most one row in size and in each class; the values of a regression are spread
    over their range.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    trusted : array-like of bool of shape (n_samples,), or array-like of int
        The rows known to be clean, as a mask or as positions, never as labels of a data
        frame.
    shuffle : bool, default=False
        Whether to draw which of the trusted rows of equal target share a fold.
        Otherwise it follows from the order of the rows.
    random_state : int, RandomState instance or None, default=None
        Seed of `shuffle`. Pass an int for the same folds at every call.

    See Also
    --------
    sklearn.model_selection.StratifiedKFold : Validates on all rows.

    Notes
    -----
    A defense that learns from trusted rows still needs its mask when it is fitted:
    ``GridSearchCV(model, grid, cv=TrustedKFold(5, trusted=mask)).fit(X, y,
    filter__trusted=mask)`` cuts the mask to the training rows of each split.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.model_selection import TrustedKFold
    >>> X, y = np.arange(8).reshape(-1, 1), [0, 0, 1, 1, 0, 0, 1, 1]
    >>> for train, test in TrustedKFold(2, trusted=[0, 1, 2, 3]).split(X, y):
    ...     print(train, test)
    [1 3 4 5 6 7] [0 2]
    [0 2 4 5 6 7] [1 3]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        trusted: ArrayLike,
        shuffle: bool = False,
        random_state: RandomState = None,
    ) -> None:
        self.n_splits = n_splits
        self.trusted = trusted
        self.shuffle = shuffle
        self.random_state = random_state

    def split(
        self, X: MatrixLike, y: ArrayLike | None = None, groups: None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate the indices of the training and the validation rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        y : array-like of shape (n_samples,), default=None
            Class labels or target values; None spreads the trusted rows by their order.
        groups : None
            Not supported.

        Yields
        ------
        train : ndarray of int
            Indices of the training rows, ascending.
        test : ndarray of int
            Indices of the validation rows, ascending; all of them are trusted.

        Raises
        ------
        ValueError
            When `trusted` does not fit the rows or marks fewer than `n_splits` of them,
            or another parameter is out of range.
        """
        if groups is not None:
            raise ValueError("TrustedKFold cannot keep groups together: drop groups.")
        yield from super().split(X, y)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        int
        """
        if not isinstance(self.n_splits, Integral) or self.n_splits < 2:
            raise ValueError(
                "n_splits must be an integer of at least 2; got "
                f"{plain(self.n_splits)!r}."
            )
        return int(self.n_splits)

    def _iter_test_indices(self, X=None, y=None, groups=None):
        n_splits = self.get_n_splits()
        trusted = np.flatnonzero(
            trusted_mask(self.trusted, _num_samples(X), row_index(X, y))
        )
        if len(trusted) < n_splits:
            raise ValueError(
                f"n_splits={n_splits} folds need at least as many trusted rows, but "
                f"trusted marks {len(trusted)}."
            )
        if self.shuffle:
            trusted = check_random_state(self.random_state).permutation(trusted)
        elif self.random_state is not None:
            raise ValueError("random_state has no effect unless shuffle=True.")
        if y is not None:
            check_none_missing(y)
            trusted = trusted[np.argsort(column_or_1d(y)[trusted], kind="stable")]
        for fold in range(n_splits):
            yield trusted[fold::n_splits]


def one_standard_error_rule(cv_results: Mapping[str, Any]) -> int:
    """Choose a defense only where it is clearly better than none.

    For the `refit` parameter of :class:`~sklearn.model_selection.GridSearchCV` and its
    kin, over a step that is a filter or "passthrough". Of all filters the one with the
    best mean score is chosen whose lead over no defense, split by split, has a mean
    above its standard error: the one-standard-error rule [1]_, paired. Otherwise
    nothing is removed. Where other parameters are searched too, no defense stands for
    the best candidate without one.

    Parameters
    ----------
    cv_results : dict of arrays
        `cv_results_` of a search with one metric and at least two splits.

    Returns
    -------
    int
        Index of the chosen candidate.

    Raises
    ------
    ValueError
        When no candidate is without a defense or all of these failed, and for a search
        with several metrics or a single split.

    See Also
    --------
    TrustedKFold : The splits to use it with: others validate on poison.

    Notes
    -----
    The splits share most of their training rows, so that the standard error is too
    small by some factor; and of many filters one leads by chance. The rule is a bar
    against noise, not a test.

    References
    ----------
    .. [1] L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and
       Regression Trees", 1984, section 3.4.3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skpoison.attacks import LabelFlipAttack
    >>> from skpoison.defenses import DeepKNNFilter, L2CentroidFilter
    >>> from skpoison.model_selection import TrustedKFold, one_standard_error_rule
    >>> from skpoison.pipeline import Pipeline
    >>> X, y = load_digits(return_X_y=True)
    >>> trusted = np.arange(len(y)) % 5 == 0
    >>> model = Pipeline([("filter", "passthrough"), ("clf", KNeighborsClassifier(1))])
    >>> filters = ["passthrough", DeepKNNFilter(k=15), L2CentroidFilter(0.1)]
    >>> search = GridSearchCV(
    ...     model,
    ...     {"filter": filters},
    ...     cv=TrustedKFold(trusted=trusted),
    ...     refit=one_standard_error_rule,
    ... )
    >>> search.fit(X, y).best_params_
    {'filter': 'passthrough'}
    >>> attack = LabelFlipAttack(rate=0.1, random_state=0)
    >>> y[~trusted] = attack.fit_poison(X[~trusted], y[~trusted]).y
    >>> search.fit(X, y).best_params_
    {'filter': DeepKNNFilter(k=15)}
    """
    scores = _scores_of_splits(cv_results)
    undefended = _without_defense(cv_results["params"])
    means = scores.mean(axis=1)
    valid = np.isfinite(means)
    if not (undefended & valid).any():
        raise ValueError(
            "one_standard_error_rule measures filters against no defense, and "
            + (
                "every candidate without one failed."
                if undefended.any()
                else "no candidate has 'passthrough' in the place of a filter. Add it "
                "to the grid."
            )
        )
    baseline = int(np.argmax(np.where(undefended & valid, means, -np.inf)))
    lead = scores - scores[baseline]
    standard_error = lead.std(axis=1, ddof=1) / np.sqrt(lead.shape[1])
    clear = valid & ~undefended & (lead.mean(axis=1) > standard_error)
    if not clear.any():
        return baseline
    return int(np.argmax(np.where(clear, means, -np.inf)))


def sift_trusted(
    filter: Estimator,
    X: MatrixLike,
    y: ArrayLike,
    trusted: ArrayLike,
    *,
    judged_by: Literal["all", "trusted"] = "all",
) -> np.ndarray:
    """Leave out the trusted rows that the others disown.

    Less than 1 % of poison among the trusted rows breaks defenses that learn from them
    [1]_. Here a filter that needs no trusted rows judges the trusted ones as if they
    were like all others. It decides how sure it must be.

    Parameters
    ----------
    filter : PoisonFilter
        A clone of it is fitted: :class:`~skpoison.defenses.DeepKNNFilter`, for wrong
        labels.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        All rows.
    y : array-like of shape (n_samples,)
        Their labels or target values.
    trusted : array-like of bool of shape (n_samples,), or array-like of int
        The rows believed to be clean, as a mask or as positions.
    judged_by : {"all", "trusted"}, default="all"
        "all": by all rows, which are many, but some of them the attacker's: one who
        relabels a region wins it from the trusted rows there. "trusted": by the trusted
        rows alone, who lose more of their clean ones where they are few.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        Mask of the trusted rows that the filter keeps.

    Raises
    ------
    ValueError
        When the filter keeps no trusted row, besides what it raises itself.

    Notes
    -----
    Rows that were sifted out go back to the untrusted ones: the defense then judges
    them. Meta-Sift [1]_ chooses clean rows out of a poisoned set by weights that are
    learned from gradients; this is a plain substitute.

    References
    ----------
    .. [1] Y. Zeng, M. Pan, H. Jahagirdar, M. Jin, L. Lyu and R. Jia, "Meta-Sift: How to
       Sift Out a Clean Subset in the Presence of Data Poisoning?", USENIX Security
       2023.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.defenses import DeepKNNFilter
    >>> from skpoison.model_selection import sift_trusted
    >>> X, y = load_digits(return_X_y=True)
    >>> y[[0, 10, 20]] = [8, 8, 8]
    >>> trusted = np.arange(len(y)) % 5 == 0
    >>> sifted = sift_trusted(DeepKNNFilter(k=15), X, y, trusted)
    >>> sifted[[0, 10, 20]]
    array([False, False, False])
    >>> bool(sifted[trusted].mean() > 0.9)
    True
    """
    if judged_by not in ("all", "trusted"):
        raise ValueError(f"judged_by must be 'all' or 'trusted'; got {judged_by!r}.")
    trusted = trusted_mask(trusted, _num_samples(X), row_index(X, y))
    judges = trusted if judged_by == "trusted" else np.ones(len(trusted), dtype=bool)
    kept = np.zeros(len(trusted), dtype=bool)
    kept[judges] = clone(filter).fit(*take_rows(judges, X, y)).inlier_mask_
    if not (kept & trusted).any():
        raise ValueError(
            f"{type(filter).__name__} keeps none of the {trusted.sum()} trusted rows. "
            "Use another filter, or judged_by='trusted'."
        )
    return kept & trusted


def _scores_of_splits(cv_results):
    """Score of each candidate in each split."""
    columns = [
        cv_results[f"split{split}_test_score"]
        for split in range(len(cv_results))
        if f"split{split}_test_score" in cv_results
    ]
    if len(columns) < 2:
        raise ValueError(
            "one_standard_error_rule needs the scores of one metric in at least two "
            f"splits, and cv_results_ holds {len(columns)} columns named "
            "split<number>_test_score. Search by a single metric."
        )
    return np.column_stack(columns)


def _without_defense(params):
    """Which candidates have "passthrough" or None wherever others have a filter."""
    places = {
        name for given in params for name, value in given.items() if judges_rows(value)
    }
    return np.array(
        [
            any(name in given for name in places)
            and all(_is_nothing(given.get(name)) for name in places)
            for given in params
        ],
        dtype=bool,
    )


def _is_nothing(value):
    return value is None or (isinstance(value, str) and value == "passthrough")

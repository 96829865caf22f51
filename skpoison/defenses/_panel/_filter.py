"""Several kinds of evidence, combined without trusted rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Literal

import numpy as np
from scipy.stats import rankdata
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target

from ..._utils.parameters import Interval, StrOptions
from ..._utils.shares import offset_of_share
from ..._utils.typing import RandomState
from ...base import PoisonFilter
from ...exceptions import DegenerateFilterWarning, EmptyShareWarning
from ._evidence import tail_evidence
from ._members import default_panel

# "auto" removes rows of more mean evidence than this share of the most there can be.
_AUTO = 3 / 4
# Weight of the ranks: where the most evidence there can be is that of many rows, they
# tell them apart, and nowhere else do they count.
_TIE_BREAK = 1e-8


class PanelFilter(PoisonFilter):
    r"""Let several filters accuse each row, each as far as its score stands out.

    No kind of evidence sees every poison: neighbours and losses are blind to triggers,
    shapes to wrong labels near the boundary. Of each filter's scores the bulk is fitted
    by an exponential tail, from the median to the upper quartile, and the evidence
    against a row is :math:`-\log` of its p-value there, at most
    :math:`\log(\text{n\_samples})`. A row's score is minus the mean evidence of all
    filters, Fisher's way to combine p-values [1]_: one filter by which a row stands far
    out of the bulk outweighs several by which it is one of the last.

    No trusted rows are needed; those that there are are passed on to the filters, and
    kept.

    What breaks it: rows that are hard for all models, where classes overlap, look like
    poison (a share of .1 of clean tables costs 1.6 points: doc/results/panel.md);
    poison that none of the filters sees, such as a whole group of digits with one wrong
    label, none of which goes, and wrong labels near the boundary, a quarter of which
    stay and cost as much as without a defense (doc/results/adaptive.md); poison that is
    the majority wherever it lies: a fifth of Fourclass, relabelled in clusters, takes
    the accuracy to .895, with the panel to .772 (doc/results/fourclass.md). The scores
    rank rows; where there are trusted rows to tell how many are too many, put the
    filter into a :class:`CalibratedFilter`.

    Parameters
    ----------
    filters : list of (str, filter) tuples, default=None
        Defenses of this package, all of classifications or all of regressions. Other
        outlier detectors go into a :class:`PerClassFilter`. Their thresholds are not
        read. None is the panel of this project, for classes and dense numbers on
        features of one scale: the vote of 15 neighbours, the out-of-fold losses of a
        linear model, of a random forest, and of linear models that see half of the
        features each, the main direction of each class, and the size of the cluster.
    contamination : "auto" or float in (0, 0.5], default="auto"
        Share of the rows to remove, not counting trusted ones; rows that tie at the cut
        are kept. "auto" removes the rows of which the filters' p-values have a
        geometric mean below n_samples ** (-3 / 4): those that nearly all filters
        accuse. That is few of clean rows, and few of most kinds of poison; say how
        much there may be if you know it.
    n_jobs : int or None, default=None
        Number of fits at a time, of the default panel.
    random_state : int, RandomState instance or None, default=None
        Seed of the default panel. Filters of your own need theirs.

    Attributes
    ----------
    filters_ : list of (str, filter) tuples
        The fitted filters.
    evidence_ : ndarray of shape (n_samples, n_filters)
        Evidence of each filter against each row; higher is more suspect. 3 is a p-value
        of .05, 7 one of .001.
    sample_scores_ : ndarray of shape (n_samples,)
        Minus the mean evidence, ties broken by the mean rank in the scores of the
        filters; lower is more suspect.
    offset_ : float
        Rows with a lower score are suspects.
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

    Raises
    ------
    TypeError
        While fitting, for a member that is no defense of this package.
    ValueError
        While fitting, for an empty list, names that are not unique, and filters of
        classifications beside filters of regressions; without `filters` for the target
        values of a regression.

    Warns
    -----
    EmptyShareWarning
        While fitting, when `contamination` of the rows is no row.
    DegenerateFilterWarning
        While fitting, when more rows than shall go tie as the most suspect: none of
        them is removed.

    See Also
    --------
    CalibratedFilter : Tells by trusted rows how many to remove.

    Notes
    -----
    The evidence of filters that look at the same thing is dependent, so that the mean
    has no exact p-value: it ranks rows, and says which filters accuse them. The form of
    the tail and the panel were chosen on four data sets, and measured on four others. A
    second pass, of filters fitted without the most suspect rows, was no better.

    References
    ----------
    .. [1] R. Fisher, "Statistical Methods for Research Workers", 4th edition, 1932,
       section 21.1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import PanelFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[0, 60, 140]] = [1, 2, 0]
    >>> panel = PanelFilter(contamination=0.03, random_state=0).fit(X, y)
    >>> panel.inlier_mask_[[0, 60, 140]]
    array([False, False, False])
    """

    _parameter_constraints: dict = {
        "filters": [list, None],
        "contamination": [
            StrOptions({"auto"}),
            Interval(Real, 0, 0.5, closed="right"),
        ],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        filters: Sequence[tuple[str, PoisonFilter]] | None = None,
        *,
        contamination: Literal["auto"] | float = "auto",
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.filters = filters
        self.contamination = contamination
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _is_regression(self, y):
        if self.filters is None:
            if type_of_target(y) == "continuous":
                raise ValueError(
                    "The default panel judges labels, and y holds the target values of "
                    "a regression. Pass filters of regressions, such as "
                    "LossFilter(Ridge())."
                )
            return False
        kinds = {name: filter._is_regression(y) for name, filter in self._members()}
        if len(set(kinds.values())) > 1:
            raise ValueError(
                "The filters of a panel judge the same rows, but "
                f"{[name for name in kinds if kinds[name]]} are of regressions and "
                f"{[name for name in kinds if not kinds[name]]} of classifications."
            )
        return any(kinds.values())

    def _members(self):
        filters = self.filters or []
        names = [name for name, _ in filters]
        if not names or len(set(names)) < len(names):
            raise ValueError(
                f"A panel needs filters, each with a name of its own; got {names}."
            )
        for name, filter in filters:
            if not isinstance(filter, PoisonFilter):
                raise TypeError(
                    f"{name!r} is a {type(filter).__name__}, no defense of this "
                    "package. Put an outlier detector into a PerClassFilter."
                )
        return filters

    def _score_training_rows(self, X, y, trusted):
        if self.filters is None:
            seed = check_random_state(self.random_state).randint(2**31)
            members = default_panel(len(y), seed, self.n_jobs)
        else:
            members = self._members()
        self.filters_ = [(name, clone(filter)) for name, filter in members]
        targets = self.classes_[y] if hasattr(self, "classes_") else y
        opinions = [
            _fitted_scores(filter, X, targets, trusted) for _, filter in self.filters_
        ]
        self.evidence_ = np.column_stack([tail_evidence(s) for s in opinions])
        ranks = np.mean([rankdata(-s) for s in opinions], axis=0) / len(y)
        scores = -self.evidence_.mean(axis=1) - _TIE_BREAK * ranks
        return scores, self._threshold(scores if trusted is None else scores[~trusted])

    def _threshold(self, scores):
        if self.contamination == "auto":
            return -_AUTO * np.log(len(self.evidence_))
        return offset_of_share(
            scores,
            self.contamination,
            advice="Raise contamination, or use filters with finer scores.",
        )


def _fitted_scores(filter, X, y, trusted):
    with warnings.catch_warnings(), config_context(skip_parameter_validation=False):
        # The panel passes the verdict: thresholds of its filters are not read.
        warnings.simplefilter("ignore", EmptyShareWarning)
        warnings.simplefilter("ignore", DegenerateFilterWarning)
        return filter._fit_for_scores(X, y, trusted).sample_scores_

"""Any filter, held to what it says of rows known to be clean."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Literal

import numpy as np
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target

from ..._utils.canonical_order import canonical_order
from ..._utils.messages import warn
from ..._utils.parameters import HasMethods, Interval, StrOptions
from ..._utils.shares import offset_of_lowest
from ..._utils.typing import Estimator, RandomState
from ...base import PoisonFilter
from ...exceptions import UntrustedClassWarning
from ._held_out import held_out_scores, needs_trusted, score_by
from ._poison_share import count_poisons
from ._power import warn_of_missing_power
from ._rules import excess_rows, local_rows, q_values
from ._yardstick import Yardsticks

# 1 - confidence of the bound and of the test of the set.
_ALPHA = 0.05


def _scores_new_rows(poison_filter):
    filter = poison_filter.filter
    if isinstance(filter, PoisonFilter):
        return hasattr(filter, "score_samples")
    return hasattr(filter, "decision_function")


class CalibratedFilter(PoisonFilter):
    r"""Remove only what the untrusted rows have more of than the trusted ones.

    A filter's scores mean nothing by themselves: where classes overlap, its own
    threshold takes what is merely hard for poison. This one scores the trusted rows as
    if they were not trusted, and measures the others against them. Of n such trusted
    rows the untrusted row j gets the p-value

    .. math:: p_j = \frac{1 + \#\{i \text{ trusted}: s_i \le s_j\}}{n + 1}.

    A filter that learns from trusted rows is fitted `cv` times, each time without a
    fold of them, and s are the scores of the fit that held row i out (cross-conformal
    p-values [1]_); a filter that needs none is fitted once, and not told of any. Clean
    rows have p-values that are spread evenly, whatever the filter and the data, if the
    trusted rows are a random sample of the clean ones.

    Of m clean rows the number below the r-th of n trusted rows is beta-binomial with
    parameters m, r and n + 1 - r. What exceeds its quantile is poison, added to the
    clean rows or put in the place of any of them, which bounds the number of poisons
    from below and tests whether there is any. Twelve ranks r share the error: its level
    at each comes from draws of the counts at all of them, so that the bound holds at
    all together, in the spirit of [2]_.

    Parameters
    ----------
    filter : filter or outlier detector
        A defense of this package, or a detector of scikit-learn or PyOD. X is left to
        it. Steps before it go into a pipeline around this filter.
    rule : {"excess", "fdr", "local"}, default="excess"
        Which rows go, the most suspect first.

        - "excess": as many as are in excess, if that is more than chance: the excess
          below the filter's own threshold, or `poison_share_` of the rows, whichever is
          more and significant (each at 2.5 %). From a clean set nothing is removed in
          95 % of cases.
        - "fdr": as many as keep the expected share of clean rows among the removed
          below `q` [3]_.
        - "local": those that are rather poison than clean, by the density of the
          p-values around their own [4]_. It sees less poison than the others need, and
          removes a few rows of many a clean set.

    q : float in (0, 1), default=0.1
        False discovery rate of the rule "fdr"; the others do not read it.
    cv : int, default=5
        Number of folds of trusted rows, for a filter that learns from them.
    groups : {None, "class"}, default=None
        "class" measures each row against the trusted rows of its own class. Use it
        where the trusted rows are no random sample of the classes; it needs some tens
        of trusted rows in each.
    n_jobs : int or None, default=None
        Number of fits at a time.
    random_state : int, RandomState instance or None, default=None
        Deals the folds. A filter that draws random numbers needs its own.

    Attributes
    ----------
    filters_ : list of filters
        The fitted filters, one per fold, or one.
    p_values_ : ndarray of shape (n_samples,)
        p-value of each untrusted row. Of a trusted row its rank among those that were
        held out with it, as a share of them.
    q_values_ : ndarray of shape (n_samples,)
        The smallest false discovery rate at which a row would be removed; 1 for
        trusted rows.
    poison_share_ : float
        Estimated share of poison among the untrusted rows: the excess below the
        threshold that bounds it best, among those below the median trusted row.
    poison_share_lower_ : float
        One-sided 95 % lower bound of it.
    poisoned_p_value_ : float
        p-value of the hypothesis that no untrusted row is poison.
    sample_scores_ : ndarray of shape (n_samples,)
        The p-values, ties of untrusted rows broken by their mean score above the
        filter's own threshold. Lower is more suspect.
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

    Raises
    ------
    TypeError
        While fitting, for a pipeline that ends in a filter.
    ValueError
        While fitting, without trusted rows, when none of them can be held out, and for
        scores that are not finite.

    Warns
    -----
    FewTrustedRowsWarning
        When nothing is removed and the trusted rows are too few to show a poison share
        of 5 %. It says how many would do.
    UntrustedClassWarning
        When no row of some class is trusted. The rows of such a class are kept.
    DegenerateFilterWarning
        When more rows than are in excess tie as the most suspect: none is removed.

    See Also
    --------
    AnnealedTrustFilter : A good filter to calibrate where some rows are trusted.

    Notes
    -----
    What breaks it: trusted rows from another distribution than the clean untrusted
    ones, of another time or source, say; the difference is then taken for poison.
    Where only the classes differ in their trusted shares, `groups="class"` helps. Wrong
    trusted rows make it remove less: of a tenth of the digits that were relabelled in
    one group it removed .90, and .09 where four of 210 trusted rows, those next to the
    group, were wrong as well (doc/results/adaptive.md). Poison that its filter does not
    see stays.

    The p-values of one fit are exact. Those of several fits come close: at worst their
    errors double [1]_. The bound and the tests treat them as exact.

    The number of thresholds and the form of the rules "excess" and "local" are this
    project's.

    References
    ----------
    .. [1] V. Vovk, "Cross-conformal predictors", 2015.
    .. [2] N. Meinshausen and J. Rice, "Estimating the proportion of false null
       hypotheses among a large number of independently tested hypotheses", 2006.
    .. [3] Y. Benjamini and Y. Hochberg, "Controlling the False Discovery Rate", 1995;
       for conformal p-values S. Bates et al., "Testing for Outliers with Conformal
       p-values", 2023.
    .. [4] B. Efron et al., "Empirical Bayes Analysis of a Microarray Experiment", 2001,
       with the density of U. Grenander, "On the Theory of Mortality Measurement", 1956.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.attacks import LabelFlipAttack
    >>> from skpoison.defenses import CalibratedFilter, DeepKNNFilter
    >>> X, y = load_digits(return_X_y=True)
    >>> trusted = np.arange(len(y)) % 5 == 0
    >>> attack = LabelFlipAttack(rate=0.1, random_state=0)
    >>> y[~trusted] = attack.fit_poison(X[~trusted], y[~trusted]).y
    >>> filter = CalibratedFilter(DeepKNNFilter(k=15)).fit(X, y, trusted=trusted)
    >>> round(filter.poison_share_, 2), round(filter.poison_share_lower_, 2)
    (0.1, 0.08)
    """

    _parameter_constraints: dict = {
        "filter": [HasMethods("fit")],
        "rule": [StrOptions({"excess", "fdr", "local"})],
        "q": [Interval(Real, 0, 1, closed="neither")],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "groups": [StrOptions({"class"}), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
    _validates_X = False
    _needs_trusted = True
    _advice_on_small_classes = (
        "Trust more rows of the small classes, or pass groups='class'."
    )

    def __init__(
        self,
        filter: Estimator,
        *,
        rule: Literal["excess", "fdr", "local"] = "excess",
        q: float = 0.1,
        cv: int = 5,
        groups: Literal["class"] | None = None,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.filter = filter
        self.rule = rule
        self.q = q
        self.cv = cv
        self.groups = groups
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _is_regression(self, y):
        if isinstance(self.filter, PoisonFilter):
            return self.filter._is_regression(y)
        # A detector does not read y: nothing depends on what whole numbers mean.
        return type_of_target(y) == "continuous"

    def _score_training_rows(self, X, y, trusted):
        classes = self._classes_of(y)
        held_out = held_out_scores(
            self.filter,
            X,
            self.classes_[y] if hasattr(self, "classes_") else y,
            classes,
            trusted,
            canonical_order(X, y, trusted) if needs_trusted(self.filter) else None,
            self.cv,
            check_random_state(self.random_state),
            self.n_jobs,
        )
        if hasattr(self, "classes_"):
            self._warn_of_unmeasured(y, held_out.folds)
        self.filters_ = held_out.filters
        self._yardsticks = Yardsticks(held_out, classes, trusted, self.groups)
        self.p_values_, scores = self._yardsticks.measure(
            held_out.margins, classes, held_out.folds
        )
        samples = self._yardsticks.samples(self.p_values_, classes, ~trusted)
        self._sum_up(samples, np.sum(~trusted))
        self.q_values_ = np.ones(len(y))
        self.q_values_[~trusted] = q_values(self.p_values_[~trusted])
        n_removed = self._count_suspects(samples)
        if n_removed == 0:
            if not trusted.all():
                warn_of_missing_power(self.rule, samples, self.q, _ALPHA)
            return scores, 0.0
        return scores, offset_of_lowest(
            scores[~trusted], n_removed, advice="Use a filter with finer scores."
        )

    def _classes_of(self, y):
        if hasattr(self, "classes_"):
            return y
        if self.groups == "class":
            raise ValueError(
                "groups='class' needs labels, and y holds the target values of a "
                "regression. Pass groups=None."
            )
        return np.zeros(len(y), dtype=int)

    def _warn_of_unmeasured(self, y, folds):
        unmeasured = np.setdiff1d(y, y[folds >= 0])
        if len(unmeasured):
            warn(
                "No trusted row could be held out of "
                f"{self.classes_[unmeasured].tolist()}: the rows of such a class are "
                "kept, poison or not. Trust at least two rows of each class.",
                UntrustedClassWarning,
            )

    def _count_suspects(self, samples):
        if self.rule == "fdr":
            return int(np.sum(self.q_values_ <= self.q))
        if self.rule == "local":
            return local_rows(samples)
        return excess_rows(samples, _ALPHA)

    def _sum_up(self, samples, n_untrusted):
        counts = [
            count_poisons(sample.p_values, sample.n, _ALPHA / len(samples))
            for sample in samples
        ]
        n = max(n_untrusted, 1)
        self.poison_share_ = float(sum(count.estimate for count in counts) / n)
        self.poison_share_lower_ = float(sum(count.lower for count in counts) / n)
        self.poisoned_p_value_ = float(
            min(1.0, len(counts) * min(count.p_value for count in counts))
        )

    @available_if(_scores_new_rows)
    def _score_new_rows(self, X, y):
        labels = self.classes_[y] if hasattr(self, "classes_") else y
        margins = np.array([score_by(filter, X, labels) for filter in self.filters_])
        return self._yardsticks.measure(margins, self._classes_of(y))[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.filter).input_tags
        return tags

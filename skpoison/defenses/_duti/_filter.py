"""DUTI: the smallest changes of labels that bring a learner to agree with trust."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Literal

import numpy as np
from sklearn import get_config

from ..._utils.callbacks import report_iterations
from ..._utils.canonical_order import canonical_order
from ..._utils.kernel_features import kernel_features
from ..._utils.parameters import Interval, StrOptions
from ..._utils.shares import floor_share, warn_of_empty_share
from ..._utils.targets import is_regression
from ..._utils.trusted import warn_of_untrusted_classes
from ..._utils.typing import RandomState
from ...base import PoisonFilter
from ._label_path import TrustedAgreement, label_path
from ._large_soft_logistic import LargeSoftLogisticRegression, directions_that_count
from ._low_rank_fit import LowRankFit
from ._soft_logistic import SoftLogisticRegression
from ._trusted_fit import N_STEPS, TrustedFit, n_bytes_of_trusted_fit

_DEFAULT_ALPHA = {"classification": 3e-3, "regression": 3e-2}
_DEFAULT_SHARE = 0.1


class DUTIFilter(PoisonFilter):
    r"""Find the labels whose change makes a learner agree with the trusted rows.

    Debugging Using Trusted Items asks which labels have to change, and as little as
    possible, for a kernel learner trained on the changed labels to predict the m
    trusted rows and to fit its own n training rows, the trusted among them.

    In a classification the learner is a multinomial kernel logistic regression, and row
    i has soft labels :math:`q_i` that start at its own label:

    .. math:: \min_q \frac{c}{m} \sum_{j\,trusted} \ell(x_j, y_j, \theta(q))
              + \frac1n \sum_i \ell(x_i, q_i, \theta(q))
              + \frac{\gamma}{n} \sum_i (1 - q_i[y_i]),

    with the coefficients :math:`\theta(q)` of the learner, whose response to the labels
    gives the gradient by the implicit function theorem. The penalty :math:`\gamma`
    starts where no label moves and halves from step to step, until the last step does
    without it. The earlier a row loses half of its label, the more suspect it is. Rows
    that do so while a change still costs :math:`\gamma \ge 1` are suspects: without
    a penalty every row that the learner doubts would be.

    In a regression the learner is kernel ridge regression, the losses are squared
    errors and the changes :math:`\delta_i` of the target values are penalised by their
    absolute values: a lasso, whose path is followed. The earlier the change of a row
    leaves zero, the more suspect it is. The columns of that lasso are not standardised,
    so that a change costs the same in every row.

    This is the defense against *systematic* label errors, which neighbours share and
    therefore confirm. Random ones the neighbours
    (:class:`~skpoison.defenses.DeepKNNFilter`) see nearly as well, far cheaper and
    without a trusted row. Features are used as they are scaled: standardise them where
    their units differ.

    What breaks it: wrong trusted rows, and features in which the learner cannot tell
    the classes apart (clean rows of german then go, for 2.3 points of accuracy); poison
    that no trusted row contradicts, such as a trigger, of which it finds an F1 of .24
    on four tables, and .19 of that of :class:`~skpoison.attacks.MinMaxAttack`, where
    that of far flips is .59 (doc/results/matrix.md); and the flips that it scores as
    cleanest, for an attacker who has the trusted rows (of those of Fourclass it finds
    20 %, of random ones 92 %: doc/results/adaptive.md).

    Parameters
    ----------
    task : {"classification", "regression"}, default="classification"
    kernel : {"rbf", "linear"}, default="rbf"
        Of the learner; both have an intercept.
    gamma : float, default=1.0
        Coefficient of the RBF kernel, in units of 1 / (mean squared distance of a row
        to the median of the rows, where distances beyond twice their median count as
        that much).
    alpha : float, default=None
        Ridge penalty of the learner, relative to the mean loss per row. By default
        0.003 in a classification and 0.03 in a regression.
    trusted_weight : float, default=None
        Weight c of the trusted rows' loss. By default 10 for two classes, 1 for more
        and in a regression; a large weight finds more errors and accuses more clean
        rows.
    contamination : float in (0, 0.5], default=None
        Share of the untrusted rows to remove, the most suspect ones. By default the
        rows that lose more than half of their label at a penalty of 1, and in a
        regression a share of 0.1.
    n_components : int, default=500
        Number of landmark rows of the Nystroem features of the RBF kernel. From
        n_samples on the kernel is exact.
    random_state : int, RandomState instance or None, default=None
        Draws the landmarks, in a way that does not depend on the order of the rows.

    Attributes
    ----------
    ranking_ : ndarray of int of shape (n_untrusted,)
        The untrusted rows, most suspect first: whom to ask about first.
    y_corrected_ : ndarray of shape (n_samples,)
        The given labels, those of the suspects replaced by what the learner proposes:
        the most probable other label, or the value that fits best when only the
        suspects may change.
    sample_scores_ : ndarray of shape (n_samples,)
        The step of the path at which a row became suspect, plus its place from 0 to 1
        among those of that step, which goes by the size of their changes; lower is more
        suspect. Trusted rows have the highest score.
    offset_ : float
        Rows with a lower score are suspects.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels; absent for regressions.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Warns
    -----
    UntrustedClassWarning
        When no row of some class is trusted.

    Notes
    -----
    Memory grows with n_samples x n_components. While five matrices of
    n_samples\ :sup:`2` numbers fit into scikit-learn's `working_memory`
    (:func:`sklearn.set_config`; 5,181 rows at its default), a regression holds them.
    For more rows it follows the same lasso in the space of the features, exactly, and a
    classification leaves out the directions of the features that the penalty of the
    learner shrinks to less than a tenth of their share: of 2,000 rows, blobs or digits
    of MNIST, one at most gets another verdict (``tests/benchmarks/bench_memory.py``).

    A classification takes some hundred fits of the learner, each of
    n_samples x n_components x n_classes operations times a few dozen.

    A callback (:mod:`sklearn.callback`) is told of the steps of the path. One that
    ends it leaves the rows that would have become suspect later unsuspected.

    The authors' trusted rows are no training rows, their classification has two
    classes (the soft labels on a simplex are the extension to more), and what they call
    suspect is left to a budget of rows or to the end of the path.

    References
    ----------
    .. [1] X. Zhang, X. Zhu, S. Wright, "Training Set Debugging Using Trusted Items",
       AAAI 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import DUTIFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> y_wrong = y.copy()
    >>> y_wrong[100:130] = 1  # three of five virginicas, and so their neighbours too
    >>> trusted = np.r_[0:50:10, 50:100:10, 130:150:4]
    >>> duti = DUTIFilter(random_state=0).fit(X, y_wrong, trusted=trusted)
    >>> np.mean(y_wrong == y), np.mean(duti.y_corrected_ == y).round(2)
    (np.float64(0.8), np.float64(0.93))
    """

    _parameter_constraints: dict = {
        "task": [StrOptions({"classification", "regression"})],
        "kernel": [StrOptions({"rbf", "linear"})],
        "gamma": [Interval(Real, 0, None, closed="neither")],
        "alpha": [Interval(Real, 0, None, closed="neither"), None],
        "trusted_weight": [Interval(Real, 0, None, closed="neither"), None],
        "contamination": [Interval(Real, 0, 0.5, closed="right"), None],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }
    _needs_trusted = True
    _advice_on_small_classes = "Trust more rows of the small classes."

    def __init__(
        self,
        task: Literal["classification", "regression"] = "classification",
        *,
        kernel: Literal["rbf", "linear"] = "rbf",
        gamma: float = 1.0,
        alpha: float | None = None,
        trusted_weight: float | None = None,
        contamination: float | None = None,
        n_components: int = 500,
        random_state: RandomState = None,
    ) -> None:
        self.task = task
        self.kernel = kernel
        self.gamma = gamma
        self.alpha = alpha
        self.trusted_weight = trusted_weight
        self.contamination = contamination
        self.n_components = n_components
        self.random_state = random_state

    def _is_regression(self, y):
        return is_regression(y, self.task)

    def _score_training_rows(self, X, y, trusted):
        if trusted.all():
            raise ValueError("Every row is trusted: there is none to judge.")
        # In an order that follows from the contents of the rows, so that the landmarks
        # drawn from them, and every step of the path, do too.
        order = canonical_order(X, y, trusted)
        back = np.argsort(order)
        features = kernel_features(
            X[order],
            kernel=self.kernel,
            gamma=self.gamma,
            n_components=self.n_components,
            random_state=self.random_state,
        )
        judge = self._judge_values if self.task == "regression" else self._judge_labels
        scores, offset, corrected = judge(features, y[order], trusted[order])
        scores, self.y_corrected_ = scores[back], corrected[back]
        untrusted = np.flatnonzero(~trusted)
        self.ranking_ = untrusted[np.argsort(scores[untrusted], kind="stable")]
        return scores, offset

    def _judge_labels(self, features, y, trusted):
        n_classes = len(self.classes_)
        warn_of_untrusted_classes(self.classes_, y, trusted)
        weight = 10.0 if n_classes == 2 else 1.0
        alpha, weight = self._strengths(weight)
        penalty = alpha * len(y)
        if _are_many(y):
            features = directions_that_count(features, penalty)
            learner = LargeSoftLogisticRegression(features, penalty)
        else:
            learner = SoftLogisticRegression(features, penalty)
        objective = TrustedAgreement(learner, y, n_classes, trusted, weight)
        step, place, n_paid, Q = label_path(objective, self._report_steps)
        scores = step + place
        scores[trusted] = scores.max() + 1.0
        offset = float(n_paid)
        if self.contamination is not None:
            offset = _offset_of_share(scores[~trusted], self.contamination)
        suspect = ~trusted & (scores < offset)
        other = np.where(objective.given > 0, -1.0, Q).argmax(axis=1)
        return scores, offset, self.classes_[np.where(suspect, other, y)]

    def _judge_values(self, features, y, trusted):
        make_fit = LowRankFit if _are_many(y) else TrustedFit
        fit = make_fit(features, y, trusted, *self._strengths(1.0))
        step, place = fit.path(self._report_steps)
        scores = np.full(len(y), N_STEPS + 1.0)
        scores[~trusted] = step + place
        share = _DEFAULT_SHARE if self.contamination is None else self.contamination
        offset = _offset_of_share(scores[~trusted], share)
        suspect = ~trusted & (scores < offset)
        corrected = y.astype(np.float64)
        corrected[suspect] += fit.changes(suspect[~trusted])
        return scores, offset, corrected

    def _max_subtasks(self):
        return 1

    def _report_steps(self, n_steps):
        """Count the steps of the path, and tell the callbacks of each."""
        path = self._callback_fit_ctx.subcontext("path", max_subtasks=n_steps)
        path.call_on_fit_task_begin(estimator=self)
        yield from report_iterations(path, self, range(n_steps))
        path.call_on_fit_task_end(estimator=self)

    def _strengths(self, trusted_weight):
        alpha = _DEFAULT_ALPHA[self.task] if self.alpha is None else self.alpha
        if self.trusted_weight is not None:
            trusted_weight = self.trusted_weight
        return alpha, trusted_weight


def _are_many(rows):
    """Whether matrices of these rows would not fit into `working_memory`."""
    budget = get_config()["working_memory"] * 2**20
    return n_bytes_of_trusted_fit(len(rows)) > budget


def _offset_of_share(scores, share):
    """The score below which at most this share of the rows lies."""
    warn_of_empty_share(f"contamination={share}", share, [len(scores)])
    return np.sort(scores)[floor_share(share, len(scores))]

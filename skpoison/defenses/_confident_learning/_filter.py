"""Rows whose labels out-of-fold probabilities contradict."""

from __future__ import annotations

from numbers import Integral
from typing import Literal

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.utils import check_random_state, get_tags

from ..._utils.canonical_order import canonical_order
from ..._utils.containers import take_rows
from ..._utils.folds import folds_to_hold_out
from ..._utils.parameters import HasMethods, Interval, StrOptions
from ..._utils.typing import Estimator, RandomState
from ...base import PoisonFilter
from ._pruning import confident_joint, pruned


class ConfidentLearningFilter(PoisonFilter):
    r"""Remove as many rows as out-of-fold probabilities say are mislabelled.

    Confident learning [1]_ needs no share of poison: it estimates how many rows of each
    label are of each other class. With :math:`p_j` the out-of-fold probability of class
    j and :math:`t_j` its mean over the rows labelled j, a row counts for the most
    probable class of those with :math:`p_j \ge t_j`, and for none where there is none.
    Scaled to the number of rows of each label, the counts C say how many to prune:

    - "noise rate": for each label i and other class j the C[i, j] rows with the largest
      :math:`p_j - p_i`;
    - "class": for each label i the rows with the lowest :math:`p_i`, all that C counts
      for other classes;
    - "both": the rows that both would prune.

    A row whose most probable class is its label is never removed, and rows that tie at
    a cut are kept. The only row of its class is judged by models that have seen it.

    What breaks it: wrong labels that models can learn from other wrong labels, such as
    a whole region that is relabelled or a trigger with one label (on four tables an F1
    of .32 and of 0, where that of random flips is .61; of the 6.8 points of accuracy
    that relabelled regions cost it saves 1.4: doc/results/matrix.md; of flips far from
    the boundary of Fourclass, or in groups, chosen by an attacker who has the filter,
    it finds 8 %: doc/results/adaptive.md); classes that overlap, where hard clean rows
    are pruned; and poison inside the classes, of which
    :class:`~skpoison.attacks.InfluenceAttack` and :class:`~skpoison.attacks.KKTAttack`
    bring all past it.

    Parameters
    ----------
    estimator : classifier
        With `predict_proba`. X is left to it: missing values, words, column names and
        sparse rows are welcome where it takes them.
    prune : {"noise rate", "class", "both"}, default="noise rate"
        Which rows go.
    cv : int, default=5
        Number of folds.
    n_jobs : int or None, default=None
        Number of fits at a time.
    random_state : int, RandomState instance or None, default=None
        Deals the folds. An estimator that draws random numbers needs its own.

    Attributes
    ----------
    probabilities_ : ndarray of shape (n_samples, n_classes)
        Out of fold.
    thresholds_ : ndarray of shape (n_classes,)
        Mean probability of each class over the rows with its label.
    joint_ : ndarray of shape (n_classes, n_classes)
        Estimated number of rows by given label and true class.
    sample_scores_ : ndarray of shape (n_samples,)
        The probability of the label, and 1 less for rows to prune; lower is more
        suspect.
    offset_ : float
        0: rows with a lower score are suspects.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Raises
    ------
    ValueError
        While fitting, when every class has one row alone.

    See Also
    --------
    LossFilter : Removes a given share by the same probabilities.

    References
    ----------
    .. [1] C. Northcutt, L. Jiang and I. Chuang, "Confident Learning: Estimating
       Uncertainty in Dataset Labels", JAIR 70, 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skpoison.defenses import ConfidentLearningFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[0, 60, 140]] = [1, 2, 0]
    >>> model = LogisticRegression(max_iter=1000)
    >>> filter = ConfidentLearningFilter(model, random_state=0).fit(X, y)
    >>> filter.inlier_mask_[[0, 60, 140]]
    array([False, False, False])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "prune": [StrOptions({"noise rate", "class", "both"})],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
    _validates_X = False

    def __init__(
        self,
        estimator: Estimator,
        *,
        prune: Literal["noise rate", "class", "both"] = "noise rate",
        cv: int = 5,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.prune = prune
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _score_training_rows(self, X, y, trusted):
        order = canonical_order(X, y, trusted)
        self.probabilities_ = np.empty((len(y), len(self.classes_)))
        self.probabilities_[order] = self._out_of_fold(*take_rows(order, X, y))
        self.joint_, self.thresholds_ = confident_joint(self.probabilities_, y)
        removable = np.ones(len(y), dtype=bool) if trusted is None else ~trusted
        gone = pruned(self.probabilities_, y, self.joint_, self.prune, removable)
        return self.probabilities_[np.arange(len(y)), y] - gone, 0.0

    def _out_of_fold(self, X, y):
        rng = check_random_state(self.random_state)
        folds = folds_to_hold_out(y, self.cv, rng, type(self).__name__)
        judged = [(folds == fold) | (folds == -1) for fold in range(folds.max() + 1)]
        fits = Parallel(self.n_jobs)(
            delayed(_fit_and_judge)(
                self.estimator, X, self.classes_[y], folds == fold, rows
            )
            for fold, rows in enumerate(judged)
        )
        sums = np.zeros((len(y), len(self.classes_)))
        for rows, probabilities in zip(judged, fits):
            sums[rows] += probabilities
        return sums / sums.sum(axis=1, keepdims=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _fit_and_judge(estimator, X, y, held_out, judged):
    """Probabilities of the judged rows by a model that has not seen the held-out ones.

    Every class is among the others: the only row of its class is never held out.
    """
    model = clone(estimator).fit(*take_rows(~held_out, X, y))
    (rows,) = take_rows(judged, X)
    return np.asarray(model.predict_proba(rows), dtype=np.float64)

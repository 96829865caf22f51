"""The label-flip attack: some rows of the training set get another label."""

from __future__ import annotations

from numbers import Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.callback import CallbackSupportMixin
from sklearn.svm import SVC
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from ..._utils.callbacks import report_iterations
from ..._utils.canonical_order import canonical_order
from ..._utils.containers import check_rows
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import encode_labels
from ..._utils.parameters import HasMethods, Interval, StrOptions, fit_context
from ..._utils.shares import warn_of_empty_share
from ..._utils.targets import target_column
from ..._utils.typing import Estimator, MatrixLike, RandomState
from ...base import PoisonAttack, PoisonedData
from ._alfa import MAX_ROUNDS, alfa_flips
from ._cluster import PLACEMENTS, cluster_flips
from ._distance import distance_flips
from ._kernel import training_kernel
from ._kernel_svm import KernelSVM
from ._random import random_flips
from ._tilt import N_TRIALS, tilt_flips

# What makes the flips, and in how many iterations at most.
_OF_TWO_CLASSES = {
    "tilt": (tilt_flips, N_TRIALS),
    "alfa": (alfa_flips, MAX_ROUNDS),
    "cluster": (cluster_flips, len(PLACEMENTS)),
}


class LabelFlipAttack(CallbackSupportMixin, PoisonAttack):
    r"""Give a share of the training rows another label.

    The attacker changes labels but no features. All strategies but "random" assume that
    the attacker knows the training set and the attacked model, which is trained on it.

    Parameters
    ----------
    strategy : {"random", "near", "far", "tilt", "alfa", "cluster"}, default="random"
        Which rows to flip.

        - "random": rows drawn uniformly, to a class drawn uniformly.
        - "near", "far": the rows nearest to, or farthest from, the decision boundary,
          by the difference between the decision values of their class and of the best
          other one. Near rows get the most plausible other class, far rows the least
          plausible one.
        - "tilt": adversarial label flips [1]_, section 3.2: the best of 20 random
          trials to turn the weight vector. Two classes.
        - "alfa": alternating minimisation [2]_: flips that the clean machine fits badly
          and the machine trained on them well. Two classes.
        - "cluster": groups of neighbours of one class, placed one after the other where
          the machine trained on them errs most on the true labels. Two classes.

    rate : float in [0, 1], default=0.1
        Share of the rows to flip: round(rate x n_samples) of them.
    estimator : estimator, default=None
        The attacked model; None is ``SVC()``. "near" and "far" take any classifier with
        a `decision_function`; "tilt", "alfa" and "cluster" take an
        :class:`~sklearn.svm.SVC` with any kernel and refit it. It is
        cloned, so a fit of it is neither used nor changed.
    random_state : int, RandomState instance or None, default=None
        Seed of "random" and "tilt"; the others draw nothing.

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

    Notes
    -----
    "tilt", "alfa" and "cluster" multiply by the kernel matrix of the training rows.
    While its 8 n_samples\ :sup:`2` bytes fit into scikit-learn's `working_memory`
    (:func:`sklearn.set_config`; 11,585 rows at its default) they hold it. From there on
    they compute it again, block by block, for each product, and `working_memory` is the
    size of the kernel cache of the SVC: the flips are the same, save for rounding. A
    precomputed kernel, and one that is a function, are held whole in any case. What
    remains is the time of the SVC, which grows faster than n_samples\ :sup:`2`:
    21 fits for "tilt", at most 51 for "alfa", some 290 for "cluster". Of more than some
    10\ :sup:`4` rows attack a sample, and put its labels back.

    "near" and "far" take one fit and the decision values of all rows, which for an SVC
    grow with n_samples\ :sup:`2` too, and in proportion to n_samples for an estimator
    such as ``make_pipeline(Nystroem(gamma=...), LinearSVC())``.

    A callback (:mod:`sklearn.callback`) is told of each iteration of these three: of
    the trials of "tilt", the rounds of "alfa", the six placements of "cluster".

    References
    ----------
    .. [1] B. Biggio, B. Nelson and P. Laskov, "Support Vector Machines Under
       Adversarial Label Noise", 2011.
    .. [2] H. Xiao, H. Xiao and C. Eckert, "Adversarial Label Flips Attack on Support
       Vector Machines", 2012, section 3.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sklearn.svm import SVC
    >>> from skpoison.attacks import LabelFlipAttack
    >>> X, y = make_moons(200, noise=0.1, random_state=0)
    >>> svc = SVC(gamma=2)
    >>> float(svc.fit(X, y).score(X, y))
    0.995
    >>> attack = LabelFlipAttack(strategy="far", rate=0.2, estimator=svc)
    >>> poisoned = attack.fit_poison(X, y)
    >>> bool(svc.fit(poisoned.X, poisoned.y).score(X, y) < 0.8)
    True
    """

    _parameter_constraints: dict = {
        "strategy": [StrOptions({"random", "near", "far", *_OF_TWO_CLASSES})],
        "rate": [Interval(Real, 0, 1, closed="both")],
        "estimator": [HasMethods(["fit", "decision_function"]), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        strategy: Literal[
            "random", "near", "far", "tilt", "alfa", "cluster"
        ] = "random",
        rate: float = 0.1,
        estimator: Estimator | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.strategy = strategy
        self.rate = rate
        self.estimator = estimator
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    @unfitted_by_failure
    def fit_poison(self, X: MatrixLike, y: ArrayLike) -> PoisonedData:
        """Flip labels of a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Features; of any kind for "random", which does not read them, and else what
            the attacked model takes.
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
            For fewer than two classes, more than the strategy is defined for, targets
            that are no classes, or lengths that differ.
        TypeError
            For "tilt", "alfa" and "cluster" when `estimator` is no SVC.
        """
        context = self._init_callback_context(max_subtasks=self._max_subtasks())
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        if X is not None:
            check_rows(X)
        check_consistent_length(X, y)
        y = target_column(y)
        self.classes_, codes = encode_labels(column_or_1d(y), type(self).__name__)
        n_flips = round(self.rate * len(codes))
        if n_flips == 0:
            warn_of_empty_share(
                f"rate={self.rate}", self.rate, [len(codes)], done="flipped"
            )
        rows, flipped = self._flips(X, codes, n_flips)
        order = np.argsort(rows)
        poisoned = self._relabel(X, y, rows[order], self.classes_[flipped[order]])
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return poisoned

    def _max_subtasks(self):
        _, n_iterations = _OF_TWO_CLASSES.get(self.strategy, (None, 0))
        return n_iterations

    def _flips(self, X, codes, n_flips):
        """The rows to flip, and the positions of their new labels in `classes_`."""
        random_state = check_random_state(self.random_state)
        if self.strategy == "random":
            return random_flips(codes, len(self.classes_), n_flips, random_state)
        estimator = SVC() if self.estimator is None else self.estimator
        if self.strategy in ("near", "far"):
            return distance_flips(
                estimator,
                X,
                self.classes_[codes],
                codes,
                n_flips,
                farthest=self.strategy == "far",
            )
        rows = self._flips_of_svc(estimator, X, codes, n_flips, random_state)
        return rows, 1 - codes[rows]

    def _flips_of_svc(self, svc, X, codes, n_flips, random_state):
        if len(self.classes_) > 2:
            raise ValueError(
                f"strategy={self.strategy!r} is defined for two classes, but y holds "
                f'{len(self.classes_)}. Use "random", "near" or "far".'
            )
        if not isinstance(svc, SVC):
            raise TypeError(
                f"strategy={self.strategy!r} attacks an SVC; got estimator={svc!r}. "
                "Preprocess X before the attack rather than in a pipeline, or use "
                '"random", "near" or "far".'
            )
        X = check_array(X, dtype=float, accept_sparse="csr", input_name="X")
        # libsvm's solution depends on the order of the rows, within its tolerance.
        order = canonical_order(X, codes)
        X = X[order][:, order] if svc.kernel == "precomputed" else X[order]
        svm = KernelSVM(training_kernel(svc, X), self.classes_)
        signs = np.where(codes[order] == 1, 1.0, -1.0)
        make_flips, n_iterations = _OF_TWO_CLASSES[self.strategy]
        iterations = report_iterations(
            self._callback_fit_ctx, self, range(n_iterations)
        )
        return order[make_flips(svm, signs, n_flips, iterations, random_state)]

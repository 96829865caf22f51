"""One-class SVM per class."""

from __future__ import annotations

from numbers import Real
from typing import Literal

import numpy as np
from sklearn.svm import OneClassSVM

from .._utils.messages import warn
from .._utils.parameters import Interval, StrOptions
from ..exceptions import DegenerateFilterWarning
from ._per_class import PerClassFilter


class OneClassSVMFilter(PerClassFilter):
    r"""Remove the rows outside a one-class SVM with radial kernel, one per class.

    With nu x (rows of the class) below 1 no row can lie outside, and the sign of the
    decision function is rounding noise. `tolerance` keeps such rows, and a
    :class:`~skpoison.exceptions.DegenerateFilterWarning` tells of it. In the setting of
    the paper (nu of .01, 50 rows a class) its figures are made of this noise;
    `tolerance=0` reproduces them in kind.

    What breaks it: poison that forms a dense group, or is more than about `nu` of its
    class, becomes part of what the machine takes for normal. Told the share, it finds
    an F1 of .42 of the random flips of Fourclass and .15 of those that harm a learner
    most, no more than random eviction (doc/results/fourclass.md); of the poison of
    :class:`~skpoison.attacks.InfluenceAttack` and :class:`~skpoison.attacks.KKTAttack`
    it finds none (doc/results/matrix.md).

    Parameters
    ----------
    nu : float in (0, 1], default=0.01
        Upper bound on the share of outliers of each class.
    gamma : {"scale", "auto"} or float, default="scale"
        Kernel coefficient, as in :class:`~sklearn.svm.OneClassSVM`.
    tolerance : float >= 0, default=1e-3
        Rows whose decision function is above -tolerance are kept. The solver runs to a
        tenth of it; 0 takes the sign of the decision function of a default solver.

    Attributes
    ----------
    detectors_ : list of n_classes OneClassSVM
        The fitted detector of each class.
    sample_scores_ : ndarray of shape (n_samples,)
        The decision function of the row's class.
    offset_ : float
        -tolerance: rows with a lower score are suspects.
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

    Warns
    -----
    DegenerateFilterWarning
        While fitting, when nu x (rows of a class) is below 1.

    Notes
    -----
    Time grows with n_samples\ :sup:`2`: every row is compared with the support vectors,
    which are a share of `nu` of the rows. A machine of landmark rows takes time in
    proportion to the rows: ``PerClassFilter(make_pipeline(Nystroem(gamma=...),
    SGDOneClassSVM(nu=0.01)))``.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 4 ("One-Class SVM Defense").
    .. [2] B. Schölkopf et al., "Estimating the Support of a High-Dimensional
       Distribution", Neural Computation 13(7), 2001.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.defenses import OneClassSVMFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> OneClassSVMFilter(nu=0.1).fit(X, y).inlier_mask_.sum()
    np.int64(141)
    """

    _parameter_constraints: dict = {
        "nu": [Interval(Real, 0, 1, closed="right")],
        "gamma": [
            StrOptions({"scale", "auto"}),
            Interval(Real, 0, None, closed="left"),
        ],
        "tolerance": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        nu: float = 0.01,
        *,
        gamma: Literal["scale", "auto"] | float = "scale",
        tolerance: float = 1e-3,
    ) -> None:
        self.nu = nu
        self.gamma = gamma
        self.tolerance = tolerance

    def _make_detector(self):
        return OneClassSVM(
            nu=self.nu, gamma=self.gamma, tol=self.tolerance / 10 or 1e-3
        )

    def _score_training_rows(self, X, y, trusted):
        scores, _ = super()._score_training_rows(X, y, trusted)
        degenerate = self.nu * np.bincount(y) < 1
        if degenerate.any():
            warn(
                f"nu={self.nu} allows less than one outlier in the classes "
                f"{self.classes_[degenerate].tolist()}: the one-class SVM finds none "
                "there. Raise nu above 1 / (rows of the class).",
                DegenerateFilterWarning,
            )
        return scores, -float(self.tolerance)

"""TRIM: a regression of the rows that it fits best."""

from __future__ import annotations

from numbers import Real
from typing import Literal

import numpy as np
from sklearn.base import RegressorMixin, clone, is_regressor
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ..._utils.canonical_order import canonical_order
from ..._utils.containers import take_rows
from ..._utils.messages import plain, warn
from ..._utils.parameters import HasMethods, Interval, StrOptions
from ..._utils.shares import floor_share, warn_of_empty_share
from ..._utils.typing import Estimator, MatrixLike
from ...base import PoisonFilter
from ...exceptions import PointMassWarning
from ._features import screened_features
from ._screening import root_mean_square, screen, smallest

# When TRIM as published ends, by the code of its authors.
_MAX_ITER = 400
_TOL = 1e-5


class TRIMRegressor(RegressorMixin, PoisonFilter):
    r"""Fit a regression to the rows that belong together, and leave out the rest.

    TRIM [1]_ alternates between fitting a regression to h rows and choosing the h rows
    with the smallest residuals. It has to be told h, and the residuals of fitted rows
    hide what pulls the fit most: with as many features as here a model bends towards
    poison with unusual features until its residual is small.

    The default screening judges each row by a fit that has not seen it. With a ridge
    regression of the kept rows I, whose penalty leaves it a fifth as many effective
    degrees of freedom as there are rows (`degrees_of_freedom`), the residual of row i
    is

    .. math:: e_i = \frac{y_i - \hat y_i}{1 - h_{ii}} \;\text{for}\; i \in I,
              \qquad e_i = y_i - \hat y_i \;\text{otherwise},

    :math:`h_{ii}` being the leverage: exactly the residual by the fit without row i.
    First I are the 60 % of the rows (all but a share of `max_contamination`) with the
    smallest :math:`|e_i|`, found as TRIM finds them. Then I grows, or shrinks, to

    .. math:: I = \{i : |e_i| \le \text{threshold} \cdot
              \sqrt{\tfrac{1}{|I|} \sum_{j \in I} e_j^2}\}

    until it stays the same, at never less than 60 % of the rows. The root mean square
    follows the tails of the clean residuals, where the median would call the tails of
    prices poison. `estimator` is then fitted to I or, where the contamination is given,
    to the h rows with the smallest :math:`|e_i|`.

    Where more rows share one target value than poison could make up, such as the zeros
    of claims or of rainfall, the residuals of these rows say nothing about those of the
    rest. They are then of the first I, without counting in its 60 % nor in the root
    mean square, and a warning says so.

    X is left to `estimator`: whatever it takes, this takes. The screening sees what the
    last step of a pipeline sees, and needs finite numbers there: impute and encode, and
    scale, in the steps before, which are fitted to all rows for it. Sparse features
    are screened as dense ones with as many columns as rows at most. With
    ``screening="residual"`` only the estimator sees X.

    As the last step of a pipeline this is a regressor, as an intermediate step of
    :class:`skpoison.pipeline.Pipeline` a filter.

    What breaks it: an attacker who knows the threshold keeps the residuals of his rows
    below it, and each of them still moves the fit a little (a fifth of such rows bring
    the error of house prices from .004 to .048, and 1 % of them go:
    doc/results/adaptive.md); features that explain little of the target, since much
    poison in one place then fits itself better than the clean rows fit each other (a
    fifth of gradient poison on the diabetes data);
    more poison than `max_contamination`, of the rows apart from those that share one
    value; clean rows of a small group that follow another law than the rest, which go;
    a relation that is far from linear in the features, since the screening is linear
    whatever the `estimator`: transform the features first, and scale them to comparable
    ranges, as for any ridge regression, in the pipeline that is the `estimator` or
    before.

    Parameters
    ----------
    estimator : regressor
        Fitted to the kept rows; a pipeline, for X that is not made of numbers.
    contamination : "auto" or float in [0, 0.5), default="auto"
        Share of the rows that is poison; h is what remains. "auto" finds it.
    screening : {"leave-one-out", "residual"}, default="leave-one-out"
        "residual" is TRIM as published: residuals of `estimator` on all rows, those it
        was fitted to included. It needs a `contamination`.
    threshold : float, default=3.5
        The largest residual of a row of I, in root mean squares of those of I.
    max_contamination : float in (0, 0.5], default=0.4
        Largest share of the rows that "auto" takes for poison. More lets the screening
        start from fewer rows, which can be poison that agrees with itself.
    degrees_of_freedom : float in (0, 1), default=0.2
        Effective degrees of freedom of the screening regression, as a share of the
        number of kept rows. More lets poison bend the regression towards itself; less
        hides it among residuals of clean rows that the regression cannot follow.

    Attributes
    ----------
    estimator_ : regressor
        Fitted to the kept rows.
    contamination_ : float
        Share of the rows that was removed.
    n_iter_ : int
        Number of fits while screening.
    sample_scores_ : ndarray of shape (n_samples,)
        Minus the absolute residual, in root mean squares of those of the kept rows.
    offset_ : float
        -`threshold`, or the score of the last of the h kept rows.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows: rows that tie for the last place are kept, and
        so are trusted rows always.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Warns
    -----
    PointMassWarning
        When a share above `max_contamination` of the rows has the same target.

    See Also
    --------
    SeverFilter : Removes rows by their gradients, in classifications too.
    sklearn.linear_model.RANSACRegressor : Finds rows that agree by drawing small
        subsets at random.

    Notes
    -----
    A fit costs O(n d min(n, d)), and some ten fits are made.

    TRIM as published starts from h rows drawn at random; here it starts from all of
    them, so that it does not depend on chance. It ends when the rows repeat, when the
    loss changes by less than a 1e-5 part, or after 400 fits.

    The defaults of `threshold`, `max_contamination` and `degrees_of_freedom` were
    chosen on the house prices (:func:`~skpoison.datasets.fetch_house_prices`: 300 rows,
    274 features, 4 - 20 % poison by the gradient and the statistical attack). The
    results on the doses of :func:`~skpoison.datasets.fetch_warfarin` are those of the
    same values.

    References
    ----------
    .. [1] M. Jagielski, A. Oprea, B. Biggio, C. Liu, C. Nita-Rotaru, B. Li,
       "Manipulating Machine Learning: Poisoning Attacks and Countermeasures for
       Regression Learning", IEEE S&P 2018, section IV-B, algorithm 2. The
       leave-one-out screening is this project's.
    .. [2] P. J. Rousseeuw, K. Van Driessen, "Computing LTS Regression for Large Data
       Sets", Data Mining and Knowledge Discovery 2006, section 3 (the C-step).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skpoison.defenses import TRIMRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(100, 1))
    >>> y = 3 * X.ravel() + 0.1 * rng.normal(size=100)
    >>> y[:8] = 9
    >>> trim = TRIMRegressor(Ridge(alpha=1e-3)).fit(X, y)
    >>> np.flatnonzero(~trim.inlier_mask_)
    array([0, 1, 2, 3, 4, 5, 6, 7])
    >>> trim.predict([[1.0], [2.0]]).round(1)
    array([3., 6.])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "contamination": [
            StrOptions({"auto"}),
            Interval(Real, 0, 0.5, closed="left"),
        ],
        "screening": [StrOptions({"leave-one-out", "residual"})],
        "threshold": [Interval(Real, 0, None, closed="neither")],
        "max_contamination": [Interval(Real, 0, 0.5, closed="right")],
        "degrees_of_freedom": [Interval(Real, 0, 1, closed="neither")],
    }
    _validates_X = False

    def __init__(
        self,
        estimator: Estimator,
        *,
        contamination: Literal["auto"] | float = "auto",
        screening: Literal["leave-one-out", "residual"] = "leave-one-out",
        threshold: float = 3.5,
        max_contamination: float = 0.4,
        degrees_of_freedom: float = 0.2,
    ) -> None:
        self.estimator = estimator
        self.contamination = contamination
        self.screening = screening
        self.threshold = threshold
        self.max_contamination = max_contamination
        self.degrees_of_freedom = degrees_of_freedom

    def _is_regression(self, y):
        return True

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Predict by the regression of the kept rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            What the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        validate_data(self, X, skip_check_array=True, reset=False)
        return self.estimator_.predict(X)

    def _score_training_rows(self, X, y, trusted):
        if not is_regressor(self.estimator):
            raise TypeError(
                "TRIMRegressor needs a regressor as estimator; "
                f"{type(self.estimator).__name__} is none."
            )
        if self.screening == "residual" and self.contamination == "auto":
            raise ValueError(
                "screening='residual' needs the share of the rows that is poison: pass "
                "contamination, or use screening='leave-one-out', which can do without."
            )
        y = y.astype(np.result_type(y, np.float32), copy=False)
        always = np.zeros(len(y), dtype=bool) if trusted is None else trusted
        varied = self._varied_rows(y)
        # The order of sums would show in the last digits, and so in ties.
        order = canonical_order(X, y, always)
        residuals, kept = np.empty(len(y)), np.empty(len(y), dtype=bool)
        residuals[order], kept[order], self.n_iter_ = self._screen(
            *take_rows(order, X, y, always, varied)
        )
        counted = kept & varied if (kept & varied).any() else kept
        spread = max(root_mean_square(residuals[counted]), _rounding(y))
        scores = -np.abs(residuals) / spread
        offset = min(scores[kept & ~always], default=0.0)
        if self.contamination == "auto":
            offset = min(offset, -float(self.threshold))
        kept = always | (scores >= offset)
        self.contamination_ = float(1 - kept.mean())
        fitted = order[kept[order]]
        self.estimator_ = clone(self.estimator).fit(*take_rows(fitted, X, y))
        return scores, offset

    def _varied_rows(self, y):
        """The rows apart from those that share one target, where these are too many."""
        values, position, counts = np.unique(y, return_inverse=True, return_counts=True)
        most = counts.max()
        if (
            self.screening == "residual"
            or len(values) == 1
            or most <= self.max_contamination * len(y)
        ):
            return np.ones(len(y), dtype=bool)
        n_varied = len(y) - most
        warn(
            f"y is {plain(values[counts.argmax()])!r} in {most} of {len(y)} rows, more "
            "than poison is assumed to make up. TRIMRegressor judges the other "
            f"{n_varied} rows by their own spread: it finds poison among them while "
            f"that is at most {floor_share(self.max_contamination, n_varied)} rows, "
            "and none that has the common value.",
            PointMassWarning,
        )
        return position != counts.argmax()

    def _screen(self, X, y, always, varied):
        """Residuals of all rows, the kept rows, and the number of fits."""
        n_kept = len(y)
        if self.contamination != "auto":
            warn_of_empty_share(
                f"contamination={self.contamination}", self.contamination, [len(y)]
            )
            n_kept -= floor_share(self.contamination, len(y))
        if self.screening == "residual":
            return self._trim(X, y, n_kept, always)
        X, y = screened_features(self.estimator, X, y), y.astype(np.float64)
        residuals, kept, n_iter = screen(
            X,
            y,
            threshold=self.threshold,
            max_contamination=self.max_contamination,
            degrees_of_freedom=self.degrees_of_freedom,
            always=always,
            varied=varied,
            floor=_rounding(y),
        )
        if self.contamination != "auto":
            kept = smallest(residuals, n_kept, always)
        return residuals, kept, n_iter

    def _trim(self, X, y, n_kept, always):
        """TRIM as published."""
        kept, loss = np.ones(len(y), dtype=bool), np.inf
        self.n_iter_ = 0
        while self.n_iter_ < _MAX_ITER:
            self.n_iter_ += 1
            fitted = clone(self.estimator).fit(*take_rows(kept, X, y))
            residuals = y - fitted.predict(X)
            before, kept = kept, smallest(residuals, n_kept, always)
            loss_before, loss = loss, np.sum(residuals[kept] ** 2)
            if (kept == before).all() or abs(loss_before - loss) <= _TOL * loss:
                break
        return residuals, kept, self.n_iter_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _rounding(y):
    """What rounding, or the least penalty, may leave of a residual that should be 0."""
    return 1e-8 * np.ptp(y) + 16 * np.finfo(y.dtype).eps * np.abs(y).max()

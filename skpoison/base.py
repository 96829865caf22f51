"""The contracts: what every defense and every attack offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    OneToOneFeatureMixin,
    OutlierMixin,
    TransformerMixin,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_consistent_length, check_X_y
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from ._utils.containers import (
    check_column_names,
    check_rows,
    n_rows,
    row_index,
    take_rows,
)
from ._utils.fitted_state import unfitted_by_failure
from ._utils.kept_rows import check_what_is_left, stand_in_rows
from ._utils.labels import encode_labels, label_positions
from ._utils.parameters import fit_context
from ._utils.row_steps import refuse_to_be_glued
from ._utils.stored_rows import check_stored_rows, stored_rows
from ._utils.targets import target_column
from ._utils.trusted import trusted_mask
from ._utils.typing import MatrixLike

__all__ = ["PoisonAttack", "PoisonFilter", "PoisonedData"]


class PoisonedData(NamedTuple):
    """A poisoned training set, and which of its rows are the poison.

    Attributes
    ----------
    X : array-like of shape (n_samples, ...)
        The rows, added poison last.
    y : array-like of shape (n_samples,)
        Their labels or target values.
    is_poison : ndarray of bool of shape (n_samples,)
        True where the attacker wrote the row or its label.
    """

    X: Any
    y: Any
    is_poison: np.ndarray


def _judges_new_rows(poison_filter):
    if not hasattr(poison_filter, "_score_new_rows"):
        raise AttributeError(
            f"{type(poison_filter).__name__} judges the rows it was fitted on alone: "
            "use fit_predict."
        )
    return True


class PoisonFilter(
    CallbackSupportMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    OutlierMixin,
    BaseEstimator,
    ABC,
):
    """Base of the defenses: finds the training rows that do not belong.

    A subclass writes `_score_training_rows` (its score per training row and its
    threshold) and, where the method can judge new labelled rows, `_score_new_rows`.
    Validation, trusted rows, masks, return types and guard rails live here.

    A filter that wraps an estimator sets `_validates_X` to False: rows, labels and
    column names are checked here, X itself is left to the estimator. One whose rows may
    be images sets `_allow_nd` to True. One that reads X block by block sets
    `_reads_blocks`: memory maps and dask arrays are then not loaded, but come as
    `StoredRows`.

    Attributes
    ----------
    sample_scores_ : ndarray of shape (n_samples,)
        Score of each training row; lower is more suspect.
    offset_ : float
        Threshold: a row is a suspect where its score is below it. `predict` reads
        it at every call, so it can be changed without a refit.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows. Trusted rows are always kept.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; absent for regression targets.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.
    """

    _parameter_constraints: dict = {}
    _validates_X = True
    _accept_sparse: bool | str = False
    _allow_nd = False
    _reads_blocks = False
    _needs_trusted = False
    _advice_on_small_classes = "Look at what it removed before you train on the rest."

    @abstractmethod
    def _score_training_rows(self, X, y, trusted):
        """Score of each training row and the threshold.

        Parameters
        ----------
        X : ndarray or sparse matrix of shape (n_samples, n_features)
            Validated, float32 or float64 as given, with `_allow_nd` also of more
            dimensions; X as it was given where `_validates_X` is False; perhaps
            `StoredRows` where `_reads_blocks` is True.
        y : ndarray of shape (n_samples,)
            Positions in `classes_`, or the target values of a regression.
        trusted : ndarray of bool of shape (n_samples,) or None

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Finite; lower is more suspect.
        offset : float
            A row is a suspect where its score is below it.
        """

    def _is_regression(self, y):
        """Whether y holds the target values of a regression; a subclass may know."""
        return False

    def _max_subtasks(self):
        """How many subtasks callbacks are told of; an iterative filter has some."""
        return 0

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def fit(
        self, X: MatrixLike, y: ArrayLike, *, trusted: ArrayLike | None = None
    ) -> Self:
        """Judge the training rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows; for a filter that wraps an estimator whatever that takes.
        y : array-like of shape (n_samples,)
            Their labels; for defenses of regressions their target values.
        trusted : array-like of bool of shape (n_samples,) or of int, default=None
            Rows known to be clean, as a mask or as positions, never as labels of a
            data frame. They are never removed, and the defenses that learn from them
            do so. Inside cross-validation pass a mask: positions would not follow the
            folds.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For invalid input, a missing or unusable `trusted` where the defense needs
            it, a score that is not finite, or when all rows, or all classes but one,
            would be removed.

        Warns
        -----
        RemovedClassWarning
            When every row of some class is removed.
        ThinnedClassWarning
            When a small class loses half of its rows or more, and far more than the
            others do.
        """
        y = self._fit_scores(X, y, trusted)
        name = type(self).__name__
        if hasattr(self, "classes_"):
            check_what_is_left(
                self.classes_[y], self.inlier_mask_, name, self._advice_on_small_classes
            )
        elif not self.inlier_mask_.any():
            raise ValueError(f"{name} would remove all {len(y)} rows.")
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def _fit_for_scores(self, X, y, trusted=None):
        """Fit for a wrapper that reads the scores and passes its own verdict."""
        self._fit_scores(X, y, trusted)
        return self

    def _fit_scores(self, X, y, trusted):
        """Validate the rows and score them; the targets as the scores take them."""
        context = self._init_callback_context(max_subtasks=self._max_subtasks())
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        index = row_index(X, y)
        X, y = self._validate_training_rows(X, target_column(y))
        trusted = self._validate_trusted(trusted, y, index)
        scores, offset = self._score_training_rows(X, y, trusted)
        if not np.isfinite(scores).all():
            raise ValueError(
                f"{type(self).__name__} got a score that is not finite for "
                f"{np.sum(~np.isfinite(scores))} of {len(scores)} rows, the first of "
                f"them row {np.argmin(np.isfinite(scores))}. Scale the features."
            )
        self.sample_scores_ = scores
        self.offset_ = offset
        self.inlier_mask_ = scores >= offset
        if trusted is not None:
            self.inlier_mask_ |= trusted
        self.sample_indices_ = np.flatnonzero(self.inlier_mask_)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return y

    def fit_predict(self, X: MatrixLike, y: ArrayLike, **fit_params: Any) -> np.ndarray:
        """Judge the training rows and tell the verdict.

        Parameters
        ----------
        X, y : as in `fit`
        **fit_params : dict
            Passed to `fit`, for example `trusted`.

        Returns
        -------
        ndarray of int of shape (n_samples,)
            +1 for kept rows, -1 for suspects.
        """
        return np.where(self.fit(X, y, **fit_params).inlier_mask_, 1, -1)

    def fit_filter(
        self, X: MatrixLike, y: ArrayLike, *arrays: ArrayLike, **fit_params: Any
    ) -> list[Any]:
        """Judge the training rows and return those that are kept.

        Parameters
        ----------
        X, y : as in `fit`
        *arrays : array-likes of length n_samples
            Cut to the same rows, for example sample weights.
        **fit_params : dict
            Passed to `fit`, for example `trusted`.

        Returns
        -------
        list
            The kept rows of X, of y and of each array; pandas in gives pandas out
            with its index, sparse stays sparse.
        """
        check_rows(X)
        check_consistent_length(X, *arrays)
        self.fit(X, y, **fit_params)
        return take_rows(self.sample_indices_, X, y, *arrays)

    def transform(self, X: MatrixLike) -> Any:
        """Return X as it is: nothing is dropped at prediction time.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        X : the same
        """
        check_is_fitted(self)
        check_column_names(X)
        if not self._validates_X:
            return validate_data(self, X, skip_check_array=True, reset=False)
        if (stored := self._stored_rows(X)) is not None:
            validate_data(self, stored, skip_check_array=True, reset=False)
            return X
        checked = validate_data(
            self,
            X,
            accept_sparse=self._accept_sparse,
            allow_nd=self._allow_nd,
            reset=False,
        )
        return X if hasattr(X, "shape") else checked

    def inverse_transform(self, X: MatrixLike) -> Any:
        """Return X as it is, so that pipelines with a filter can be inverted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        X : the same
        """
        return X

    def fit_transform(self, X: MatrixLike, y: ArrayLike, **fit_params: Any) -> Any:
        """Judge the training rows and replace each suspect by a kept row of its label.

        This is what a plain :class:`sklearn.pipeline.Pipeline` calls, where no step may
        change the number of rows: y stays true, and the final estimator never sees a
        suspect. :class:`skpoison.pipeline.Pipeline` drops the suspects instead. Inside
        a FeatureUnion or a ColumnTransformer the replaced rows would mix with others'
        features, which is refused: filter before or after it.

        Parameters
        ----------
        X, y : as in `fit`
        **fit_params : dict
            Passed to `fit`, for example `trusted`.

        Returns
        -------
        X : same type, shape and index as the input

        Raises
        ------
        TypeError
            For regression targets, where no row can stand in for another.
        ValueError
            When a whole class is removed and inside a FeatureUnion or a
            ColumnTransformer, besides the errors of `fit`.
        """
        refuse_to_be_glued(self)
        y = target_column(y)
        if self._is_regression(y):
            raise TypeError(
                f"{type(self).__name__} cannot filter a regression inside a plain "
                "scikit-learn Pipeline, where no row may be dropped and none can stand "
                "in for another. Use skpoison.pipeline.Pipeline, which drops rows."
            )
        self.fit(X, y, **fit_params)
        rows = stand_in_rows(np.asarray(y), self.inlier_mask_)
        (Xt,) = take_rows(rows, X)
        if hasattr(Xt, "set_axis"):
            Xt = Xt.set_axis(row_index(X), axis=0)
        return np.asarray(Xt) if self._validates_X and not hasattr(X, "shape") else Xt

    @available_if(_judges_new_rows)
    def score_samples(self, X: MatrixLike, y: ArrayLike) -> np.ndarray:
        """Score new labelled rows against the training rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        ndarray of shape (n_samples,)
            Lower is more suspect.

        Raises
        ------
        ValueError
            For a label that was not seen during `fit`, besides invalid input.
        """
        return self._score_new_rows(*self._validate_new_rows(X, y))

    @available_if(_judges_new_rows)
    def decision_function(self, X: MatrixLike, y: ArrayLike) -> np.ndarray:
        """Score of new labelled rows above the threshold.

        Parameters
        ----------
        X, y : as in `score_samples`

        Returns
        -------
        ndarray of shape (n_samples,)
            Negative for suspects.
        """
        return self.score_samples(X, y) - self.offset_

    @available_if(_judges_new_rows)
    def predict(self, X: MatrixLike, y: ArrayLike) -> np.ndarray:
        """Judge new labelled rows.

        Parameters
        ----------
        X, y : as in `score_samples`

        Returns
        -------
        ndarray of int of shape (n_samples,)
            +1 for rows that belong, -1 for suspects.
        """
        return np.where(self.decision_function(X, y) >= 0, 1, -1)

    def _validate_training_rows(self, X, y):
        regression = self._is_regression(y)
        X, y = self._validate_rows(
            X, y, reset=True, y_numeric=regression, ensure_min_samples=2
        )
        if regression:
            self.__dict__.pop("classes_", None)
            return X, y
        self.classes_, y = encode_labels(y, type(self).__name__)
        return X, y

    def _validate_new_rows(self, X, y):
        check_is_fitted(self)
        regression = not hasattr(self, "classes_")
        X, y = self._validate_rows(
            X, target_column(y), reset=False, y_numeric=regression
        )
        if not regression:
            y = label_positions(y, self.classes_)
        return X, y

    def _validate_rows(self, X, y, *, reset, **checks):
        check_rows(X)
        check_column_names(X)
        stored = self._stored_rows(X)
        if self._validates_X and stored is None:
            return validate_data(
                self,
                X,
                y,
                reset=reset,
                dtype=(np.float64, np.float32),
                accept_sparse=self._accept_sparse,
                allow_nd=self._allow_nd,
                **checks,
            )
        X = X if stored is None else stored
        validate_data(self, X, y, skip_check_array=True, reset=reset)
        if getattr(self, "n_features_in_", 1) == 0:
            raise ValueError(
                f"Found array with 0 feature(s) (shape=({n_rows(X)}, 0)) while a "
                f"minimum of 1 is required by {type(self).__name__}."
            )
        stand_in = np.zeros((n_rows(X), 1))
        _, y = check_X_y(stand_in, y, estimator=self, **checks)
        return X, y

    def _stored_rows(self, X):
        """Checked rows of a memory map or dask array, if this filter reads blocks."""
        stored = stored_rows(X) if self._reads_blocks else None
        return stored if stored is None else check_stored_rows(stored)

    def _validate_trusted(self, trusted, y, index):
        if trusted is None:
            if self._needs_trusted:
                raise ValueError(
                    f"{type(self).__name__} learns from rows that are known to be "
                    "clean: pass fit(X, y, trusted=mask), or in a pipeline "
                    "fit(X, y, <step>__trusted=mask), with True for those rows."
                )
            return None
        trusted = trusted_mask(trusted, len(y), index)
        if self._needs_trusted and hasattr(self, "classes_"):
            missing = np.setdiff1d(np.arange(len(self.classes_)), y[trusted])
            if len(missing) > len(self.classes_) - 2:
                raise ValueError(
                    f"{type(self).__name__} needs trusted rows of at least two "
                    f"classes; none is of {self.classes_[missing].tolist()}."
                )
        return trusted

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = bool(self._accept_sparse)
        return tags


class PoisonAttack(BaseEstimator, ABC):
    """Base of the attacks: writes poison into a training set.

    A subclass validates its input in `fit_poison` and ends with one of `_append`,
    `_replace` and `_relabel`, which assemble the poisoned set. The input is never
    modified.

    Attributes
    ----------
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels or target values.
    """

    _parameter_constraints: dict = {}

    @abstractmethod
    def fit_poison(self, X: MatrixLike, y: ArrayLike) -> PoisonedData:
        """Poison a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        y : array-like of shape (n_samples,)

        Returns
        -------
        PoisonedData
        """

    def _append(self, X, y, X_poison, y_poison):
        """The given rows followed by the poison."""
        n, n_poisons = len(y), len(y_poison)
        return self._poisoned(
            _stack(X, X_poison), _stack(y, y_poison), np.arange(n, n + n_poisons)
        )

    def _replace(self, X, y, rows, X_poison, y_poison):
        """The given rows, some of them replaced by the poison."""
        return self._poisoned(
            _overwrite(X, rows, X_poison), _overwrite(y, rows, y_poison), rows
        )

    def _relabel(self, X, y, rows, y_poison):
        """The given rows, some of them with another label; X is shared, not copied."""
        return self._poisoned(X, _overwrite(y, rows, y_poison), rows)

    def _poisoned(self, X, y, rows):
        self.poison_indices_ = np.asarray(rows)
        self.X_poison_, y_poison = take_rows(self.poison_indices_, X, y)
        self.y_poison_ = np.asarray(y_poison)
        is_poison = np.zeros(len(y), dtype=bool)
        is_poison[self.poison_indices_] = True
        return PoisonedData(X, y, is_poison)


def _stack(rows, added):
    """Added rows below the given ones, in the given container."""
    if not hasattr(rows, "iloc"):
        return np.concatenate([_as_array(rows), _as_array(added)])
    import pandas as pd

    added = _in_the_kind_of(rows, added)
    return pd.concat([rows, added], ignore_index=True)


def _overwrite(rows, at, values):
    """A copy of the given rows with some of them overwritten."""
    if hasattr(rows, "iloc"):
        values = _in_the_kind_of(rows, values)
        rows = rows.astype(values.dtypes if rows.ndim == 2 else values.dtype)
        rows.iloc[at] = values
        return rows
    rows, values = _as_array(rows), _as_array(values)
    rows = rows.astype(np.result_type(rows, values))
    rows[at] = values
    return rows


def _as_array(rows):
    """An array, in which texts keep their lengths: one of numpy's own pads them all."""
    is_text = isinstance(rows, list | tuple) and any(isinstance(r, str) for r in rows)
    return np.asarray(rows, dtype=object if is_text else None)


def _in_the_kind_of(rows, values):
    """Values as a data frame or series like the given one.

    A column keeps its type, unless it holds integers and the poison has fractions.
    """
    import pandas as pd

    if rows.ndim == 2:
        # An array of rows of texts and numbers would hold texts alone.
        values = values if isinstance(values, list) else np.asarray(values)
        values = pd.DataFrame(values, columns=rows.columns)
        columns = zip(rows.columns, rows.dtypes)
        return values.astype(
            {c: dtype for c, dtype in columns if _holds(dtype, values[c])}
        )
    values = pd.Series(np.asarray(values), name=rows.name)
    return values.astype(rows.dtype) if _holds(rows.dtype, values) else values


def _holds(dtype, values):
    """Whether no fraction is lost when values get the type."""
    return dtype.kind not in "iub" or bool((values % 1 == 0).all())

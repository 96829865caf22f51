"""Pipelines in which a step may drop rows while fitting."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from timeit import default_timer
from typing import Any, Self

import numpy as np
import sklearn.pipeline
from joblib import Memory
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.pipeline import make_pipeline as _name_steps
from sklearn.utils import check_consistent_length
from sklearn.utils._user_interface import _print_elapsed_time
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, check_memory

from ._utils.containers import n_rows, row_index, take_rows
from ._utils.kept_rows import check_what_is_left
from ._utils.parameters import fit_context
from ._utils.routing import check_step_parameters, follows_rows, routing_enabled
from ._utils.row_steps import (
    changes_rows,
    check_columns,
    is_row_pipeline,
    is_sampler,
    refuse_to_lose_rows,
)
from ._utils.tags import estimator_type
from ._utils.trusted import trusted_mask
from ._utils.typing import Estimator
from ._utils.verdicts import judge_training_rows, judges_rows
from .base import PoisonFilter

__all__ = ["Pipeline", "make_pipeline"]


def _transforms(pipeline):
    last = pipeline._final_estimator
    return last == "passthrough" or hasattr(last, "transform") or changes_rows(last)


def _transforms_while_fitting(pipeline):
    return _transforms(pipeline) or hasattr(pipeline._final_estimator, "fit_transform")


def _resamples(pipeline):
    return _transforms(pipeline) and is_row_pipeline(pipeline)


def _last_step_has(method):
    def has(pipeline):
        # The error of the last step becomes the cause of the pipeline's.
        getattr(pipeline._final_estimator, method)
        return True

    return has


class Pipeline(sklearn.pipeline.Pipeline):
    """A scikit-learn pipeline whose intermediate filters drop rows while fitting.

    Every intermediate step that is an outlier detector (a defense of this package, or
    one of scikit-learn or PyOD) drops the rows it flags from X, from y and from every
    fit parameter of the later steps that has an entry per row; validation sets
    (`X_val`, `eval_set`, ...) are left as they are. Samplers with `fit_resample` work
    as steps too, and so do pipelines with any of these, of whichever package. At
    prediction time filters and samplers pass X through.

    Parameters
    ----------
    steps : list of (str, estimator) tuples
        The steps, as in scikit-learn; a detector or a sampler needs no `transform`.
    transform_input : list of str, default=None
        Fit parameters to transform on their way to a later step, as in scikit-learn.
        They are never cut, as they hold rows of their own.
    memory : str or joblib.Memory, default=None
        Caches the fitted transformers and filters.
    verbose : bool, default=False
        Prints the time of each step, and how many rows each filter kept.

    Attributes
    ----------
    sample_indices_ : ndarray of int or None
        The original rows that reached the last step, or that `fit_resample` returned.
        None after a sampler that does not tell where its rows come from, and where X
        has no length.
    named_steps : Bunch
        The steps by name.
    classes_ : ndarray of shape (n_classes,)
        The labels, where the last step is a classifier.
    n_features_in_ : int
        Number of features seen by the first step.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features seen by the first step.

    Raises
    ------
    ValueError
        While fitting, for a fit parameter that no step takes, for a verdict that is not
        one -1 or +1 per row, and when a filter removes everything or all classes but
        one.
    TypeError
        While fitting, for a step that cannot stand where it does.

    See Also
    --------
    skpoison.meta.DefendedClassifier : Trains on the raw rows that a filter kept.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skpoison.defenses import L2CentroidFilter
    >>> from skpoison.pipeline import Pipeline
    >>> X, y = load_iris(return_X_y=True)
    >>> model = Pipeline([
    ...     ("scale", StandardScaler()),
    ...     ("filter", L2CentroidFilter(contamination=0.1)),
    ...     ("clf", LogisticRegression()),
    ... ]).fit(X, y)
    >>> len(model.sample_indices_)
    135
    """

    steps: list
    sample_indices_: np.ndarray | None

    # The steps that scikit-learn fits at the moment.
    _stretch = range(0)
    # Some steps are of a fit that failed or was interrupted, and others of the last.
    _half_fitted = False

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike | None = None, **params: Any) -> Self:
        """Fit the steps in turn, each on the rows that reach it.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        y : array-like of shape (n_samples,), default=None
        **params : dict
            Parameters of the steps' `fit`: `step__parameter`, or by request where
            metadata routing is enabled.

        Returns
        -------
        self : object
        """
        self._fit_steps("fit", X, y, params)
        return self

    @available_if(_transforms_while_fitting)
    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X: Any, y: ArrayLike | None = None, **params: Any) -> Any:
        """Fit the steps and return the transformed rows that are left.

        Parameters
        ----------
        X, y, **params : as in `fit`

        Returns
        -------
        array-like of shape (n_kept, n_transformed_features)
            Fewer rows than X where a filter dropped some: `sample_indices_` tells which
            are left. A defense of this package as the last step replaces rows instead,
            see :meth:`skpoison.base.PoisonFilter.fit_transform`.

        Raises
        ------
        ValueError
            Where rows would be dropped inside a scikit-learn Pipeline, FeatureUnion or
            ColumnTransformer, whose y or other columns keep all rows.
        """
        last = self._final_estimator
        replaces_rows = hasattr(last, "fit_transform") and not is_row_pipeline(last)
        if replaces_rows or not changes_rows(last):
            if any(changes_rows(step) for _, step in self.steps[:-1]):
                refuse_to_lose_rows(self)
            return self._fit_steps("fit_transform", X, y, params)
        refuse_to_lose_rows(self)
        return self._fit_steps("fit_resample", X, y, params)[0]

    @available_if(_resamples)
    @fit_context(prefer_skip_nested_validation=False)
    def fit_resample(
        self, X: Any, y: ArrayLike | None = None, **params: Any
    ) -> tuple[Any, Any]:
        """Fit the steps and return the transformed rows that are left, and their y.

        Parameters
        ----------
        X, y, **params : as in `fit`

        Returns
        -------
        X : array-like of shape (n_kept, n_transformed_features)
            Without the rows that a filter dropped, the last step's included, and with
            those that a sampler added.
        y : array-like of shape (n_kept,)
        """
        return self._fit_steps("fit_resample", X, y, params)

    @available_if(_last_step_has("fit_predict"))
    @fit_context(prefer_skip_nested_validation=False)
    def fit_predict(
        self, X: Any, y: ArrayLike | None = None, **params: Any
    ) -> np.ndarray:
        """Fit the steps and return the last step's verdict on every row.

        Parameters
        ----------
        X, y, **params : as in `fit`

        Returns
        -------
        ndarray of shape (n_samples,)
            -1 also for the rows that an earlier filter dropped. The verdict of an
            outlier detector is -1 and +1, PyOD's too.
        """
        return self._fit_steps("fit_predict", X, y, params)

    @available_if(_transforms)
    def transform(self, X: Any, **params: Any) -> Any:
        """Transform new rows by the steps; filters and samplers pass X through.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        **params : dict
            By request, where metadata routing is enabled.

        Returns
        -------
        array-like of shape (n_samples, n_transformed_features)
        """
        name, last = self.steps[-1]
        if last is None or last == "passthrough" or hasattr(last, "transform"):
            return super().transform(X, **params)
        check_is_fitted(self)
        passing = Pipeline([*self.steps[:-1], (name, _for_new_rows(last))])
        return passing.transform(X, **params)

    def get_metadata_routing(self) -> MetadataRouter:
        """Get metadata routing of this object.

        Returns
        -------
        MetadataRouter
        """
        router = super().get_metadata_routing()
        for name, step in self.steps[:-1]:
            if changes_rows(step) and _for_new_rows(step) == "passthrough":
                mapping = _row_mapping(step, "fit", "fit_transform", "fit_predict")
                router.add(method_mapping=mapping, **{name: step})
        name, last = self.steps[-1]
        if (
            _transforms(self)
            and hasattr(last, "fit")
            and not hasattr(last, "fit_transform")
        ):
            # scikit-learn routes nothing to the `fit` and `transform` of such a step.
            mapping = _row_mapping(last, "fit_transform")
            if hasattr(last, "transform"):
                mapping.add(caller="fit_transform", callee="transform")
            for method in ("fit", "fit_predict", *_METHODS_FOR_NEW_ROWS):
                mapping.add(caller=method, callee=method)
            router.add(method_mapping=mapping, **{name: last})
        return router

    def _iter(self, with_final=True, filter_passthrough=True):
        for index, name, step in super()._iter(with_final, filter_passthrough=False):
            if not filter_passthrough:
                # Asked for while scikit-learn fits the transformers of a stretch.
                if index in self._stretch:
                    yield index, name, step
                continue
            step = _for_new_rows(step)
            if step is not None and step != "passthrough":
                yield index, name, step

    def _validate_steps(self):
        """Validate as scikit-learn does, but for the steps that change rows."""
        for name, step in self.steps[:-1]:
            check_columns(step)
            if is_sampler(step) and hasattr(step, "transform"):
                raise TypeError(
                    f"The step {name!r} ({type(step).__name__}) has both fit_resample "
                    "and transform: the rows to fit and the rows to predict would be "
                    "treated differently. Make two steps of it."
                )
        transformers = [
            (name, "passthrough" if _fits_rows(step) else step)
            for name, step in self.steps[:-1]
        ]
        steps = [*transformers, *self.steps[-1:]]
        sklearn.pipeline.Pipeline(steps)._validate_steps()

    def __sklearn_is_fitted__(self):
        return not self._half_fitted and super().__sklearn_is_fitted__()

    def _fit_steps(self, method, X, y, params):
        """Fit all steps: scikit-learn the transformers, we whatever changes rows."""
        self._half_fitted = True
        self.steps = list(self.steps)
        self._validate_steps()
        routed = self._route(method, params)
        index = row_index(X, y)
        context = self._init_callback_context(
            task_name=method.replace("_", "-"), max_subtasks=len(self.steps)
        )
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        n_samples = self.sample_indices_ = None
        start = 0
        for at in self._row_steps(method):
            X = self._fit_transformers(start, at, X, y, routed, params, context)
            if n_samples is None:
                n_samples = n_rows(X)
                self.sample_indices_ = np.arange(n_samples)
                if params:
                    routed = self._with_trusted_masks(routed, n_samples, index)
            X, y, routed = self._fit_row_step(at, X, y, routed, params, context)
            start = at + 1
        last = len(self.steps) - 1
        if start <= last:
            X = self._fit_transformers(start, last, X, y, routed, params, context)
            if n_samples is None and (hasattr(X, "shape") or hasattr(X, "__len__")):
                self.sample_indices_ = np.arange(n_rows(X))
            result = self._fit_last(method, X, y, routed, params, context)
        else:
            result = X, y
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        if method == "fit_predict" and n_samples is not None:
            result = self._verdict_on_all(result, n_samples)
        self._half_fitted = False
        return result

    def _row_steps(self, method):
        """Positions of the steps that are fitted for the rows they leave."""
        last = len(self.steps) - 1
        return [
            at
            for at, (_, step) in enumerate(self.steps)
            if changes_rows(step) and (at < last or method == "fit_resample")
        ]

    def _fit_transformers(self, start, stop, X, y, routed, params, context):
        """Fit and transform by the steps of a stretch, as scikit-learn does."""
        self._stretch = range(start, stop)
        try:
            return self._fit(X, y, routed, raw_params=params, callback_ctx=context)
        finally:
            del self._stretch

    def _fit_row_step(self, at, X, y, routed, params, context):
        """Fit a filter or sampler: the X, y and parameters of the rows it leaves."""
        name, step = self.steps[at]
        memory = check_memory(self.memory)
        if getattr(memory, "location", True) is not None:
            step = clone(step)
        fit = memory.cache(_fit_row_step, ignore=["owner", "task"])
        check_consistent_length(X, y)
        n_samples, began = n_rows(X), default_timer()
        step, X, y_left, rows = fit(
            step,
            X,
            y,
            self._parameters_of(at, routed, params, _fitted_by(step)),
            self._parameters_of(at, routed, params, "transform"),
            owner=self,
            task=context.subcontext(task_name=f"fit-filter-{name}"),
        )
        self.steps[at] = (name, step)
        if rows is not None:
            self._check_what_is_left(name, step, y, rows, n_samples)
        if self.verbose:
            print(
                f"[Pipeline] {name} kept {n_rows(X)} of {n_samples} rows "
                f"in {default_timer() - began:.1f}s"
            )
        if rows is None or self.sample_indices_ is None:
            self.sample_indices_ = None
        else:
            self.sample_indices_ = self.sample_indices_[rows]
        if params:
            routed = self._cut(routed, at, rows, n_samples)
        return X, y_left, routed

    def _fit_last(self, method, X, y, routed, params, context):
        """Fit the last step on the rows that are left."""
        at = len(self.steps) - 1
        last = self._final_estimator
        task_name = f"{method.replace('_', '-')}-final-estimator"
        task = context.subcontext(task_name=task_name)
        with (
            _print_elapsed_time("Pipeline", self._log_message(at)),
            _reported(task, self, last, X, y),
        ):
            if last == "passthrough":
                Xt = X
            elif method == "fit":
                last.fit(X, y, **self._parameters_of(at, routed, params, "fit"))
                return self
            elif method == "fit_predict":
                given = self._parameters_of(at, routed, params, "fit_predict")
                if not judges_rows(last):
                    return last.fit_predict(X, y, **given)
                return np.where(
                    judge_training_rows(last, X, y, n_rows(X), **given), 1, -1
                )
            elif hasattr(last, "fit_transform"):
                given = self._parameters_of(at, routed, params, "fit_transform")
                Xt = last.fit_transform(X, y, **given)
            else:
                last.fit(X, y, **self._parameters_of(at, routed, params, "fit"))
                given = self._parameters_of(at, routed, params, "transform")
                Xt = last.transform(X, **given)
        return (Xt, y) if method == "fit_resample" else Xt

    def _route(self, method, params):
        """The parameters of each step and method; an error for one that none takes."""
        if routing_enabled():
            # scikit-learn's routing does not know of fit_resample.
            method = "fit_transform" if method == "fit_resample" else method
        else:
            if self.transform_input is not None:
                raise ValueError(
                    "The `transform_input` parameter can only be set if metadata "
                    "routing is enabled: sklearn.set_config("
                    "enable_metadata_routing=True)."
                )
            check_step_parameters(params, self.steps)
        return self._check_method_params(method, params)

    def _parameters_of(self, at, routed, params, method):
        """What a method of a step is given, transformed where it is to be."""
        step_params = self._get_metadata_for_step(
            step_idx=at, step_params=routed[self.steps[at][0]], all_params=params
        )
        return dict(step_params.get(method, {}))

    def _with_trusted_masks(self, routed, n_samples, index):
        """Trusted rows as masks, since indices would not follow dropped rows."""

        def as_mask(name, value):
            if value is None or name.rsplit("__", 1)[-1] != "trusted":
                return value
            return trusted_mask(value, n_samples, index)

        return _map_parameters(as_mask, routed, self.steps)

    def _cut(self, routed, at, rows, n_samples):
        """The parameters of the later steps, cut to the rows that are left."""
        step = self.steps[at][0]
        own_rows = self.transform_input or ()

        def cut(name, value):
            if name in own_rows or not follows_rows(name, value, n_samples):
                return value
            if rows is None:
                raise ValueError(
                    f"The parameter {name!r} cannot follow the rows through step "
                    f"{step!r}, which does not tell where its rows come from."
                )
            return take_rows(rows, value)[0]

        return _map_parameters(cut, routed, self.steps[at + 1 :])

    def _check_what_is_left(self, name, step, y, rows, n_samples):
        if len(rows) == 0:
            raise ValueError(f"{name} would remove all {n_samples} rows.")
        # A defense of this package has checked what it leaves; others do not.
        own, last = isinstance(step, PoisonFilter), self._final_estimator
        if y is not None and not own and estimator_type(last) == "classifier":
            check_what_is_left(y, rows, name)

    def _verdict_on_all(self, verdict, n_samples):
        """The last step's verdict, and -1 for the rows that did not reach it."""
        if self.sample_indices_ is None:
            raise ValueError(
                "fit_predict cannot name the rows: a sampler before the last step does "
                "not tell where its rows come from."
            )
        labels = np.full(n_samples, -1, dtype=np.asarray(verdict).dtype)
        labels[self.sample_indices_] = verdict
        return labels


def make_pipeline(
    *steps: Estimator,
    memory: str | Memory | None = None,
    transform_input: list[str] | None = None,
    verbose: bool = False,
) -> Pipeline:
    """Construct a `Pipeline` whose steps are named by their types.

    Parameters
    ----------
    *steps : estimators
    memory, transform_input, verbose : as in :class:`Pipeline`

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skpoison.defenses import L2CentroidFilter
    >>> from skpoison.pipeline import make_pipeline
    >>> list(make_pipeline(L2CentroidFilter(), LogisticRegression()).named_steps)
    ['l2centroidfilter', 'logisticregression']
    """
    return Pipeline(
        _name_steps(*steps).steps,
        transform_input=transform_input,
        memory=memory,
        verbose=verbose,
    )


_METHODS_FOR_NEW_ROWS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score",
    "transform",
    "inverse_transform",
)


def _as_ours(step):
    """A pipeline of whichever package as one of ours that shares its steps."""
    if isinstance(step, Pipeline):
        return step
    return Pipeline(
        step.steps,
        transform_input=step.transform_input,
        memory=step.memory,
        verbose=step.verbose,
    )


def _for_new_rows(step):
    """What stands for a step that changes rows where rows are not fitted to."""
    if is_row_pipeline(step):
        return _as_ours(step)
    if changes_rows(step) and not hasattr(step, "transform"):
        return "passthrough"
    return step


def _fits_rows(step):
    """Whether an intermediate step is fitted for the rows it leaves."""
    if is_row_pipeline(step):
        return hasattr(_as_ours(step), "fit_resample")
    return changes_rows(step)


def _fitted_by(step):
    """Under which method a step that changes rows is sent its fit parameters."""
    if not routing_enabled():
        return "fit"
    if is_row_pipeline(step):
        return "fit_transform"
    if is_sampler(step):
        # imbalanced-learn teaches scikit-learn to route to it; others may not.
        knows = hasattr(get_routing_for_object(step), "fit_resample")
        return "fit_resample" if knows else "fit"
    return "fit_transform" if hasattr(step, "fit_transform") else "fit"


def _row_mapping(step, *callers):
    mapping = MethodMapping()
    for caller in callers:
        mapping.add(caller=caller, callee=_fitted_by(step))
    return mapping


def _fit_row_step(step, X, y, params, transform_params, *, owner, task):
    """Fit a step that changes the rows: the step, the new X and y, and which rows."""
    nested = is_row_pipeline(step)
    fitted = _as_ours(step) if nested else step
    with _reported(task, owner, fitted, X, y):
        if nested:
            X, y = fitted.fit_resample(X, y, **params)
            step.steps = fitted.steps
            return step, X, y, fitted.sample_indices_
        if is_sampler(step):
            X, y = step.fit_resample(X, y, **params)
            return step, X, y, getattr(step, "sample_indices_", None)
        kept = judge_training_rows(step, X, y, n_rows(X), **params)
        if hasattr(step, "transform"):
            X = step.transform(X, **transform_params)
    rows = np.flatnonzero(kept)
    return step, *take_rows(rows, X, y), rows


@contextmanager
def _reported(task, owner, step, X, y):
    """Fit a step as a task that callbacks see, those of the step included."""
    with (
        nullcontext()
        if step == "passthrough"
        else task.propagate_callback_context(step)
    ):
        task.call_on_fit_task_begin(estimator=owner, X=X, y=y)
        yield
        task.call_on_fit_task_end(estimator=owner, X=X, y=y)


def _map_parameters(function, routed, steps):
    """The routed parameters of some steps, each replaced by function(name, value)."""
    mapped = {
        name: {
            method: {key: function(key, value) for key, value in given.items()}
            for method, given in routed[name].items()
        }
        for name, _ in steps
        if name in routed
    }
    return {**routed, **mapped}

"""Pipelines in which a step may drop rows while fitting."""

import time
from contextlib import contextmanager

import numpy as np
import sklearn.pipeline
from sklearn.base import (
    OutlierMixin,
    _fit_context,
    clone,
    is_classifier,
    is_outlier_detector,
)
from sklearn.utils.metadata_routing import (
    MethodMapping,
    get_routing_for_object,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_memory

from ._utils.containers import n_rows, row_aligned, row_index, take_rows
from ._utils.kept_rows import check_what_is_left
from ._utils.routing import check_step_parameters, prefixed, routing_enabled
from ._utils.trusted import trusted_mask
from .base import PoisonFilter

__all__ = ["Pipeline", "make_pipeline"]

# The last step of a scikit-learn pipeline is never cached: this one follows instead.
_CACHE_ALL = ("end of part", "passthrough")


class Pipeline(sklearn.pipeline.Pipeline):
    """A scikit-learn pipeline whose intermediate filters drop rows while fitting.

    Every intermediate step that is an outlier detector (a defense of this package, or
    any other :class:`~sklearn.base.OutlierMixin`) drops the rows it flags from X, from
    y and from every row-aligned fit parameter of the later steps. Samplers with
    `fit_resample` work as steps too. At prediction time filters pass X through.

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
        The original rows that reached the last step. None after a sampler that does
        not tell where its rows come from.
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
        While fitting, for a fit parameter that no step takes, and when a filter removes
        everything or all classes but one.

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

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **params):
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
        self._fit_all("fit", X, y, params)
        return self

    @available_if(
        lambda self: (
            self._final_estimator == "passthrough"
            or hasattr(self._final_estimator, "transform")
            or hasattr(self._final_estimator, "fit_transform")
        )
    )
    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y=None, **params):
        """Fit the steps and return the transformed rows that reached the last step.

        Parameters
        ----------
        X, y, **params : as in `fit`

        Returns
        -------
        ndarray of shape (n_kept, n_transformed_features)
            Fewer rows than X where a filter dropped some: `sample_indices_` tells which
            are left.
        """
        return self._fit_all("fit_transform", X, y, params)

    @available_if(lambda self: hasattr(self._final_estimator, "fit_predict"))
    @_fit_context(prefer_skip_nested_validation=False)
    def fit_predict(self, X, y=None, **params):
        """Fit the steps and return the last step's verdict on every row.

        Parameters
        ----------
        X, y, **params : as in `fit`

        Returns
        -------
        ndarray of shape (n_samples,)
            -1 also for the rows that an earlier filter dropped.
        """
        verdict = self._fit_all("fit_predict", X, y, params)
        if self.sample_indices_ is None:
            raise ValueError(
                "fit_predict cannot name the rows: a sampler before the last step does "
                "not tell where its rows come from."
            )
        labels = np.full(n_rows(X), -1, dtype=np.asarray(verdict).dtype)
        labels[self.sample_indices_] = verdict
        return labels

    def get_metadata_routing(self):
        """Get metadata routing of this object.

        Returns
        -------
        MetadataRouter
        """
        router = super().get_metadata_routing()
        for name, step in self.steps[:-1]:
            if _needs_no_transform(step):
                mapping = MethodMapping()
                for caller in ("fit", "fit_transform", "fit_predict"):
                    mapping.add(caller=caller, callee="fit")
                router.add(method_mapping=mapping, **{name: step})
        return router

    def _iter(self, with_final=True, filter_passthrough=True):
        # What runs at prediction time: a detector without `transform` passes X through.
        for index, name, step in super()._iter(with_final, filter_passthrough):
            if index == len(self.steps) - 1 or not _needs_no_transform(step):
                yield index, name, step

    def _fit_all(self, method, X, y, params):
        self.steps = list(self.steps)
        self._check_steps()
        self._check_parameters(method, params)
        n = n_rows(X)
        params = {
            name: _as_mask(name, value, n, row_index(X, y))
            for name, value in params.items()
        }
        filters = [i for i, (_, s) in enumerate(self.steps[:-1]) if _changes_rows(s)]
        context = self._init_callback_context(
            task_name=method, max_subtasks=2 * len(filters) + 1
        )
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        self.sample_indices_ = np.arange(n)
        start = 0
        for at in filters:
            if at > start:
                X, params = self._fit_transformers(start, at, X, y, params, context)
            X, y, params = self._fit_filter(at, method, X, y, params, context)
            start = at + 1
        result = self._fit_last(start, method, X, y, params, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return result

    def _fit_transformers(self, start, stop, X, y, params, context):
        """Fit the transformers between two filters as a pipeline of their own."""
        part = self._part([*self.steps[start:stop], _CACHE_ALL], start)
        with _subtask(context, f"fit-transform-{start}", part):
            Xt = part.fit_transform(X, y, **_parameters_of(part, "fit", params))
        self.steps[start:stop] = part.steps[:-1]
        if self.transform_input is not None:
            # Later parts would transform these by their own steps alone.
            params = params | {
                name: _transform_each(part, params[name])
                for name in self.transform_input
                if name in params
            }
        return Xt, params

    def _fit_filter(self, at, method, X, y, params, context):
        """Fit the filter at a position and drop the rows it flags."""
        name, step = self.steps[at]
        memory = check_memory(self.memory)
        if getattr(memory, "location", True) is not None:
            step = clone(step)
        fit = memory.cache(_fit_row_step, ignore=["context"])
        began, n = time.perf_counter(), n_rows(X)
        step, X, y_kept, rows = fit(
            step, X, y, self._filter_parameters(name, method, params), context=context
        )
        # A defense of this package has checked what it leaves; other detectors do not.
        if (
            rows is not None
            and is_classifier(self._final_estimator)
            and not isinstance(step, PoisonFilter)
        ):
            check_what_is_left(y, rows, name)
        self.steps[at] = (name, step)
        if self.verbose:
            print(
                f"[Pipeline] {name} kept {n_rows(X)} of {n} rows "
                f"in {time.perf_counter() - began:.1f}s"
            )
        if rows is None or self.sample_indices_ is None:
            self.sample_indices_ = None
        else:
            self.sample_indices_ = self.sample_indices_[rows]
        return X, y_kept, self._cut(params, rows, n, at)

    def _fit_last(self, start, method, X, y, params, context):
        """Fit what follows the last filter, the final estimator included."""
        part = self._part(self.steps[start:], start)
        with _subtask(context, method, part):
            result = getattr(part, method)(X, y, **_parameters_of(part, method, params))
        self.steps[start:] = part.steps
        return result

    def _part(self, steps, start):
        part = _Part(
            steps,
            transform_input=self.transform_input,
            memory=self.memory,
            verbose=self.verbose,
        )
        part.numbering = (start, len(self.steps))
        return part

    def _cut(self, params, rows, n, at):
        """The row-aligned parameters of later steps, cut to the kept rows."""
        own_rows = self.transform_input or ()
        later = dict(self.steps[at + 1 :])
        cut = {}
        for name, value in params.items():
            if name in own_rows or not row_aligned(value, n):
                cut[name] = value
            elif rows is not None:
                (cut[name],) = take_rows(rows, value)
            elif routing_enabled() or name.split("__", 1)[0] in later:
                raise ValueError(
                    f"The parameter {name!r} cannot follow the rows through step "
                    f"{self.steps[at][0]!r}, which does not tell where its rows come "
                    "from."
                )
        return cut

    def _filter_parameters(self, name, method, params):
        if not routing_enabled():
            return prefixed(name, params)
        routed = process_routing(self, method, **params)[name]
        return dict(routed.get("fit_transform") or routed.get("fit") or {})

    def _check_steps(self):
        """Validate as scikit-learn does, but for the steps that need no `transform`."""
        sklearn.pipeline.Pipeline(
            [
                *(
                    (name, "passthrough" if _changes_rows(step) else step)
                    for name, step in self.steps[:-1]
                ),
                *self.steps[-1:],
            ]
        )._validate_steps()

    def _check_parameters(self, method, params):
        if routing_enabled():
            process_routing(self, method, **params)
        else:
            check_step_parameters(params, self.steps)


def make_pipeline(*steps, memory=None, transform_input=None, verbose=False):
    """Construct a :class:`Pipeline` whose steps are named by their types.

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
        sklearn.pipeline.make_pipeline(*steps).steps,
        transform_input=transform_input,
        memory=memory,
        verbose=verbose,
    )


class _Part(sklearn.pipeline.Pipeline):
    """A run of steps without filters; counts its messages within the whole."""

    numbering = (0, 0)

    def _log_message(self, step_idx):
        start, n_steps = self.numbering
        name = self.steps[step_idx][0]
        if not self.verbose or name == _CACHE_ALL[0]:
            return None
        return f"(step {start + step_idx + 1} of {n_steps}) Processing {name}"


def _changes_rows(step):
    """Whether fitting this intermediate step changes the number of rows."""
    if not hasattr(step, "fit") and not hasattr(step, "fit_resample"):
        return False
    return (
        isinstance(step, OutlierMixin)
        or hasattr(step, "fit_resample")
        or _drops_rows_inside(step)
        or is_outlier_detector(step)
    )


def _drops_rows_inside(step):
    return isinstance(step, Pipeline) and any(_changes_rows(s) for _, s in step.steps)


def _needs_no_transform(step):
    return _changes_rows(step) and not hasattr(step, "transform")


def _fit_row_step(step, X, y, params, *, context):
    """Fit a step that changes the rows: the step, the new X and y, and which rows."""
    with _subtask(context, f"filter-{type(step).__name__}", step):
        if hasattr(step, "fit_resample"):
            X, y = step.fit_resample(X, y, **params)
            return step, X, y, getattr(step, "sample_indices_", None)
        if _drops_rows_inside(step) and not is_outlier_detector(step):
            X = step.fit_transform(X, y, **params)
            rows = step.sample_indices_
            return step, X, *take_rows(rows, y), rows
        rows = np.flatnonzero(step.fit_predict(X, y, **params) == 1)
    Xt = step.transform(X) if hasattr(step, "transform") else X
    return step, *take_rows(rows, Xt, y), rows


@contextmanager
def _subtask(context, name, step):
    """Fit a step as a subtask that its pipeline's callbacks see."""
    context = context.subcontext(task_name=name)
    with context.propagate_callback_context(step):
        context.call_on_fit_task_begin(estimator=step)
        yield
        context.call_on_fit_task_end(estimator=step)


def _parameters_of(part, method, params):
    """The fit parameters that the steps of a part take."""
    if routing_enabled():
        consumed = get_routing_for_object(part).consumes(method, params.keys())
        return {name: params[name] for name in consumed}
    names = dict(part.steps)
    return {k: v for k, v in params.items() if k.split("__", 1)[0] in names}


def _transform_each(part, value):
    if isinstance(value, tuple):
        return tuple(part.transform(element) for element in value)
    return part.transform(value)


def _as_mask(name, value, n, index):
    """Trusted rows as a mask, since indices would not follow dropped rows."""
    if value is not None and name.rsplit("__", 1)[-1] == "trusted":
        return trusted_mask(value, n, index)
    return value

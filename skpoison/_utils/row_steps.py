"""Which steps of a pipeline change its rows, and where they must not stand."""

import inspect

from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline

from .verdicts import judges_rows

__all__ = [
    "changes_rows",
    "check_columns",
    "is_row_pipeline",
    "is_sampler",
    "refuse_to_be_glued",
    "refuse_to_lose_rows",
]


def changes_rows(step):
    """Whether fitting this step of a pipeline drops, adds or reorders rows."""
    return is_sampler(step) or is_row_pipeline(step) or judges_rows(step)


def is_sampler(step):
    """Whether a step is a sampler, and not a pipeline with one."""
    # A frozen pipeline would let it through, and fit again.
    composed = isinstance(step, Pipeline | FrozenEstimator)
    return hasattr(step, "fit_resample") and not composed


def is_row_pipeline(step):
    """Whether a step is a pipeline, of whichever package, that changes rows."""
    return isinstance(step, Pipeline) and any(
        changes_rows(inner) for _, inner in step.steps
    )


def check_columns(step):
    """Refuse samplers in a pipeline whose output stands beside others' columns.

    A filter refuses by itself (`refuse_to_be_glued`); samplers are not ours.

    Parameters
    ----------
    step : estimator
        Searched at any depth.

    Raises
    ------
    ValueError
    """
    for name, inner in _columns(step):
        if is_row_pipeline(inner):
            raise ValueError(_glued(f"The pipeline {name!r}", type(step).__name__))
        check_columns(inner)


def refuse_to_be_glued(estimator):
    """Refuse to replace rows whose columns will be glued to those of others.

    Parameters
    ----------
    estimator : estimator
        Whose `fit_transform` was called.

    Raises
    ------
    ValueError
        Inside a FeatureUnion or a ColumnTransformer.
    """
    for caller in _callers_in_scikit_learn():
        if caller != "Pipeline":
            raise ValueError(_glued(type(estimator).__name__, caller))


def refuse_to_lose_rows(estimator):
    """Refuse to drop rows where their labels or other columns keep all.

    Parameters
    ----------
    estimator : estimator
        Whose `fit_transform` was called.

    Raises
    ------
    ValueError
        Inside a composition of scikit-learn.
    """
    refuse_to_be_glued(estimator)
    if _callers_in_scikit_learn():
        raise ValueError(
            f"{type(estimator).__name__} drops rows while fitting, inside a "
            "scikit-learn Pipeline, whose y keeps all rows. Let the outer one be a "
            "skpoison.pipeline.Pipeline."
        )


def _columns(step):
    """The transformers whose outputs a step glues together."""
    if isinstance(step, FeatureUnion):
        return list(step.transformer_list)
    if isinstance(step, ColumnTransformer):
        return [(name, inner) for name, inner, _ in step.transformers]
    return []


def _callers_in_scikit_learn():
    """Which compositions ask for the transformed training rows, innermost first.

    scikit-learn does not tell a transformer where it stands: the call stack does, up to
    an estimator that is only fitted, whose rows go nowhere.
    """
    callers = []
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_name not in ("fit", "fit_predict"):
        if frame.f_code.co_name == "_fit_transform_one":
            callers.append(frame.f_locals["message_clsname"])
        frame = frame.f_back
    return callers


def _glued(who, where):
    return (
        f"{who} changes the rows while fitting, inside a {where}, which would glue its "
        "columns to those of other rows. Put what changes rows before or after the "
        f"{where}, in a skpoison.pipeline.Pipeline."
    )

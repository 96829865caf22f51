"""The filter of a fitted estimator, and what stands before and after it."""

import sklearn.pipeline
from sklearn.utils.validation import check_is_fitted

from ..base import PoisonFilter

__all__ = ["split_at_filter"]


def split_at_filter(estimator):
    """The first filter of an estimator, what makes its features and what uses them.

    Parameters
    ----------
    estimator : fitted filter, Pipeline, DefendedClassifier or DefendedRegressor

    Returns
    -------
    before : Pipeline or None
        The steps before the filter, if any.
    poison_filter : PoisonFilter
    last : estimator or None
        The last step of a pipeline, where the filter's features are its input.

    Raises
    ------
    ValueError
        When the estimator neither is nor holds a filter.
    """
    check_is_fitted(estimator)
    # A defended estimator trains on the raw rows, not on the filter's features.
    estimator = getattr(estimator, "filter_", estimator)
    if isinstance(estimator, PoisonFilter):
        return None, estimator, None
    if isinstance(estimator, sklearn.pipeline.Pipeline):
        for at, (_, step) in enumerate(estimator.steps):
            if isinstance(step, PoisonFilter):
                last = estimator[-1] if at == len(estimator) - 2 else None
                return estimator[:at] if at else None, step, last
    raise ValueError(
        f"{type(estimator).__name__} holds no filter of skpoison: pass a fitted "
        "filter, or a pipeline that has one among its steps."
    )

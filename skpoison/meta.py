"""Estimators that train on the rows a filter kept, from raw X to prediction."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
)
from sklearn.utils import check_consistent_length, get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._utils.containers import n_rows, take_rows
from ._utils.fitted_state import unfitted_by_failure
from ._utils.kept_rows import check_what_is_left
from ._utils.parameters import HasMethods, fit_context
from ._utils.routing import (
    check_step_parameters,
    follows_rows,
    prefixed,
    routing_enabled,
)
from ._utils.tags import common_input_tags
from ._utils.typing import Estimator
from ._utils.verdicts import judge_training_rows
from .base import PoisonFilter

__all__ = ["DefendedClassifier", "DefendedRegressor"]


def _estimator_has(method):
    def has(defended):
        return hasattr(getattr(defended, "estimator_", defended.estimator), method)

    return available_if(has)


class _Defended(MetaEstimatorMixin, BaseEstimator):
    """Fits a filter, then the estimator on the rows of X that it kept."""

    _parameter_constraints: dict = {
        "filter": [HasMethods("fit_predict"), HasMethods(["fit", "predict"])],
        "estimator": [HasMethods(["fit", "predict"])],
    }

    def __init__(self, filter: Estimator, estimator: Estimator) -> None:
        self.filter = filter
        self.estimator = estimator

    @fit_context(prefer_skip_nested_validation=False)
    @unfitted_by_failure
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Fit the filter, then the estimator on the kept rows of X as they were given.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Whatever the filter and the estimator take.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for the estimator; where metadata routing is enabled,
            for whoever requests them.
        **params : dict
            `filter__<parameter>` for the filter's `fit` (for example `filter__trusted`)
            and `estimator__<parameter>` for the estimator's. Where metadata routing is
            enabled, by request. Those of the estimator with an entry per row are cut to
            the kept rows; validation sets (`estimator__X_val`, ...) are not.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter that neither takes, a verdict that is not one -1 or +1 per
            row, and when nothing, or one class alone, would be left to learn from.
        """
        filter_params, estimator_params = self._split(sample_weight, params)
        n_samples = n_rows(X)
        check_consistent_length(X, y, sample_weight)
        self.filter_ = clone(self.filter)
        self.inlier_mask_ = judge_training_rows(
            self.filter_, X, y, n_samples, **filter_params
        )
        self._check_what_is_left(y)
        self.sample_indices_ = np.flatnonzero(self.inlier_mask_)
        kept = {
            name: take_rows(self.sample_indices_, value)[0]
            if follows_rows(name, value, n_samples)
            else value
            for name, value in estimator_params.items()
        }
        self.estimator_ = clone(self.estimator).fit(
            *take_rows(self.sample_indices_, X, y), **kept
        )
        return self

    @_estimator_has("predict")
    def predict(self, X: Any) -> np.ndarray:
        """Predict with the estimator that was trained on the kept rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @property
    def n_features_in_(self) -> int:
        """Number of features seen during `fit`."""
        return self.estimator_.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the features, when X had string column names."""
        return self.estimator_.feature_names_in_

    def get_metadata_routing(self) -> MetadataRouter:
        """Get metadata routing of this object.

        Returns
        -------
        MetadataRouter
        """
        return (
            MetadataRouter(owner=self)
            .add(
                filter=self.filter,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
            .add(
                estimator=self.estimator,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
        )

    def _split(self, sample_weight, params):
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        if routing_enabled():
            routed = process_routing(self, "fit", **params, **weight)
            return routed.filter.fit, routed.estimator.fit
        takers = [("filter", self.filter), ("estimator", self.estimator)]
        check_step_parameters(params, takers)
        estimator_params = prefixed("estimator", params)
        if weight.keys() & estimator_params.keys():
            raise ValueError(
                "The estimator's sample_weight came twice: as sample_weight and as "
                "estimator__sample_weight. Pass one of them."
            )
        return prefixed("filter", params), estimator_params | weight

    def _check_what_is_left(self, y):
        if not self.inlier_mask_.any():
            raise ValueError(f"The filter removed all {len(self.inlier_mask_)} rows.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = common_input_tags(
            get_tags(self.estimator).input_tags, get_tags(self.filter).input_tags
        )
        return tags


class DefendedClassifier(ClassifierMixin, _Defended):
    """A classifier trained on the rows that a filter kept.

    The filter may be a pipeline that ends in a filter (an embedding, then the filter):
    its verdict is applied to the raw X, on which the estimator trains. This is the
    end-to-end setting, and it works as a step of plain scikit-learn pipelines.

    Parameters
    ----------
    filter : outlier detector
        A defense of this package, an outlier detector of scikit-learn or PyOD, or a
        pipeline that ends in one.
    estimator : classifier
        Trained on the kept rows.

    Attributes
    ----------
    filter_ : outlier detector
        The fitted filter.
    estimator_ : classifier
        The fitted classifier.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the rows that the classifier was trained on.
    sample_indices_ : ndarray of int
        Their indices.
    classes_ : ndarray of shape (n_classes,)
        The labels that the classifier knows.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    skpoison.pipeline.Pipeline : Trains the classifier on the filter's features.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skpoison.defenses import L2CentroidFilter
    >>> from skpoison.meta import DefendedClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = DefendedClassifier(L2CentroidFilter(0.1), DecisionTreeClassifier())
    >>> len(model.fit(X, y).sample_indices_)
    135
    """

    def __init__(self, filter: Estimator, estimator: Estimator) -> None:
        super().__init__(filter, estimator)

    @property
    def classes_(self) -> np.ndarray:
        """The labels that the classifier knows."""
        return self.estimator_.classes_

    @_estimator_has("predict_proba")
    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities of the classifier trained on the kept rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @_estimator_has("predict_log_proba")
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @_estimator_has("decision_function")
    def decision_function(self, X: Any) -> np.ndarray:
        """Decision function of the classifier trained on the kept rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    def _check_what_is_left(self, y):
        super()._check_what_is_left(y)
        # A defense of this package has checked what it leaves; others do not.
        if not isinstance(self.filter_, PoisonFilter):
            check_what_is_left(y, self.inlier_mask_, "The filter")


class DefendedRegressor(RegressorMixin, _Defended):
    """A regressor trained on the rows that a filter kept.

    Parameters
    ----------
    filter : outlier detector
        A defense of this package, an outlier detector of scikit-learn or PyOD, or a
        pipeline that ends in one.
    estimator : regressor
        Trained on the kept rows.

    Attributes
    ----------
    filter_ : outlier detector
        The fitted filter.
    estimator_ : regressor
        The fitted regressor.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the rows that the regressor was trained on.
    sample_indices_ : ndarray of int
        Their indices.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import IsolationForest
    >>> from sklearn.linear_model import Ridge
    >>> from skpoison.meta import DefendedRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> filter = IsolationForest(contamination=0.1, random_state=0)
    >>> len(DefendedRegressor(filter, Ridge()).fit(X, y).sample_indices_)
    397
    """

    def __init__(self, filter: Estimator, estimator: Estimator) -> None:
        super().__init__(filter, estimator)

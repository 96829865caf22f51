"""Filters of other libraries, as detectors that judge labelled rows."""

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import LabelEncoder

from ..._utils.optional import optional_import


class ConfidentLearning(OutlierMixin, BaseEstimator):
    """cleanlab's label issues, by the out-of-fold probabilities of a classifier."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit_predict(self, X, y):
        """+1 for the kept rows, -1 for the issues."""
        cleanlab = optional_import("cleanlab.filter", "bench")
        y = LabelEncoder().fit_transform(y)
        probabilities = cross_val_predict(self.estimator, X, y, method="predict_proba")
        return np.where(cleanlab.find_label_issues(y, probabilities, n_jobs=1), -1, 1)


class EditedNeighbours(OutlierMixin, BaseEstimator):
    """imbalanced-learn's EditedNearestNeighbours, of all classes."""

    def fit_predict(self, X, y):
        """+1 for the kept rows, -1 for the others."""
        imblearn = optional_import("imblearn.under_sampling", "bench")
        sampler = imblearn.EditedNearestNeighbours(sampling_strategy="all")
        sampler.fit_resample(X, y)
        verdict = np.full(len(y), -1)
        verdict[sampler.sample_indices_] = 1
        return verdict

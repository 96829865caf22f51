"""Filters of other libraries, as detectors that judge labelled rows."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import LabelEncoder

from ..._torch.seeding import seeded
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


class ActivationClustering(OutlierMixin, BaseEstimator):
    """ART's activation clustering, of a small network that learns from all rows."""

    def __init__(self, *, random_state=None):
        self.random_state = random_state

    def fit_predict(self, X, y):
        """+1 for the kept rows, -1 for the smaller cluster of each class."""
        classifiers = optional_import("art.estimators.classification", "bench")
        detectors = optional_import("art.defences.detector.poison", "bench")
        X, y = np.asarray(X, np.float32), LabelEncoder().fit_transform(y)
        n_features, n_classes = X.shape[1], y.max() + 1
        with seeded(self.random_state, torch.device("cpu")), _seeded(self.random_state):
            net = torch.nn.Sequential(
                torch.nn.Linear(n_features, 64),
                torch.nn.ReLU(),
                torch.nn.Linear(64, n_classes),
            )
            classifier = classifiers.PyTorchClassifier(
                net,
                loss=torch.nn.CrossEntropyLoss(),
                optimizer=torch.optim.Adam(net.parameters(), lr=0.01),
                input_shape=(n_features,),
                nb_classes=n_classes,
                device_type="cpu",
            )
            classifier.fit(X, y, nb_epochs=30, batch_size=64)
            labels = np.eye(n_classes)[y]
            _, is_clean = detectors.ActivationDefence(
                classifier, X, labels
            ).detect_poison(nb_clusters=2, nb_dims=10, reduce="PCA")
        return np.where(is_clean, 1, -1)


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


@contextmanager
def _seeded(seed):
    """Seed the global generator of numpy inside, which is all that ART draws from."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002

"""What the conditional networks have in common: labels, targets and devices."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .._torch.device import torch_device
from .._torch.seeding import seeded_generator
from .._torch.shapes import check_vectors_or_images, conversion
from .._torch.threads import one_thread
from .._utils.canonical_order import canonical_order
from .._utils.containers import check_rows
from .._utils.fitted_state import unfitted_by_failure
from .._utils.labels import encode_labels, label_positions
from .._utils.parameters import Interval, StrOptions
from .._utils.targets import is_regression, target_column
from ._encoding import Encoder

__all__ = ["ConditionalNetwork"]


class ConditionalNetwork(CallbackSupportMixin, BaseEstimator):
    """Base of the networks that are conditioned on a label or on a target value.

    A subclass names the range of the rows it works on in `_span` and trains in
    `_train`.
    """

    _parameter_constraints: dict = {
        "hidden_layer_sizes": ["array-like"],
        "generator_layer_sizes": ["array-like"],
        "noise_dim": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "task": [StrOptions({"auto", "classification", "regression"})],
        "device": [str, object],
        "random_state": ["random_state"],
    }
    _span = 1.0

    def __setstate__(self, state):
        super().__setstate__(state)
        if hasattr(self, "_encoder_"):
            self._encoder_.device = torch_device(self.device)

    @unfitted_by_failure
    def _fit(self, X, y):
        """Validate, then train on the rows in an order of their own."""
        X, y = self._validate_rows(X, y)
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        order = canonical_order(X, y)
        X, y = X[order], y[order]
        encoder = self._encoder(X, y, self._n_classes)
        random = seeded_generator(self.random_state, encoder.device)
        with one_thread():
            self._train(encoder, X, y, random, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _encoder(self, X, y, n_classes):
        device = torch_device(self.device)
        return Encoder(X, y, n_classes=n_classes, span=self._span, device=device)

    def _validate_rows(self, X, y):
        check_rows(X)
        y = target_column(y)
        regression = is_regression(y, self.task)
        X, y = validate_data(
            self,
            X,
            y,
            dtype=(np.float64, np.float32),
            y_numeric=regression,
            ensure_min_samples=2,
            allow_nd=True,
        )
        check_vectors_or_images(X)
        if regression:
            if X.ndim == 4:
                raise ValueError(
                    f"{type(self).__name__} learns labels of images, no target values: "
                    "pass features of the images, such as NetEmbedding makes, or "
                    "task='classification'."
                )
            self.__dict__.pop("classes_", None)
            return X, y
        self.classes_, y = encode_labels(y, type(self).__name__)
        return X, y

    @property
    def _n_classes(self):
        return len(self.classes_) if hasattr(self, "classes_") else None

    def _validate_pairs(self, X, y):
        """New rows with labels that were seen, as positions."""
        check_is_fitted(self)
        regression = not hasattr(self, "classes_")
        X, y = validate_data(
            self,
            X,
            target_column(y),
            reset=False,
            dtype=(np.float64, np.float32),
            y_numeric=regression,
            allow_nd=True,
        )
        self._check_row_shape(X)
        return X, self._positions(y)

    def _check_row_shape(self, X):
        row_shape = self._encoder_.row_shape
        if X.shape[1:] != row_shape:
            raise ValueError(
                f"X has rows of the shape {X.shape[1:]}, but {type(self).__name__} was "
                f"fitted to rows of the shape {row_shape}."
                + conversion("X", X.shape, row_shape)
            )

    def _positions(self, y):
        """Labels as positions in `classes_`; target values as they are."""
        if not hasattr(self, "classes_"):
            return check_array(y, ensure_2d=False, dtype=np.float64)
        return label_positions(y, self.classes_)

    def _sample(self, y, random_state):
        """Rows that the generator makes for labels or target values."""
        check_is_fitted(self)
        conditions = self._encoder_.conditions(self._positions(y))
        random = seeded_generator(random_state, conditions.device)
        return self._encoder_.original(self._generator_.sample(conditions, random))

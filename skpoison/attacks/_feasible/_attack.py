"""What the attacks within a feasible set share."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d, validate_data

from ..._utils.canonical_order import canonical_order
from ..._utils.containers import check_column_names
from ..._utils.feasible_set import FeasibleSet
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import encode_labels, label_positions
from ..._utils.parameters import Interval, fit_context
from ..._utils.shares import count_poisons
from ..._utils.targets import target_column
from ..._utils.typing import MatrixLike
from ...base import PoisonAttack, PoisonedData
from ._linear_svm import LinearSVM, with_one

__all__ = ["FeasibleAttack"]


class FeasibleAttack(PoisonAttack):
    """Adds rows within a sphere and a slab to harm a linear support vector machine.

    A subclass proposes points; the base tries each proposal on the machine, and keeps
    the one that does the most harm.
    """

    _parameter_constraints: dict = {
        "rate": [Interval(Real, 0, None, closed="neither")],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
        "alpha": [Interval(Real, 0, None, closed="neither")],
    }

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def fit_poison(
        self,
        X: MatrixLike,
        y: ArrayLike,
        *,
        X_val: MatrixLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> PoisonedData:
        """Add poison rows to a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers; centre and scale them, since the intercept is regularised too.
        y : array-like of shape (n_samples,)
            Labels of two classes.
        X_val : array-like of shape (n_val, n_features), default=None
            Rows whose error is to rise; None: the training rows.
        y_val : array-like of shape (n_val,), default=None
            Their labels.

        Returns
        -------
        PoisonedData
            The rows given, then the poison.

        Raises
        ------
        ValueError
            For other than two classes, a rate that comes to no row, and when one of
            `X_val` and `y_val` is missing, besides invalid input.
        """
        y = target_column(y)
        check_column_names(X)
        clean, labels = validate_data(self, X, y, dtype=np.float64)
        self.classes_, positions = encode_labels(labels, type(self).__name__)
        if len(self.classes_) != 2:
            raise ValueError(
                f"{type(self).__name__} attacks a machine of two classes; y holds "
                f"{len(self.classes_)}. Pass the rows of two of them."
            )
        n_poisons = count_poisons(self.rate, None, len(labels))
        rows_val, positions_val = self._validation_rows(clean, positions, X_val, y_val)
        order = canonical_order(clean, positions)
        clean, positions = clean[order], positions[order]
        svm = LinearSVM(
            with_one(clean), 2.0 * positions - 1, rows_val, positions_val, self.alpha
        )
        feasible = FeasibleSet.around(clean, positions, self.quantile)
        self.clean_error_ = float(svm.error(svm.fit())[0])
        points, signs, copies = self._most_harmful(
            svm, self._proposals(svm, feasible, n_poisons)
        )
        return self._append(
            X if hasattr(X, "iloc") else np.asarray(X),
            y,
            np.repeat(points, copies, axis=0),
            self.classes_[np.repeat(signs > 0, copies).astype(int)],
        )

    @abstractmethod
    def _proposals(self, svm, feasible, n_poisons):
        """Points, their signs, and how many copies of each, one proposal a time."""

    def _most_harmful(self, svm, proposals):
        best, worst_error = None, (-1.0, -1.0)
        for proposal in proposals:
            error = svm.error(svm.fit(*proposal))
            if error > worst_error:
                best, worst_error = proposal, error
        self.error_ = float(worst_error[0])
        return best

    def _validation_rows(self, X, positions, X_val, y_val):
        if (X_val is None) != (y_val is None):
            raise ValueError("Pass X_val and y_val together, or neither of them.")
        if X_val is not None:
            X = validate_data(self, X_val, reset=False, dtype=np.float64)
            y_val = column_or_1d(target_column(y_val))
            check_consistent_length(X, y_val)
            positions = label_positions(y_val, self.classes_)
        order = canonical_order(X, positions)
        return with_one(X[order]), 2.0 * positions[order] - 1

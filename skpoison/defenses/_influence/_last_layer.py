"""The last layer of a model: gradients of rows, and how the loss curves."""

import numpy as np
from scipy.linalg import cho_factor, solve_triangular
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array, gen_batches

__all__ = ["LastLayer"]

_BLOCK_BYTES = 2**24
# Of the mean curvature, in the direction in which all intercepts grow, which is flat.
_JITTER = 1e-9


class LastLayer:
    """A logistic or ridge regression at the end of a model, and its training rows.

    Parameters
    ----------
    model : fitted estimator
        A logistic or ridge regression, or a pipeline that ends in one.
    X : array-like of shape (n_samples, ...)
        The training rows of the model.

    Raises
    ------
    TypeError
        When the model ends in anything else.
    """

    def __init__(self, model, X):
        self.steps = []
        while isinstance(model, Pipeline):
            self.steps.append(model[:-1])
            model = model[-1]
        if not isinstance(model, LogisticRegression | Ridge):
            raise TypeError(
                "InfluenceFilter needs a LogisticRegression or a Ridge, alone or at "
                f"the end of a pipeline; got {type(model).__name__}."
            )
        self.layer = model
        inputs = self._read(X)
        self.mean = inputs.mean(axis=0) if model.fit_intercept else 0.0
        self.factor = cho_factor(self._curvature(inputs), lower=True)[0]

    def self_influences(self, X, y):
        """The gradient of each row, squared in the metric of the inverse Hessian.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        y : ndarray of shape (n_samples,)
            Target values, or positions in the classes of the model.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        inputs = self._read(X)
        slopes = self._slopes(inputs, y)
        placed = self._placed(inputs)
        influences = np.empty(len(y))
        step = max(1, _BLOCK_BYTES // (8 * len(self.factor)))
        for rows in gen_batches(len(y), step):
            gradients = (slopes[rows, :, None] * placed[rows, None, :]).reshape(
                -1, len(self.factor)
            )
            lengths = solve_triangular(self.factor, gradients.T, lower=True)
            influences[rows] = np.einsum("ij,ij->j", lengths, lengths)
        return influences

    def _read(self, X):
        for step in self.steps:
            X = step.transform(X)
        return check_array(X, dtype=np.float64)

    def _placed(self, inputs):
        """The inputs, with a column of ones where there is an intercept."""
        if not self.layer.fit_intercept:
            return inputs
        # Around the mean, lest a common offset drowns the rest.
        return np.hstack([inputs - self.mean, np.ones((len(inputs), 1))])

    def _slopes(self, inputs, y):
        """Derivative of the loss with respect to each output."""
        if isinstance(self.layer, Ridge):
            return self._outputs(inputs) - y[:, None]
        chances = self._chances(inputs)
        first = len(self.layer.classes_) - chances.shape[1]
        return chances - (np.arange(first, len(self.layer.classes_)) == y[:, None])

    def _outputs(self, inputs):
        return inputs @ np.atleast_2d(self.layer.coef_).T + self.layer.intercept_

    def _chances(self, inputs):
        """Of two classes the second one's alone."""
        outputs = self._outputs(inputs)
        return expit(outputs) if outputs.shape[1] == 1 else softmax(outputs, axis=1)

    def _curvature(self, inputs):
        """Hessian of the penalised loss of all rows."""
        placed = self._placed(inputs)
        weights = self._curvature_of_rows(inputs)
        n_outputs, n_columns = weights.shape[1], placed.shape[1]
        hessian = np.empty((n_outputs, n_columns, n_outputs, n_columns))
        for a in range(n_outputs):
            for b in range(a + 1):
                block = (placed.T * weights[:, a, b]) @ placed
                hessian[a, :, b], hessian[b, :, a] = block, block
        hessian = hessian.reshape(n_outputs * n_columns, -1)
        penalty = np.full((n_outputs, n_columns), self._penalty())
        if self.layer.fit_intercept:
            penalty[:, -1] = 0.0
        jitter = _JITTER * np.trace(hessian) / len(hessian)
        return hessian + np.diag(penalty.ravel() + jitter)

    def _curvature_of_rows(self, inputs):
        """Second derivatives of each row's loss with respect to its outputs."""
        if isinstance(self.layer, Ridge):
            return np.ones((len(inputs), 1, 1))
        chances = self._chances(inputs)
        diagonal = chances[:, :, None] * np.eye(chances.shape[1])
        return diagonal - chances[:, :, None] * chances[:, None, :]

    def _penalty(self):
        is_ridge = isinstance(self.layer, Ridge)
        return self.layer.alpha if is_ridge else 1 / self.layer.C

"""Per-row gradients at the linear last layer of a model, never formed in full."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds
from sklearn.base import is_regressor
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array

__all__ = ["last_layer_gradients", "squared_projections"]


def last_layer_gradients(model, X, y):
    """The two factors of each row's gradient at the last layer: slopes and inputs.

    The gradient of row i with respect to output k is slopes[i, k] * inputs[i], so the
    n x (K x d) matrix of all gradients need never be formed.

    Parameters
    ----------
    model : fitted estimator
        A linear model, or a pipeline that ends in one.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        What the model takes.
    y : ndarray of shape (n_samples,)
        Target values, or positions in `model.classes_`.

    Returns
    -------
    slopes : ndarray of shape (n_samples, n_outputs)
        Derivative of the loss with respect to each output; one column for a regression
        and for two classes.
    inputs : ndarray or sparse matrix of shape (n_samples, n_inputs + 1)
        What the last layer sees, and a column of ones for the intercept. Dense columns
        are centred at their median, so that a common offset does not drown the rest.

    Raises
    ------
    TypeError
        When the last layer is not linear.
    """
    layer = model
    while isinstance(layer, Pipeline):
        if len(layer) > 1:
            X = layer[:-1].transform(X)
        layer = layer[-1]
    outputs, numbers = _linear_outputs(layer, X)
    slopes, X = _slopes(layer, X, y, outputs), numbers
    ones = np.ones((X.shape[0], 1))
    if sparse.issparse(X):
        return slopes, sparse.hstack([X.astype(np.float64), ones], format="csr")
    centred = X - np.median(np.asarray(X, dtype=np.float64), axis=0)
    return slopes, np.hstack([centred, ones])


def squared_projections(slopes, inputs, random_state):
    """Squared projection of each centred gradient on their top singular vector.

    Parameters
    ----------
    slopes : ndarray of shape (n_samples, n_outputs)
    inputs : ndarray or sparse matrix of shape (n_samples, n_inputs)
    random_state : RandomState instance
        Draws the start of the iteration.

    Returns
    -------
    ndarray of shape (n_samples,)
        Zero where all gradients are equal.

    Raises
    ------
    ValueError
        For gradients whose squares overflow.
    """
    n, width = len(slopes), (slopes.shape[1], inputs.shape[1])
    mean = (slopes.T @ inputs).ravel() / n

    def project(v):
        return np.sum(slopes * (inputs @ v.reshape(width).T), axis=1) - mean @ v.ravel()

    def combine(u):
        u = u.ravel()
        return ((slopes * u[:, None]).T @ inputs).ravel() - mean * u.sum()

    row_norms = inputs.multiply(inputs) if sparse.issparse(inputs) else inputs**2
    energy = np.sum(slopes**2 * np.asarray(row_norms.sum(axis=1)).reshape(-1, 1))
    if not np.isfinite(energy):
        raise ValueError(
            "The gradients are so large that their squares overflow: scale X and y."
        )
    spread = energy - n * mean @ mean
    if n < 2 or spread <= np.finfo(float).eps * n * energy:
        return np.zeros(n)
    gradients = LinearOperator(
        (n, mean.size), matvec=project, rmatvec=combine, dtype=np.float64
    )
    start = random_state.standard_normal(min(gradients.shape))
    _, _, top = svds(gradients, k=1, v0=start, return_singular_vectors="vh")
    return project(top[0]) ** 2


def _linear_outputs(layer, X):
    """The outputs of the last layer, and its inputs in which they are linear."""
    coef = getattr(layer, "coef_", None)
    if coef is None:
        raise _unsupported(layer, "it has no coef_")
    coef = np.atleast_2d(coef.toarray() if sparse.issparse(coef) else coef)
    outputs = layer.predict(X) if is_regressor(layer) else layer.decision_function(X)
    X = check_array(X, accept_sparse="csr", dtype=(np.float64, np.float32))
    outputs = np.asarray(outputs, dtype=np.float64).reshape(X.shape[0], -1)
    if coef.shape != (outputs.shape[1], X.shape[1]):
        raise _unsupported(
            layer,
            f"its coef_ has shape {coef.shape} for {X.shape[1]} inputs and "
            f"{outputs.shape[1]} outputs",
        )
    terms = np.asarray(abs(X) @ abs(coef.T)) + np.abs(layer.intercept_)
    error = np.abs(np.asarray(X @ coef.T) + layer.intercept_ - outputs)
    if np.any(error > 1e-3 * terms.max()):
        raise _unsupported(layer, "its outputs are not X @ coef_.T + intercept_")
    return outputs, X


def _slopes(layer, X, y, outputs):
    if is_regressor(layer):
        return outputs - y[:, None]
    codes = np.arange(len(layer.classes_)) == y[:, None]
    if outputs.shape[1] == 1:
        codes = codes[:, 1:]
    if hasattr(layer, "predict_proba"):
        return layer.predict_proba(X)[:, -outputs.shape[1] :].astype(float) - codes
    signs = 2.0 * codes - 1.0
    shortfall = 1.0 - signs * outputs
    if isinstance(layer, RidgeClassifier | RidgeClassifierCV):
        return -signs * shortfall
    if getattr(layer, "loss", None) == "squared_hinge":
        return -2.0 * signs * np.maximum(shortfall, 0.0)
    return -signs * (shortfall > 0)


def _unsupported(layer, why):
    return TypeError(
        f"SeverFilter reads the gradients at a linear last layer, but that of "
        f"{type(layer).__name__} cannot be used: {why}. Use a linear regressor of "
        "scikit-learn that predicts X @ coef_ + intercept_ (LinearRegression, Ridge, "
        "Lasso, ElasticNet, HuberRegressor, SGDRegressor, LinearSVR, ...), a linear "
        "classifier with one output per class or one for two classes "
        "(LogisticRegression, LinearSVC, SGDClassifier, RidgeClassifier, "
        "LinearDiscriminantAnalysis, a binary SVC(kernel='linear'), ...), or a "
        "pipeline that ends in one, for example "
        "make_pipeline(NetEmbedding(net), LogisticRegression())."
    )

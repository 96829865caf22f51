"""What models say of rows that they were not trained on."""

from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from .._utils.containers import take_rows

_N_FOLDS = 5


class Prediction(NamedTuple):
    """Predictions for some rows.

    Attributes
    ----------
    values : ndarray of shape (n_rows,)
        Positions in the classes, or values of a regression.
    probabilities : ndarray of shape (n_rows, n_classes) or None
        Where the model has some.
    """

    values: np.ndarray
    probabilities: np.ndarray | None


def deal_folds(order):
    """The fold of each row, in an order that follows from what the rows hold."""
    folds = np.empty(len(order), dtype=int)
    folds[order] = np.arange(len(order)) % _N_FOLDS
    return folds


def predict_held_out(model, X, targets, learned, asked, folds, n_classes, step):
    """Predict rows by models that were trained on the other folds.

    Parameters
    ----------
    model : classifier or regressor
    X : as the model takes it
    targets : ndarray of shape (n_rows,)
        Positions in the classes, or values of a regression.
    learned : ndarray of bool of shape (n_rows,)
        The rows that may be learned from.
    asked : ndarray of bool of shape (n_rows,)
        The rows to predict.
    folds : ndarray of int of shape (n_rows,)
    n_classes : int
        0 for a regression.
    step : callable
        Told of each fold that is done.

    Returns
    -------
    Prediction
        Of the asked rows, in their order.
    """
    values = np.zeros(len(targets), dtype=targets.dtype)
    probabilities = np.zeros((len(targets), n_classes))
    has_some = n_classes > 0
    for fold in np.unique(folds[asked]):
        rows = np.flatnonzero(asked & (folds == fold))
        seen = learned & (folds != fold)
        fitted = clone(model).fit(*take_rows(seen, X, targets))
        (there,) = take_rows(rows, X)
        values[rows] = np.ravel(fitted.predict(there))
        has_some = has_some and hasattr(fitted, "predict_proba")
        if has_some:
            columns = np.asarray(fitted.classes_, dtype=int)
            probabilities[np.ix_(rows, columns)] = fitted.predict_proba(there)
        step()
    return Prediction(values[asked], probabilities[asked] if has_some else None)

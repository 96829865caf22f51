"""A second opinion: models that were not trained on the rows they are asked about."""

from dataclasses import dataclass

import numpy as np

from .._utils.containers import take_rows
from ._cross_fit import Prediction, deal_folds, predict_held_out
from ._effect import Effect, effect_on_labels, effect_on_values


@dataclass(frozen=True)
class Opinion:
    """What the models say.

    Attributes
    ----------
    suspects : Prediction
        Of the suspects that are explained, in ascending order of their positions.
    scale : float or None
        The usual size of a residual of a regression.
    effect : Effect or None
        None without trusted rows.
    """

    suspects: Prediction
    scale: float | None
    effect: Effect | None


def ask_models(model, X, rows, positions, order, learned, kept, explained, step):
    """Train models on the kept rows, and on all, and ask each what it has not seen.

    Parameters
    ----------
    model : classifier or regressor
    X : as the model takes it, of n_looked_at rows
    rows : Rows
    positions : ndarray of int of shape (n_looked_at,)
        Of the rows of X in the data set.
    order : ndarray of int of shape (n_looked_at,)
        In which the rows are dealt to the folds.
    learned, kept, explained : ndarray of bool of shape (n_looked_at,)
        The rows that may be trained on, those that the filter kept, and those whose
        labels are asked about.
    step : callable
        Told of each fold that is done.

    Returns
    -------
    Opinion
    """
    targets, trusted = rows.targets[positions], rows.trusted[positions]
    # The usual residual is that of all rows.
    asked = trusted | explained | rows.regression
    folds = deal_folds(order)

    def predict(trained, asked):
        return predict_held_out(
            model, X, targets, trained, asked, folds, rows.n_classes, step
        )

    after = predict(learned & kept, asked)
    effect, scale = None, None
    if trusted.any():
        values = after.values[trusted[asked]]
        before = values
        if not kept.all():
            before = predict(learned, trusted).values
        measure = effect_on_values if rows.regression else effect_on_labels
        effect = measure(before, values, targets[trusted])
    if rows.regression:
        scale = 1.4826 * float(np.median(np.abs(after.values - targets)))
    suspects = Prediction(*take_rows(explained[asked], *after))
    return Opinion(suspects, scale, effect)

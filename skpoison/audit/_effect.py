"""What the removal of the suspects changes for a model, measured on trusted rows."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Effect:
    """How a model does on trusted rows with and without the suspects.

    Attributes
    ----------
    metric : str
        "accuracy", or "mean absolute error" of a regression.
    before, after : float
        Trained on all rows, and on the kept rows.
    change, low, high : float
        Their difference, and its 95 % interval.
    n_rows : int
        Trusted rows that were predicted.
    """

    metric: str
    before: float
    after: float
    change: float
    low: float
    high: float
    n_rows: int


def effect_on_labels(before, after, truth):
    """The change of the accuracy.

    Parameters
    ----------
    before, after : ndarray of shape (n_rows,)
        Predictions of models trained with and without the suspects.
    truth : ndarray of shape (n_rows,)

    Returns
    -------
    Effect
        With the interval of Agresti and Min (2005) for a difference of paired shares:
        half a row is added to each kind of pair, so that few rows that all agree leave
        doubt.
    """
    right_before, right_after = before == truth, after == truth
    n = len(truth)
    gained = np.sum(right_after & ~right_before)
    lost = np.sum(right_before & ~right_after)
    b, c, m = gained + 0.5, lost + 0.5, n + 2
    center = (b - c) / m
    half = norm.ppf((1 + _CONFIDENCE) / 2) * np.sqrt(b + c - (b - c) ** 2 / m) / m
    change = float((gained - lost) / n)
    return Effect(
        "accuracy",
        float(right_before.mean()),
        float(right_after.mean()),
        change,
        float(max(-1.0, min(change, center - half))),
        float(min(1.0, max(change, center + half))),
        n,
    )


def effect_on_values(before, after, truth):
    """The change of the mean absolute error; below 0 is better.

    Parameters
    ----------
    before, after, truth : ndarray of shape (n_rows,)

    Returns
    -------
    Effect
        With Student's interval of the paired differences.
    """
    error_before, error_after = np.abs(before - truth), np.abs(after - truth)
    differences = error_after - error_before
    n, change = len(truth), float(differences.mean())
    half = np.inf
    if n > 1:
        half = t.ppf((1 + _CONFIDENCE) / 2, n - 1) * differences.std(ddof=1) / n**0.5
    return Effect(
        "mean absolute error",
        float(error_before.mean()),
        float(error_after.mean()),
        change,
        float(change - half),
        float(change + half),
        n,
    )

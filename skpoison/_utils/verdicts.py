"""What a detector says about rows: checked, and read the same whoever says it."""

from inspect import signature

import numpy as np
import sklearn.pipeline
from sklearn.base import OutlierMixin

from .tags import estimator_type

__all__ = [
    "judge_training_rows",
    "judges_rows",
    "score_new_rows",
    "score_training_rows",
]


def judges_rows(estimator):
    """Whether an estimator is an outlier detector, by scikit-learn or by PyOD."""
    return hasattr(estimator, "fit") and (
        isinstance(estimator, OutlierMixin)
        or estimator_type(estimator) == "outlier_detector"
        or _is_pyod(estimator)
    )


def judge_training_rows(detector, X, y, n_samples, **fit_params):
    """Fit a detector and get its verdict on the rows it was fitted to.

    PyOD's detectors answer 0 for a row that belongs and 1 for an outlier: that is
    translated. Whatever else is not one -1 or +1 per row is refused: a verdict that is
    misread means no defense, or a model trained on the suspects alone.

    Parameters
    ----------
    detector : outlier detector
        Fitted in place.
    X, y : as the detector takes them
    n_samples : int
        Number of rows of X.
    **fit_params : dict
        Passed on.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        True for the rows that belong.

    Raises
    ------
    TypeError
        For whatever is no outlier detector, clusterers included, and for a detector
        that has no verdict on its training rows.
    ValueError
        For a verdict that is not one -1 or +1 per row.
    """
    if estimator_type(detector) == "clusterer":
        raise TypeError(
            f"{_name(detector)} is a clusterer: it numbers groups of rows and does not "
            "say which rows belong. Use an outlier detector."
        )
    if _is_pyod(detector):
        # Without y: most of PyOD's detectors warn of it, others learn outliers from it.
        detector.fit(X, **fit_params)
        verdict = detector.labels_
    elif hasattr(detector, "fit_predict"):
        verdict = detector.fit_predict(X, y, **fit_params)
    elif not judges_rows(detector):
        raise TypeError(f"{_name(detector)} is no outlier detector: no fit_predict.")
    elif hasattr(type(detector), "fit_predict"):
        raise TypeError(
            f"{detector!r} has no verdict on the rows it is fitted to. Pass "
            "novelty=False to LocalOutlierFactor; a detector that was fitted to other "
            "rows goes into sklearn.frozen.FrozenEstimator."
        )
    else:
        predict = detector.fit(X, y, **fit_params).predict
        # Defenses of this package judge rows with their labels.
        with_labels = "y" in signature(predict).parameters
        verdict = predict(X, y) if with_labels else predict(X)
    return _inliers(detector, verdict, n_samples)


def score_training_rows(detector, X, n_samples):
    """Fit a detector and get its scores of the rows it was fitted to.

    Parameters
    ----------
    detector : outlier detector
        Fitted in place.
    X : as the detector takes it
    n_samples : int
        Number of rows of X.

    Returns
    -------
    ndarray of shape (n_samples,)
        Negative for suspects: the decision function, turned round where it is PyOD's,
        which grows with outlyingness; -1 and +1 where there is none.

    Raises
    ------
    TypeError, ValueError
        As in `judge_training_rows`, and for scores that are not one number per row.
    """
    if not hasattr(detector, "decision_function"):
        return np.where(judge_training_rows(detector, X, None, n_samples), 1, -1)
    detector.fit(X)
    if not _is_pyod(detector):
        return score_new_rows(detector, X, n_samples)
    # PyOD's decision function would take the training rows for new ones.
    scores = _threshold(detector) - detector.decision_scores_
    return _checked_scores(detector, scores, n_samples)


def score_new_rows(detector, X, n_samples):
    """Scores of rows by a fitted detector; negative for suspects.

    Parameters
    ----------
    detector : fitted outlier detector with a `decision_function`
    X : as the detector takes it
    n_samples : int
        Number of rows of X.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        For scores that are not one number per row.
    """
    scores = detector.decision_function(X)
    if _speaks_pyod(detector):
        scores = _threshold(detector) - scores
    return _checked_scores(detector, scores, n_samples)


def _is_pyod(detector):
    return any(
        base.__name__ == "BaseDetector" and base.__module__.startswith("pyod.")
        for base in type(detector).__mro__
    )


def _speaks_pyod(detector):
    """Whether a fitted detector answers as PyOD's do, also from inside a wrapper."""
    if isinstance(detector, sklearn.pipeline.Pipeline):
        # The pipeline of this package knows its rows, and has translated already.
        translated = hasattr(detector, "sample_indices_")
        return not translated and _speaks_pyod(detector.steps[-1][1])
    return _is_pyod(detector) or (
        hasattr(detector, "decision_scores_") and hasattr(detector, "labels_")
    )


def _threshold(detector):
    # PyOD's MAD has a parameter where the others have an attribute.
    return getattr(detector, "threshold_", getattr(detector, "threshold", None))


def _inliers(detector, verdict, n_samples):
    """A verdict as a mask of the rows that belong."""
    verdict = np.asarray(verdict)
    suspect, belongs = (1, 0) if _speaks_pyod(detector) else (-1, 1)
    if verdict.shape != (n_samples,):
        came = f"an array of shape {verdict.shape}"
    elif verdict.dtype.kind not in "iu":
        came = f"values of type {verdict.dtype}, such as {verdict[:4].tolist()},"
    elif not np.isin(verdict, [suspect, belongs]).all():
        values, counts = np.unique(verdict, return_counts=True)
        tally = zip(values[:4].tolist(), counts.tolist())
        came = ", ".join(f"{value} for {count} rows" for value, count in tally)
    else:
        return verdict == belongs
    raise ValueError(
        f"{_name(detector)} returned {came} where each of {n_samples} rows needs one "
        f"integer: {suspect} for a suspect, {belongs} for a row that belongs. Let "
        "fit_predict return that."
    )


def _checked_scores(detector, scores, n_samples):
    scores = np.asarray(scores)
    if scores.shape == (n_samples,) and scores.dtype.kind in "iuf":
        return scores
    raise ValueError(
        f"The decision function of {_name(detector)} returned an array of shape "
        f"{scores.shape} and type {scores.dtype} where each of {n_samples} rows needs "
        "one number, negative for suspects."
    )


def _name(detector):
    return type(detector).__name__

"""How well a defense did: the rows it removed, the targets it saved."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from .._utils.parameters import StrOptions, validate_params


@validate_params(
    {
        "is_poison": ["array-like"],
        "inlier_mask": ["array-like"],
        "scores": ["array-like", None],
        "pos_label": [StrOptions({"poison", "clean"})],
    },
    prefer_skip_nested_validation=True,
)
def filter_report(
    is_poison: ArrayLike,
    inlier_mask: ArrayLike,
    *,
    scores: ArrayLike | None = None,
    pos_label: Literal["poison", "clean"] = "poison",
) -> dict[str, float]:
    """Compare the rows that a filter removed with the rows that are poison.

    Parameters
    ----------
    is_poison : array-like of bool of shape (n_samples,)
        True for the poison rows, for example ``PoisonedData.is_poison``.
    inlier_mask : array-like of bool of shape (n_samples,)
        True for the kept rows, for example the fitted ``inlier_mask_``.
    scores : array-like of float of shape (n_samples,), default=None
        Scores of the rows, lower for more suspect ones, for example the fitted
        ``sample_scores_``.
    pos_label : {"poison", "clean"}, default="poison"
        The positive class of precision and recall. The published code of De-Pois
        [1]_ counts clean rows as positive: there a filter that removes nothing has
        precision 1 / (1 + poison rate) and recall 1.

    Returns
    -------
    dict of str to int or float
        n_poisons, n_poisons_removed
            Numbers of rows.
        clean_removed
            Removed clean rows in percent of the clean rows; nan without clean rows.
        accuracy
            Share of the rows that are judged rightly.
        balanced_accuracy
            Mean of the shares of the poison rows that are removed and of the clean
            rows that are kept; where a class has no rows, the share of the other.
        precision, recall
            Of the class `pos_label`; 0 where undefined.
        f1_poison, f1_clean
            F1 score of either class; 0 where undefined.
        mcc
            Matthews correlation coefficient; 0 where undefined, as when no row, or
            every row, is removed.
        roc_auc
            Area under the ROC curve of the scores; only when `scores` is given, and
            nan where a class has no rows.

    Raises
    ------
    ValueError
        When the lengths differ, a mask is not boolean, or a score is not finite.

    See Also
    --------
    defense_success_rate : Whether the attack still reaches its goal.

    Notes
    -----
    Accuracy and the F1 score of the clean rows are high for a filter that removes
    nothing, since most rows are clean. Report that filter beside any other.

    References
    ----------
    .. [1] J. Chen, X. Zhang, R. Zhang, C. Wang and L. Liu, "De-Pois: An
       Attack-Agnostic Defense against Data Poisoning Attacks", 2021, section VI.

    Examples
    --------
    >>> from skpoison.metrics import filter_report
    >>> is_poison = [True, True, False, False, False, False]
    >>> inlier_mask = [False, True, False, True, True, True]
    >>> report = filter_report(is_poison, inlier_mask)
    >>> report["n_poisons_removed"], report["clean_removed"], report["precision"]
    (1, 25.0, 0.5)
    """
    is_poison = _as_mask(is_poison, "is_poison", "True for the poison rows")
    inlier_mask = _as_mask(
        inlier_mask,
        "inlier_mask",
        "True for the kept rows; the +1/-1 of fit_predict become one by == 1",
    )
    check_consistent_length(is_poison, inlier_mask)

    n_samples, n_poisons = len(is_poison), int(is_poison.sum())
    n_clean = n_samples - n_poisons
    poisons_removed = int(np.sum(is_poison & ~inlier_mask))
    clean_removed = int(np.sum(~is_poison & ~inlier_mask))
    poisons_kept, clean_kept = n_poisons - poisons_removed, n_clean - clean_removed

    if pos_label == "poison":
        right, wrong, missed = poisons_removed, clean_removed, poisons_kept
    else:
        right, wrong, missed = clean_kept, poisons_kept, clean_removed
    recalls = [
        hits / size
        for hits, size in ((poisons_removed, n_poisons), (clean_kept, n_clean))
        if size
    ]
    report = {
        "n_poisons": n_poisons,
        "n_poisons_removed": poisons_removed,
        "clean_removed": 100 * clean_removed / n_clean if n_clean else math.nan,
        "accuracy": (poisons_removed + clean_kept) / n_samples,
        "balanced_accuracy": sum(recalls) / len(recalls),
        "precision": _ratio(right, right + wrong),
        "recall": _ratio(right, right + missed),
        "f1_poison": _ratio(
            2 * poisons_removed, 2 * poisons_removed + clean_removed + poisons_kept
        ),
        "f1_clean": _ratio(
            2 * clean_kept, 2 * clean_kept + clean_removed + poisons_kept
        ),
        "mcc": _ratio(
            poisons_removed * clean_kept - clean_removed * poisons_kept,
            math.sqrt(
                (poisons_removed + clean_removed)
                * (poisons_kept + clean_kept)
                * n_poisons
                * n_clean
            ),
        ),
    }
    if scores is not None:
        scores = column_or_1d(scores, dtype=np.float64)
        check_consistent_length(is_poison, scores)
        if not np.isfinite(scores).all():
            raise ValueError("scores holds values that are not finite.")
        defined = n_poisons and n_clean
        report["roc_auc"] = roc_auc_score(is_poison, -scores) if defined else math.nan
    return report


@validate_params(
    {
        "predictions": ["array-like"],
        "poison_class": "no_validation",
        "succeeded": ["array-like"],
    },
    prefer_skip_nested_validation=True,
)
def defense_success_rate(
    predictions: ArrayLike, poison_class: Any | ArrayLike, *, succeeded: ArrayLike
) -> float:
    """Share of the attacks that succeed undefended and that the defense stops.

    An attack is stopped when the defended model does not predict the class of the
    poison for its target [1]_, whether or not the prediction is right. Attacks that
    fail against the undefended model count for nothing: no defense is needed there.

    Parameters
    ----------
    predictions : array-like of shape (n_attacks,)
        Class that the defended model predicts for the target of each attack.
    poison_class : label, or array-like of shape (n_attacks,)
        Class that the attacker wants predicted: the label of the poisons, and of the
        base images they were made from.
    succeeded : array-like of bool of shape (n_attacks,)
        True for the attacks that succeed against the undefended model, which is
        ``undefended_predictions == poison_class``.

    Returns
    -------
    float
        Between 0 and 1, or nan when no attack succeeded undefended: then there was
        nothing to defend against.

    Raises
    ------
    ValueError
        When the lengths differ or `succeeded` is not boolean.

    See Also
    --------
    target_report : The numbers behind it, without the targets that a model trained on
        clean data already misclassifies.
    filter_report : Which rows were removed.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 5.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.metrics import defense_success_rate
    >>> undefended = np.array(["ship", "ship", "ship", "frog"])
    >>> defended = np.array(["frog", "cat", "ship", "frog"])
    >>> rate = defense_success_rate(defended, "ship", succeeded=undefended == "ship")
    >>> round(rate, 3)
    0.667
    """
    predictions = column_or_1d(predictions)
    succeeded = _as_mask(
        succeeded, "succeeded", "undefended_predictions == poison_class"
    )
    if np.ndim(poison_class):
        poison_class = column_or_1d(poison_class)
        check_consistent_length(predictions, poison_class)
    check_consistent_length(predictions, succeeded)
    stopped = predictions != poison_class
    return float(np.mean(stopped[succeeded])) if succeeded.any() else math.nan


def _as_mask(mask, name, meaning):
    mask = column_or_1d(mask)
    if mask.dtype != bool:
        raise ValueError(
            f"{name} must be a boolean mask ({meaning}); got dtype {mask.dtype}."
        )
    if not len(mask):
        raise ValueError(f"{name} has no rows.")
    return mask


def _ratio(part, whole):
    return part / whole if whole else 0.0

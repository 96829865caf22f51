"""What a table says of the rows that a defense flagged."""

from ..metrics import filter_report

# Columns of a file of cells, and their names in tables.
DETECTION_METRICS = {
    "accuracy": "accuracy",
    "recall_clean": "recall (clean)",
    "f1_clean": "F1 (clean)",
    "recall_poison": "recall (poison)",
    "f1_poison": "F1 (poison)",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "MCC",
    "roc_auc": "ROC AUC",
}


def detection_report(defense, is_poison, untrusted):
    """The metrics of a fitted filter's verdict on the untrusted rows.

    Parameters
    ----------
    defense : PoisonFilter
    is_poison, untrusted : ndarray of bool of shape (n_samples,)

    Returns
    -------
    dict
        A value for each of DETECTION_METRICS.
    """
    verdict = {
        "is_poison": is_poison[untrusted],
        "inlier_mask": defense.inlier_mask_[untrusted],
        "scores": defense.sample_scores_[untrusted],
    }
    poison, clean = (
        filter_report(**verdict),
        filter_report(**verdict, pos_label="clean"),
    )
    return {
        "accuracy": poison["accuracy"],
        "recall_clean": clean["recall"],
        "f1_clean": poison["f1_clean"],
        "recall_poison": poison["recall"],
        "f1_poison": poison["f1_poison"],
        "balanced_accuracy": poison["balanced_accuracy"],
        "mcc": poison["mcc"],
        "roc_auc": poison["roc_auc"],
    }

from ._certified import certified_accuracy_curve
from ._defense import defense_success_rate, filter_report
from ._synthetic import (
    average_euclidean_distance,
    frechet_distance,
    inception_score,
    wasserstein_distance,
)
from ._targets import target_report

__all__ = [
    "average_euclidean_distance",
    "certified_accuracy_curve",
    "defense_success_rate",
    "filter_report",
    "frechet_distance",
    "inception_score",
    "target_report",
    "wasserstein_distance",
]

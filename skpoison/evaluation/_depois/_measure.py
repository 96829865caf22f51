"""What is measured of each defense."""

import warnings

from .._detection import DETECTION_METRICS, detection_report
from ._defenses import DEFENSES
from ._rows import poisoned_rows


def measure(setting, names):
    """What each defense flags of the untrusted rows, or why it refuses to judge."""
    rows = poisoned_rows(setting)
    for name in names:
        defense = DEFENSES[setting.attack][name]
        X = rows.kernel_features if defense.is_linear else rows.X
        filter, refusal = defense.filter(rows, setting.iterations), ""
        with warnings.catch_warnings():
            # Classes that lose all rows, and too little trust: part of the result.
            warnings.simplefilter("ignore", UserWarning)
            try:
                filter.fit(X, rows.y, trusted=rows.trusted)
            except ValueError as error:
                refusal = str(error)
        if refusal:
            report = dict.fromkeys(DETECTION_METRICS, float("nan"))
        else:
            report = detection_report(filter, rows.is_poison, ~rows.trusted)
        yield {**report, "refusal": refusal}

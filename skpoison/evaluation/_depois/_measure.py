"""What is measured of each defense."""

from .._detection import DETECTION_METRICS, detection_report
from ._defenses import DEFENSES
from ._fitting import fit_quietly
from ._rows import poisoned_rows


def measure(setting, names):
    """What each defense flags of the untrusted rows, or why it refuses to judge."""
    rows = poisoned_rows(setting)
    for name in names:
        defense = DEFENSES[setting.attack][name]
        filter = defense.filter(rows, setting.iterations)
        try:
            fit_quietly(filter, defense.view(rows), rows.y, rows.trusted)
        except ValueError as error:
            report = dict.fromkeys(DETECTION_METRICS, float("nan"))
            yield {**report, "refusal": str(error)}
        else:
            report = detection_report(filter, rows.is_poison, ~rows.trusted)
            yield {**report, "refusal": ""}

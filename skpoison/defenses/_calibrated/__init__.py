"""Calibration: the scores of a filter, measured against those of trusted rows.

Trusted rows are scored as if they were not trusted (`_held_out`). Of each untrusted row
that gives a p-value (`_yardstick`), of all of them, beside what chance would give
(`_clean_counts`), how much is poison at least (`_poison_share`), and by one of three
rules how many rows go (`_rules`). Where the trusted rows are too few for that, a
warning says how many would do (`_power`).
"""

from ._filter import CalibratedFilter

__all__ = ["CalibratedFilter"]

"""De-Pois: critics of the trusted rows judge all others.

The filter plans which critic may learn from which row (`_plan`), trains the critics and
admits untrusted rows to them by degrees (`_admission`), scores every row by the critics
that are new to it (`_scorer`) and measures its score by those of clean rows
(`_calibrator`). For a regression, residuals join in (`_residual_scorer`).
"""

from ._filter import DePoisFilter

__all__ = ["DePoisFilter"]

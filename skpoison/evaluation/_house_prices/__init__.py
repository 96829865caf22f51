"""Poisoned regressions: TRIM's figures, and the R-attack of De-Pois's Table III."""

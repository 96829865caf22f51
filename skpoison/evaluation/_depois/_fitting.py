"""Fits whose warnings are part of the result."""

import warnings


def fit_quietly(filter, X, y, trusted):
    """Fit, where lost classes and too little trust are what a table shows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return filter.fit(X, y, trusted=trusted)

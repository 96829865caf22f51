"""Values that have to lie within bounds."""

import numpy as np

from .messages import plain

__all__ = ["check_bounds", "within_bounds"]

# Relative to the width of the bounds. The rounding errors that scalers leave are
# smaller, in single precision too; a step of a pixel is a thousand times as large.
_HAIR = 1e-6


def check_bounds(bounds):
    """The two bounds as floats.

    Parameters
    ----------
    bounds : tuple of two floats

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        Unless they are two numbers, the lower first.
    """
    try:
        low, high = map(float, bounds)
    except (TypeError, ValueError):
        low = high = np.nan
    if not low < high:
        raise ValueError(
            f"bounds must be two numbers, the lower first; got {plain(bounds)!r}."
        )
    return low, high


def within_bounds(values, bounds, *, name, advice):
    """The values, of which those a hair outside the bounds are moved onto them.

    Parameters
    ----------
    values : ndarray
        Of a floating type. Never modified.
    bounds : tuple of two floats
        The lower first.
    name : str
        Of the values, for the message.
    advice : str
        What to do about values outside, for the message.

    Returns
    -------
    ndarray
        The values themselves where all of them lie within the bounds.

    Raises
    ------
    ValueError
        For values outside by more than a millionth of the width of the bounds.
    """
    low, high = bounds
    least, largest = values.min(), values.max()
    if low <= least and largest <= high:
        return values
    hair = _HAIR * (high - low)
    if least < low - hair or largest > high + hair:
        raise ValueError(
            f"{name} holds values from {least:.7g} to {largest:.7g}, outside "
            f"[{low:.7g}, {high:.7g}]: {advice}"
        )
    return np.clip(values, low, high)

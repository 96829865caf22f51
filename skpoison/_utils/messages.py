"""How the package talks to its users: where a warning points, how a value prints."""

import sys
import warnings

import numpy as np

__all__ = ["plain", "warn"]

# What may stand between a user's line and the one that warns.
_INSIDE = {"skpoison", "sklearn", "imblearn", "joblib", "contextlib", "functools"}


def warn(message, category):
    """Warn as of the line of the user's code that led here.

    Parameters
    ----------
    message : str
    category : type of Warning
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_inside(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def plain(value):
    """The value as Python's own types print: 'cat', not np.str_('cat').

    Parameters
    ----------
    value : object
        A scalar or an array of numpy, a list or a tuple of such, or anything else,
        which is returned as it is.

    Returns
    -------
    object
    """
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if type(value) in (list, tuple):
        return type(value)(plain(element) for element in value)
    return value


def _is_inside(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0] in _INSIDE

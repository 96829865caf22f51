"""Warnings that an audit also writes down in its report."""

import warnings
from contextlib import contextmanager

from .._utils.messages import warn


@contextmanager
def noted_warnings(notes):
    """Collect what is warned of, and warn of it once afterwards.

    Parameters
    ----------
    notes : list of str
        Grows by each different message.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        message = str(warning.message)
        if message not in notes:
            notes.append(message)
            warn(message, warning.category)

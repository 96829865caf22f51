"""Values from a data set, as they may be shown to a person."""

from pathlib import PurePath

import numpy as np

from .._utils.messages import plain

_LONGEST = 80


def shown(value, longest=_LONGEST):
    """A value as text that is safe to print, cut where it is long; a path is whole.

    Whatever a terminal or a page would act on rather than show (control characters,
    NUL bytes, marks that turn the direction of writing, halves of surrogate pairs)
    becomes its escape sequence.

    Parameters
    ----------
    value : object
    longest : int, default=80

    Returns
    -------
    str
    """
    text = value if isinstance(value, str) else str(plain(value))
    if isinstance(value, PurePath):
        # A part of it names nothing; ten is the length of the longest escape.
        longest = 10 * len(text)
    cut = text[: longest + 1]
    escaped = "".join(c if c.isprintable() else _escape(c) for c in cut)
    if len(escaped) <= longest:
        return escaped
    return escaped[: longest - 1] + "…"


def number(value):
    """A number in four digits."""
    return f"{value:.4g}"


def percent(share):
    """A share in percent, with one decimal."""
    return f"{100 * share:.1f} %"


def cell(value):
    """A value as Python's own number, truth value or None, anything else as text."""
    value = plain(value)
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return shown(value)


def _escape(character):
    return character.encode("unicode_escape").decode("ascii")

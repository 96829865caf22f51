"""Why a row is a suspect, in words.

Each function here is one kind of evidence: it takes what was measured of a row and
returns a sentence, and whether it speaks against the row.
"""

import numpy as np

from ._neighbors import rows_to_tip
from ._words import number, percent, shown

# Rows that a sentence names.
_NAMED = 5
# Shares of its class, and distances of a value, from which a row stands out.
_FAR, _OFF = 0.99, 3.5


def of_neighbors(given, labels, positions, classes):
    """What the labels of the nearest rows say.

    Parameters
    ----------
    given : int
        The row's own label, as a position in `classes`.
    labels : ndarray of int of shape (n_neighbors,)
        Those of the nearest rows.
    positions : ndarray of int of shape (n_neighbors,)
        Nearest first.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    words : str
    accuses : bool
    n_to_tip : int
        How many more rows with the given label, beside the row, would hide it.
    """
    counts = np.bincount(labels, minlength=len(classes))
    top = counts.argmax()
    if counts[given] == counts[top]:
        words = f"{counts[given]} of its {len(labels)} nearest rows share its label."
        return words, False, 0
    n_to_tip = rows_to_tip(labels, given)
    words = (
        f"{counts[top]} of its {len(labels)} nearest rows are labelled "
        f"{shown(classes[top], 40)} ({_rows(positions[labels == top])}), "
        f"{counts[given]} like itself. "
        f"{n_to_tip} more of its label beside it would hide it from them."
    )
    return words, True, n_to_tip


def of_values(given, values, positions):
    """What the values of the nearest rows of a regression say.

    Parameters
    ----------
    given : float
    values : ndarray of shape (n_neighbors,)
    positions : ndarray of int of shape (n_neighbors,)
        Nearest first.

    Returns
    -------
    words : str
    accuses : bool
    """
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    accuses = not low <= given <= high
    return (
        f"Eight in ten of its {len(values)} nearest rows have values from "
        f"{number(low)} to {number(high)}, {number(middle)} in the middle: "
        f"{_rows(positions)}.",
        bool(accuses),
    )


def of_a_classifier(expected, probability, probability_expected):
    """What a classifier expects that was not trained on the row.

    Parameters
    ----------
    expected : scalar
        Its label for the row.
    probability, probability_expected : float or None
        Of the given label and of that one.

    Returns
    -------
    words : str
    """
    words = f"A model trained without it expects {shown(expected, 40)}"
    if probability is None:
        return f"{words}."
    return (
        f"{words} (probability {probability_expected:.2f}; its label "
        f"{probability:.2f})."
    )


def of_a_regressor(given, suggested, scale):
    """What a regressor expects that was not trained on the row.

    Parameters
    ----------
    given, suggested : float
    scale : float
        The usual size of the difference.

    Returns
    -------
    words : str
    accuses : bool
    """
    times = abs(given - suggested) / scale if scale > 0 else np.inf
    return (
        f"A model trained without it expects {number(suggested)}; the difference is "
        f"{number(times)} times the usual one.",
        bool(times > _OFF),
    )


def of_distance(share_nearer):
    """Whether the row lies far from its class.

    Parameters
    ----------
    share_nearer : float
        Of the rows of its class that are nearer to the middle of the class.

    Returns
    -------
    words : str
    accuses : bool
    """
    if share_nearer < _FAR:
        return "", False
    return (
        f"It lies farther from the middle of its class than {percent(share_nearer)} of "
        "the rows there.",
        True,
    )


def of_a_panel(accusers):
    """Which filters of a panel accuse the row.

    Parameters
    ----------
    accusers : list of str

    Returns
    -------
    words : str
    """
    return f"Of the panel accuse it: {', '.join(accusers)} (p below .01 each)."


def of_trusted_rows(score):
    """How many trusted rows look as bad.

    Parameters
    ----------
    score : float
        Of a calibrated filter: a share of the trusted rows.

    Returns
    -------
    words : str
    """
    if score < 0.001:
        return "Fewer than 0.1 % of the trusted rows look as bad."
    return f"Some {percent(score)} of the trusted rows look as bad."


def _rows(positions):
    named = ", ".join(map(str, positions[:_NAMED].tolist()))
    rest = ", ..." if len(positions) > _NAMED else ""
    return f"{'rows' if len(positions) > 1 else 'row'} {named}{rest}"

"""The verdict on the set, in sentences that claim no more than was shown."""

from ._report import Verdict
from ._words import percent

_ALPHA = 0.05
_BLIND = (
    "Poison that the filter does not see is not counted: rightly labelled poison above "
    "all, and poison that looks like the trusted rows."
)


def verdict_with_trusted_rows(filter, n_untrusted, n_suspects):
    """The verdict of a calibrated filter.

    Parameters
    ----------
    filter : fitted CalibratedFilter
    n_untrusted, n_suspects : int

    Returns
    -------
    Verdict
    """
    p_value = filter.poisoned_p_value_
    share, lower = filter.poison_share_, filter.poison_share_lower_
    poisoned = p_value <= _ALPHA
    if poisoned:
        headline = (
            f"Poisoned: at least {percent(lower)} of the untrusted rows, by estimate "
            f"{percent(share)}."
        )
        first = (
            f"The bound holds with 95 % confidence (p = {p_value:.2g} that there is "
            "none), if the trusted rows are clean and a random sample of the clean "
            "rows. Rows of another time or source than theirs count as poison."
        )
    elif n_suspects:
        headline = (
            "Perhaps poisoned: rows stand out, but how many are poison at least is not "
            "sure."
        )
        first = (
            f"More untrusted rows than trusted ones are below the threshold. At all "
            f"thresholds together that may still be chance (p = {p_value:.2g}): more "
            "trusted rows would tell."
        )
    else:
        headline = "No poison found: the untrusted rows score like the trusted ones."
        first = (
            f"This is no proof that there is none (p = {p_value:.2g}): the fewer rows "
            "are trusted, the more poison passes."
        )
    removal = (
        f"{n_suspects} of {n_untrusted} untrusted rows are suspects. A q-value is the "
        "share of clean rows to expect among the rows that are at least as suspect."
    )
    return Verdict(
        poisoned, share, lower, p_value, n_suspects, headline, [first, removal, _BLIND]
    )


def verdict_without_trusted_rows(n_rows, n_suspects):
    """The verdict where no row is known to be clean: a ranking, and no more.

    Parameters
    ----------
    n_rows, n_suspects : int

    Returns
    -------
    Verdict
    """
    return Verdict(
        None,
        None,
        None,
        None,
        n_suspects,
        "It cannot be told whether the set is poisoned: no row is trusted.",
        [
            f"{n_suspects} of {n_rows} rows are listed, the worst first, and worth a "
            "look in this order.",
            "Their number says nothing of the share of poison: by default a twentieth "
            "of any table is listed, and the thresholds of other filters take up to "
            "half of the clean rows where classes overlap. Removing them all may cost "
            "more than the poison.",
            "For a bound, check some rows by hand, a few hundred drawn at random, and "
            "pass them as trusted.",
            _BLIND,
        ],
    )

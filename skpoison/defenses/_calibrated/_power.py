"""Whether the trusted rows are enough to see a small share of poison."""

import numpy as np

from ..._utils.messages import warn
from ...exceptions import FewTrustedRowsWarning
from ._clean_counts import clean_counts

# The share of poison that should be seen: a few percent do the harm.
_SHARE = 0.05


def warn_of_missing_power(rule, samples, q, alpha):
    """Warn where poison that looks worse than every trusted row may go unseen.

    Parameters
    ----------
    rule : {"excess", "fdr", "local"}
    samples : list of Sample
    q : float
        The false discovery rate of "fdr".
    alpha : float
        Chance of "excess" to remove anything from a clean set.

    Warns
    -----
    FewTrustedRowsWarning
        When more than 5 % of the untrusted rows would have to be such poison.
    """
    sample = min(samples, key=lambda sample: sample.n)
    n = sample.n
    if rule == "fdr":
        # Benjamini and Hochberg's line at the smallest p-value.
        visible, needed = 1 / (q * (n + 1)), 1 / (q * _SHARE) - 1
    elif rule == "local":
        # At the smallest p-value a row is then rather poison than clean.
        visible, needed = 1 / (n + 2), 1 / _SHARE - 2
    else:
        # So many of the rows are below all trusted ones by chance.
        clean = clean_counts(len(sample.p_values), n)
        level = clean.level_of_each(alpha / (2 * len(samples)))
        visible, needed = 1 - level ** (1 / n), np.log(level) / np.log1p(-_SHARE)
    if visible > _SHARE:
        warn(
            f"Nothing was removed, and {n} trusted rows that could be held out"
            f"{' of the class with the fewest' if len(samples) > 1 else ''} may miss "
            f"poison that is less than {min(visible, 1.0):.0%} of the other rows. "
            f"{int(np.ceil(needed))} of them would see {_SHARE:.0%}.",
            FewTrustedRowsWarning,
        )

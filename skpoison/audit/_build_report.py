"""The report, put together from what an audit measured."""

import numpy as np

from ._digest import data_digest
from ._images import thumbnail
from ._report import AuditReport, DataSummary
from ._summary import histogram_of, summarise_groups
from ._verdict import verdict_with_trusted_rows, verdict_without_trusted_rows

# Pictures in a page: more would make it too large to open.
_N_THUMBNAILS = 200


def build_report(rows, groups, scored, n_sampled, worst, effect, explanations, notes):
    """Put a report together.

    Parameters
    ----------
    rows : Rows
    groups : (names, members) or None
    scored : Scores
    n_sampled : int
    worst : ndarray of int of shape (n_suspects,)
        Positions of the suspects, the worst first.
    effect : Effect or None
    explanations : list of Explanation
        Of the first suspects.
    notes : list of str

    Returns
    -------
    AuditReport
    """
    n_rows, n_untrusted = len(rows.targets), int(np.sum(~rows.trusted))
    verdict = (
        verdict_with_trusted_rows(scored.filter, n_untrusted, len(worst))
        if rows.has_trusted
        else verdict_without_trusted_rows(n_rows, len(worst))
    )

    def by_group(names, members):
        return summarise_groups(names, members, rows.trusted, scored.suspect)

    return AuditReport(
        data=DataSummary(
            task="regression" if rows.regression else "classification",
            n_rows=n_rows,
            n_features=int(np.prod(rows.X.shape[1:])),
            n_trusted=n_rows - n_untrusted,
            n_sampled=n_sampled,
            sha256=data_digest(rows.X, rows.y),
        ),
        verdict=verdict,
        effect=effect,
        classes=[] if rows.regression else by_group(rows.classes, rows.targets),
        groups=[] if groups is None else by_group(*groups),
        histogram=histogram_of(
            scored.scores,
            rows.trusted,
            scored.threshold,
            # Calibrated scores are shares.
            (0, 1) if rows.has_trusted else None,
        ),
        positions=worst,
        index=rows.index[worst],
        scores=scored.scores[worst],
        q_values=scored.q_values[worst],
        given=rows.y[worst],
        explanations=explanations,
        thumbnails=_thumbnails(rows.X, worst),
        notes=notes,
    )


def _thumbnails(X, positions):
    if not isinstance(X, np.ndarray) or X.ndim < 3:
        return []
    return [thumbnail(image) for image in X[positions[:_N_THUMBNAILS]]]

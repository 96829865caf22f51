"""Voters in doubt: which of them are too far after all."""

import numpy as np

from ._exact import AmbiguousPairs, beyond_the_vote

# From so many per row on, it is worth asking whether they are duplicates.
_MANY_AMBIGUOUS = 64


def take_out_the_too_far(counts, reference, X, rows, row, column, needed):
    """Measure the voters in doubt, and take those beyond the vote out of the counts.

    Parameters
    ----------
    counts : ndarray of int of shape (n_rows, n_classes)
        Of the voters near each row, those in doubt included; changed in place.
    reference : ReferenceSet
    X : ndarray or csr_array of shape (n_samples, n_features)
        All rows to judge.
    rows : ndarray of int of shape (n_rows,)
        Which of them are counted for.
    row, column : ndarray of int of shape (n_pairs,)
        Pairs of one of `rows`, by its position there, and a voter. Ascending.
    needed : float
        Votes to gather.
    """
    if len(row) > _MANY_AMBIGUOUS * len(rows):
        row, column = _without_ties(reference, row, column)
    if len(row) == 0:
        return
    in_doubt, position = np.unique(row, return_inverse=True)
    labels = reference.labels[column]
    weight = reference.weight[labels]
    sure = (counts @ reference.weight)[in_doubt] - np.bincount(position, weight)
    out = beyond_the_vote(
        AmbiguousPairs(
            X=X,
            Y=reference.X,
            x_rows=rows[in_doubt],
            judged=position,
            y_rows=reference.rows[column],
            weight=weight,
            needed=needed - sure,
        )
    )
    np.subtract.at(counts, (row[out], labels[out]), 1)


def _without_ties(reference, row, column):
    """The pairs of all rows but those whose doubtful voters are all equal.

    These voters tie, and all count.
    """
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    kinds = reference.kinds[column]
    tie = np.minimum.reduceat(kinds, starts) == np.maximum.reduceat(kinds, starts)
    keep = ~np.repeat(tie, np.diff(starts, append=len(row)))
    return row[keep], column[keep]

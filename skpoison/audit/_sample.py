"""The rows that an audit of a large set learns from."""

import numpy as np

__all__ = ["draw_sample"]


def draw_sample(rows, n_samples, rng):
    """Draw rows at random, the same share of each class.

    Parameters
    ----------
    rows : Rows
        The trusted ones are drawn first, up to half of the sample.
    n_samples : int
        How many rows to draw; at most one of each class more.
    rng : RandomState

    Returns
    -------
    ndarray of int
        Positions, ascending; all rows where there are no more than `n_samples`.
    """
    n_rows, groups, trusted = len(rows.targets), rows.groups, rows.trusted
    if n_rows <= n_samples:
        return np.arange(n_rows)
    n_trusted = min(trusted.sum(), n_samples // 2)
    parts = [
        _same_share(np.flatnonzero(trusted), groups, n_trusted, rng),
        _same_share(np.flatnonzero(~trusted), groups, n_samples - n_trusted, rng),
    ]
    return np.sort(np.concatenate(parts))


def _same_share(rows, groups, n_drawn, rng):
    """So many of the rows, of each group the same share, rounded up."""
    if len(rows) <= n_drawn:
        return rows
    share = n_drawn / len(rows)
    drawn = []
    for group in np.unique(groups[rows]):
        members = rows[groups[rows] == group]
        n = int(np.ceil(share * len(members)))
        drawn.append(rng.choice(members, n, replace=False))
    return np.concatenate(drawn)

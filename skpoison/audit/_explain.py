"""All kinds of evidence against the most suspect rows, put together."""

import numpy as np

from ..defenses import PanelFilter
from . import _evidence as evidence
from ._report import Explanation

# Evidence of a filter of a panel: p-values below .01.
_ACCUSES = -np.log(0.01)


def explain(rows, explained, nearest, opinion, remoteness, scores, accusers):
    """Say of each row why it is a suspect.

    Parameters
    ----------
    rows : Rows
    explained : ndarray of int of shape (n_explained,)
        Positions.
    nearest : NearestRows
    opinion : Opinion
    remoteness : ndarray of shape (n_explained,)
        Share of the rows of its class that are nearer to the middle of the class.
    scores : ndarray of shape (n_explained,) or None
        Of a calibrated filter.
    accusers : list of lists of str
        The filters of a panel that accuse each row; none without a panel.

    Returns
    -------
    list of Explanation
    """
    kinds = _regression_kinds if rows.regression else _classification_kinds
    told = []
    for i, position in enumerate(explained):
        suggested, n_to_tip, found = kinds(rows, i, position, nearest, opinion)
        found.append(("distance", *evidence.of_distance(remoteness[i])))
        if scores is not None:
            # True of every suspect, and so no accusation of its own.
            words = evidence.of_trusted_rows(scores[i])
            found.append(("trusted rows", words, False))
        if accusers[i]:
            found.append(("panel", evidence.of_a_panel(accusers[i]), False))
        told.append(
            Explanation(
                suggested,
                [kind for kind, _, accuses in found if accuses],
                n_to_tip,
                " ".join(words for _, words, _ in found if words),
            )
        )
    return told


def accusers(filter, places):
    """The filters of a panel that accuse each row.

    Parameters
    ----------
    filter : fitted filter
        A panel, or another, which accuses in its own name alone.
    places : ndarray of int of shape (n_asked,)
        Of the rows, among those that the filter was fitted to.

    Returns
    -------
    list of lists of str
    """
    if not isinstance(filter, PanelFilter):
        return [[] for _ in places]
    names = [name for name, _ in filter.filters_]
    return [
        [names[j] for j in np.flatnonzero(row > _ACCUSES)]
        for row in filter.evidence_[places]
    ]


def remoteness(features, groups, asked):
    """Shares of the rows of a group that are nearer to the middle of the group.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
    groups : ndarray of int of shape (n_rows,)
    asked : ndarray of int of shape (n_asked,)

    Returns
    -------
    ndarray of shape (n_asked,)
    """
    shares = np.zeros(len(asked))
    for group in np.unique(groups[asked]):
        members = features[groups == group]
        middle = np.median(members, axis=0)
        distances = np.sort(np.linalg.norm(members - middle, axis=1))
        of_group = groups[asked] == group
        own = np.linalg.norm(features[asked[of_group]] - middle, axis=1)
        shares[of_group] = np.searchsorted(distances, own) / len(members)
    return shares


def _classification_kinds(rows, i, position, nearest, opinion):
    given, expected = rows.targets[position], opinion.suspects.values[i]
    neighbors = nearest.positions[i]
    words, accuses, n_to_tip = evidence.of_neighbors(
        given, rows.targets[neighbors], neighbors, rows.classes
    )
    found = [("neighbors", words, accuses)]
    probabilities = opinion.suspects.probabilities
    own_and_best = (
        (None, None) if probabilities is None else probabilities[i, [given, expected]]
    )
    words = evidence.of_a_classifier(rows.classes[expected], *own_and_best)
    found.append(("model", words, given != expected))
    return rows.classes[expected], n_to_tip, found


def _regression_kinds(rows, i, position, nearest, opinion):
    given = rows.targets[position]
    neighbors = nearest.positions[i]
    values = rows.targets[neighbors]
    suggested = opinion.suspects.values[i]
    found = [
        ("neighbors", *evidence.of_values(given, values, neighbors)),
        ("model", *evidence.of_a_regressor(given, suggested, opinion.scale)),
    ]
    return suggested, None, found

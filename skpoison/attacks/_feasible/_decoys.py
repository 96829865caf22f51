"""Models that the attacker would like the victim to have."""

from typing import NamedTuple

import numpy as np

__all__ = ["Decoy", "decoys"]

_SHARES = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
_WEIGHTS = (1, 2, 4)


class Decoy(NamedTuple):
    """A model that errs on the validation rows and still fits the training rows.

    Attributes
    ----------
    theta : ndarray of shape (n_features + 1,)
    loss : float
        Mean hinge loss of the training rows.
    error : float
        Share of the validation rows on the wrong side.
    """

    theta: np.ndarray
    loss: float
    error: float


def decoys(svm):
    """Models of the training rows and flipped copies of the worst validation rows.

    Parameters
    ----------
    svm : LinearSVM

    Returns
    -------
    list of Decoy
        Those that no other beats both in loss and in error, by rising loss and error.
    """
    margins = svm.signs_val * (svm.rows_val @ svm.fit())
    hardest_first = np.argsort(margins, kind="stable")
    found = []
    for share in _SHARES:
        rows = hardest_first[: max(1, round(share * len(margins)))]
        for weight in _WEIGHTS:
            copies = np.full(len(rows), weight * len(svm.rows) / len(margins))
            theta = svm.fit(svm.rows_val[rows, :-1], -svm.signs_val[rows], copies)
            loss = np.mean(np.maximum(0, 1 - svm.signs * (svm.rows @ theta)))
            found.append(Decoy(theta, loss, svm.error(theta)[0]))
    front: list[Decoy] = []
    for decoy in sorted(found, key=lambda decoy: (decoy.loss, -decoy.error)):
        if not front or decoy.error > front[-1].error:
            front.append(decoy)
    return front

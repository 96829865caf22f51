"""Untrusted rows that are learned from by degrees."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from numbers import Integral, Real

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.kernel_approximation import Nystroem
from sklearn.utils import check_random_state

from ..._utils.canonical_order import canonical_order
from ..._utils.kernel_features import mean_squared_size
from ..._utils.margins import own_minus_best_other
from ..._utils.parameters import Interval
from ..._utils.trusted import warn_of_untrusted_classes
from ..._utils.typing import RandomState
from ...base import PoisonFilter
from ._ridge_path import RidgePath

# A round number: a single trusted row is rarely ten times less probable than another
# label unless it is wrong.
_AUDIT_BAR = 0.1
# After the first round, for rows of a class that it has seen no trusted row of. A round
# number as well: their agreement is low, and its square root lets all of them teach.
_POWER_IN_DOUBT = 0.5


class AnnealedTrustFilter(PoisonFilter):
    r"""Start from the trusted rows and let the others teach, each as far as it agrees.

    A trusted set alone makes a poor teacher while it is small, and the untrusted rows
    hold far more to learn from. In the first round kernel ridge classifiers learn from
    the trusted rows alone. In every later round they also learn from each untrusted
    row, in proportion to

    .. math:: w_i = (P_i[y_i] / \max_c P_i[c])^{power},

    its agreement with the round before. P are the class probabilities of the row by
    classifiers that learned from all rows but itself (the exact leave-one-out formula
    of ridge regression), averaged over the kernel widths, the weights of the untrusted
    rows and the sharpnesses in question, by the likelihood that each gives to the
    labels of the trusted rows. A row whose label is not the most probable one in the
    end is a suspect. The features count as they are scaled: standardise them where
    their units differ.

    A class without trusted rows is not lost. As the first round knows nothing of it,
    its rows get the benefit of the doubt, a power of .5, and teach each other from
    there on; a warning names it, since consistent poison would do the same.

    What breaks it: an attacker who knows the trusted rows flips the labels that the
    first round finds easiest to believe, and his rows then teach the next round: with 5
    % of the rows trusted the F1 of the flips is .43 then, of other flips .86. That is
    worse than `TrustedDisagreementFilter`, which learns from trusted rows alone (.52).
    So do clusters of wrong labels beyond the reach of 1 - 2 % trusted rows; wrong
    trusted rows next to the poison, 2 % of which hide two fifths of it, and which
    `audit` does not find (doc/results/adaptive.md); poison with a plausible label,
    clean-label poison above all; and classes that no kernel of the raw features can
    tell apart.

    Parameters
    ----------
    n_rounds : int, default=6
        Number of rounds; with one, nothing is learned from the untrusted rows.
    power : float, default=2.0
        How sharply a row that disagrees loses its weight.
    trusted_weight : float, default=20.0
        Weight of a trusted row.
    untrusted_weights : sequence of float, default=(0.1, 1.0, 5.0)
        Weights of an untrusted row that agrees in full; averaged over.
    gammas : sequence of float, default=(0.5, 2.0, 8.0)
        Coefficients of the RBF kernel, in units of 1 / (mean squared distance of a row
        to the median of the rows, where distances beyond twice their median count as
        that much); averaged over.
    sharpness : sequence of float, default=(4.0, 10.0)
        Factors of the predictions, which are near 1 - 1 / n_classes for the class of a
        row and near -1 / n_classes for others, before the softmax; averaged over.
    alpha : float, default=1.0
        Ridge penalty.
    n_components : int, default=150
        Number of landmark rows of the Nystroem features. The cost grows with
        n_samples x n_components squared.
    audit : bool, default=False
        Whether a trusted row whose own label is ten times less probable than another
        after the second or a later round is treated as untrusted from there on. It
        guards against a few wrong trusted rows, and lets a majority of untrusted rows
        outvote right ones. The row itself is kept.
    random_state : int, RandomState instance or None, default=None
        Draws the landmarks, in a way that does not depend on the order of the rows.

    Attributes
    ----------
    trust_ : ndarray of shape (n_samples,)
        What the last round would let each row teach: 1 for trusted rows, from 0 to 1
        for the others. Serves as a sample weight where dropping rows is too coarse.
    trusted_mask_ : ndarray of bool of shape (n_samples,)
        The trusted rows; with `audit` those that kept their status.
    sample_scores_ : ndarray of shape (n_samples,)
        Probability of the given label minus the largest probability of another; lower
        is more suspect.
    offset_ : float
        0: rows with a more probable label are suspects.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    Warns
    -----
    UntrustedClassWarning
        When no row of some class is trusted.

    See Also
    --------
    TrustedDisagreementFilter : The baseline, and self-training of any estimator.

    Notes
    -----
    The combination is this project's own; the references are to its ingredients.

    The defaults were chosen on Fourclass, digits, breast cancer and MNIST, with other
    seeds than those of the reported results; the grids of `gammas`,
    `untrusted_weights` and `sharpness` on Fourclass and digits alone.

    References
    ----------
    .. [1] C. Williams and M. Seeger, "Using the Nystroem Method to Speed Up Kernel
       Machines", 2001.
    .. [2] D. Allen, "The Relationship between Variable Selection and Data Augmentation
       and a Method for Prediction", 1974 (the leave-one-out formula).
    .. [3] D. Yarowsky, "Unsupervised Word Sense Disambiguation Rivaling Supervised
       Methods", 1995 (self-training).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.attacks import LabelFlipAttack
    >>> from skpoison.defenses import AnnealedTrustFilter
    >>> X, y = load_digits(return_X_y=True)
    >>> poisoned = LabelFlipAttack(rate=0.2, random_state=0).fit_poison(X, y)
    >>> trusted = np.flatnonzero(~poisoned.is_poison)[:40]
    >>> filter = AnnealedTrustFilter(random_state=0)
    >>> filter.fit(poisoned.X, poisoned.y, trusted=trusted).inlier_mask_.mean().round(1)
    np.float64(0.8)
    """

    _parameter_constraints: dict = {
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "power": [Interval(Real, 0, None, closed="left")],
        "trusted_weight": [Interval(Real, 0, None, closed="neither")],
        "untrusted_weights": ["array-like"],
        "gammas": ["array-like"],
        "sharpness": ["array-like"],
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "audit": ["boolean"],
        "random_state": ["random_state"],
    }
    _needs_trusted = True
    _advice_on_small_classes = "Trust more rows of the small classes."

    def __init__(
        self,
        *,
        n_rounds: int = 6,
        power: float = 2.0,
        trusted_weight: float = 20.0,
        untrusted_weights: Sequence[float] = (0.1, 1.0, 5.0),
        gammas: Sequence[float] = (0.5, 2.0, 8.0),
        sharpness: Sequence[float] = (4.0, 10.0),
        alpha: float = 1.0,
        n_components: int = 150,
        audit: bool = False,
        random_state: RandomState = None,
    ) -> None:
        self.n_rounds = n_rounds
        self.power = power
        self.trusted_weight = trusted_weight
        self.untrusted_weights = untrusted_weights
        self.gammas = gammas
        self.sharpness = sharpness
        self.alpha = alpha
        self.n_components = n_components
        self.audit = audit
        self.random_state = random_state

    def _score_training_rows(self, X, y, trusted):
        for name in ("untrusted_weights", "gammas", "sharpness"):
            _check_positive(name, getattr(self, name))
        warn_of_untrusted_classes(self.classes_, y, trusted)
        # In an order that follows from the contents of the rows, so that the landmarks
        # drawn from them, and every sum over them, do too.
        order = canonical_order(X, y, trusted)
        back = np.argsort(order)
        self._fit_features(X[order])
        P, trust, trusted = self._anneal(X[order], y[order], trusted[order])
        self.trust_, self.trusted_mask_ = trust[back], trusted[back]
        return own_minus_best_other(P[back], y), 0.0

    def _score_new_rows(self, X, y):
        features = self._features(X)
        P = sum(
            weight * softmax(sharpness * (features[i] @ coefficients), axis=1)
            for weight, i, coefficients, sharpness in self._machines
        )
        return own_minus_best_other(P, y)

    def _anneal(self, X, y, trusted):
        """Class probabilities and trust after the last round, and who is trusted."""
        features = self._features(X)
        trust = trusted.astype(np.float64)
        power = np.where(np.isin(y, y[trusted]), self.power, _POWER_IN_DOUBT)
        for r in range(self.n_rounds):
            P = self._round(features, y, trusted, trust)
            agreement = P[np.arange(len(y)), y] / P.max(axis=1)
            if self.audit and r > 0:
                trusted = trusted & (agreement > _AUDIT_BAR)
            trust = np.where(trusted, 1.0, agreement**power)
            power = self.power
        return P, trust, trusted

    def _round(self, features, y, trusted, trust):
        """Leave-one-out class probabilities, averaged over the machines.

        Each machine counts by the likelihood of the trusted labels under it.
        """
        n_classes = len(self.classes_)
        targets = np.eye(n_classes)[y] - 1 / n_classes
        fixed = self.trusted_weight * trusted
        varying = np.where(trusted, 0.0, trust)
        # Where no other row is trusted at all, all their weights come to the same.
        us = self.untrusted_weights if varying.any() else (0.0,)
        predicted, coefficients = [], []
        for i, Phi in enumerate(features):
            path = RidgePath(Phi, targets, fixed, varying, self.alpha)
            predicted += [path.leave_one_out(u) for u in us]
            coefficients += [(i, path.coefficients(u)) for u in us]
        machines = list(product(range(len(predicted)), self.sharpness))
        likelihood = [
            _log_likelihood(sharpness * predicted[j][trusted], y[trusted])
            for j, sharpness in machines
        ]
        weights = softmax(likelihood)
        self._machines = [
            (weight, *coefficients[j], sharpness)
            for weight, (j, sharpness) in zip(weights, machines)
        ]
        return sum(
            weight * softmax(sharpness * predicted[j], axis=1)
            for weight, (j, sharpness) in zip(weights, machines)
        )

    def _fit_features(self, X):
        self._center = np.median(X, axis=0).astype(np.float64)
        X = X - self._center
        scale = mean_squared_size(X)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self._maps = [
            Nystroem(
                gamma=gamma / scale,
                n_components=min(self.n_components, len(X)),
                random_state=seed,
            ).fit(X)
            for gamma in self.gammas
        ]

    def _features(self, X):
        X = X - self._center
        one = np.ones((len(X), 1))
        return [np.hstack([nystroem.transform(X), one]) for nystroem in self._maps]


def _log_likelihood(logits, y):
    return np.take_along_axis(log_softmax(logits, axis=1), y[:, None], axis=1).sum()


def _check_positive(name, values):
    values = np.asarray(values)
    if (
        values.ndim != 1
        or not len(values)
        or not np.all((values > 0) & (values < np.inf))
    ):
        raise ValueError(
            f"{name} must hold at least one number, all of them above 0 and finite; "
            f"got {values.tolist()}."
        )

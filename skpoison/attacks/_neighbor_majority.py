"""Rows that win the vote of their neighbours: the attacker of Deep k-NN."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from .._utils.canonical_order import canonical_order
from .._utils.containers import check_rows
from .._utils.fitted_state import unfitted_by_failure
from .._utils.labels import encode_labels, position_of
from .._utils.messages import plain
from .._utils.parameters import Interval, fit_context
from .._utils.targets import target_column
from .._utils.typing import MatrixLike, RandomState
from ..base import PoisonAttack, PoisonedData

# The ways out of the target's neighbourhood: to so many rows of the poison's class, in
# so many steps.
_N_WAYS, _N_STEPS = 10, 40
# The poison lies around its centre by at most this share of the distance to the nearest
# clean row, so that each poison row is nearer to all others than any clean row is.
_SPREADS = (0.1, 0.01, 0.0)


class NeighborMajorityAttack(PoisonAttack):
    r"""Put wrongly labelled rows around a target, where they win the vote among them.

    The attacker of :class:`~skpoison.defenses.DeepKNNFilter`, who knows how many votes
    judge a row, and writes the features that the filter sees. The poison lies close
    together, as in [1]_ against other nearest-neighbour sanitizers: each of its n rows
    counts the n - 1 others among its k nearest rows, and k - n + 1 clean rows around
    them. At the target, among rows of one other class of N rows, it is kept from

    .. math:: n = \min(\lceil k / 2 \rceil, N) + 1

    on, and the clean rows around it are outvoted in its place. Fewer rows carry the
    majority of their own class around them: they leave the target, towards one of the
    nearest rows of that class, by as little as the vote asks for.

    Parameters
    ----------
    poison_class : label
        The label of the poison: what the victim shall take the target for.
    k : int, default=None
        Votes that judge a row, as in :class:`~skpoison.defenses.DeepKNNFilter`.
    normalized_k : float, default=None
        The same in sizes of the largest class, the poison counted: added rows that make
        `poison_class` the largest raise k as well. 1.0 when neither is given; giving
        both is an error.
    n_poisons : int, default=None
        Number of poison rows; None: the fewest that are kept at the target itself.
    random_state : int, RandomState instance or None, default=None
        Draws how the rows lie around their centre. Pass an int for reproducible output.

    Attributes
    ----------
    distance_ : float
        How far from the target the centre of the poison lies.
    k_ : int
        Votes that judge a row of the poisoned set.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison: the last ones.
    X_poison_ : array-like of shape (n_poisons, n_features)
        The poison rows, each between rows given and the target.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels, all `poison_class`.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    References
    ----------
    .. [1] P. W. Koh, J. Steinhardt, P. Liang, "Stronger Data Poisoning Attacks Break
       Data Sanitization Defenses", Machine Learning 111, 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.attacks import NeighborMajorityAttack
    >>> from skpoison.defenses import DeepKNNFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> attack = NeighborMajorityAttack(poison_class=2, k=15, random_state=0)
    >>> poisoned = attack.fit_poison(X, y, X_target=X[0])
    >>> int(poisoned.is_poison.sum()), attack.distance_
    (9, 0.0)
    >>> filter = DeepKNNFilter(k=15).fit(poisoned.X, poisoned.y)
    >>> bool(filter.inlier_mask_[poisoned.is_poison].all())
    True
    """

    _parameter_constraints: dict = {
        "poison_class": "no_validation",
        "k": [Interval(Integral, 1, None, closed="left"), None],
        "normalized_k": [Interval(Real, 0, None, closed="neither"), None],
        "n_poisons": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        poison_class: Any,
        k: int | None = None,
        normalized_k: float | None = None,
        n_poisons: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.poison_class = poison_class
        self.k = k
        self.normalized_k = normalized_k
        self.n_poisons = n_poisons
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def fit_poison(  # type: ignore[override]  # has a target
        self, X: MatrixLike, y: ArrayLike, X_target: ArrayLike
    ) -> PoisonedData:
        """Poison a training set against one target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The clean training rows: the features that the filter will see.
        y : array-like of shape (n_samples,)
            Their labels.
        X_target : array-like of shape (n_features,) or (1, n_features)
            The row that the victim shall take for `poison_class`.

        Returns
        -------
        PoisonedData
            The rows given, then the poison.

        Raises
        ------
        ValueError
            Where `n_poisons` rows win no vote near the target, for a `poison_class`
            that y lacks, a target of another shape, more votes than rows, and when both
            `k` and `normalized_k` are given.
        """
        check_rows(X)
        y = target_column(y)
        check_consistent_length(X, y)
        rows = check_array(X, dtype=(np.float64, np.float32), input_name="X")
        self.classes_, codes = encode_labels(column_or_1d(y), type(self).__name__)
        target = _one_target(X_target, rows)
        # What is drawn and found below does not depend on the order of the rows.
        order = canonical_order(rows, codes)
        vote = self._vote(rows[order].astype(np.float64), codes[order])
        n_poisons = self.n_poisons
        if n_poisons is None:
            n_poisons = vote.fewest(target)
        self.k_ = vote.k(n_poisons)
        centre = self._centre(vote, target, n_poisons)
        self.distance_ = float(np.linalg.norm(centre - target))
        rng = check_random_state(self.random_state)
        poison = _spread(vote, centre, n_poisons, rng).astype(rows.dtype)
        labels = np.full(n_poisons, vote.own, dtype=int)
        return self._append(X, y, poison, self.classes_[labels])

    def _vote(self, rows, codes):
        if self.k is not None and self.normalized_k is not None:
            raise ValueError(
                f"Give either k or normalized_k, not both; got k={self.k} and "
                f"normalized_k={self.normalized_k}."
            )
        own = position_of(self.poison_class, self.classes_, "poison_class")
        return _Vote(rows, codes, own, self.k, self.normalized_k)

    def _centre(self, vote, target, n_poisons):
        """The place nearest to the target where so many rows win the vote."""
        for place in [target, *_ways_out(vote, target)]:
            if vote.leads(place, n_poisons):
                return place
        raise ValueError(
            f"n_poisons={n_poisons} rows win no vote of k={self.k_} between the target "
            f"and rows of class {plain(self.poison_class)!r}. Raise n_poisons; at the "
            f"target it takes {vote.fewest(target)}."
        )


class _Vote:
    """What the vote says of poison at a place."""

    def __init__(self, rows, codes, own, k, normalized_k):
        self.rows, self.codes, self.own = rows, codes, own
        self._k, self._normalized_k = k, normalized_k
        self._sizes = np.bincount(codes)

    def k(self, n_poisons):
        """Votes that judge a row of the poisoned set."""
        if self._k is not None:
            k = self._k
        else:
            sizes = self._sizes.copy()
            sizes[self.own] += n_poisons
            share = 1.0 if self._normalized_k is None else self._normalized_k
            k = max(1, round(share * sizes.max()))
        most = len(self.codes) + n_poisons - 1
        if k > most:
            raise ValueError(
                f"k={k} is more than the votes that a row can gather: {most} with "
                f"{n_poisons} poison rows."
            )
        return k

    def leads(self, place, n_poisons):
        """Whether no class outvotes so many rows that lie together at a place."""
        return self._lead(self._nearest_votes(place), n_poisons)

    def fewest(self, place):
        """The fewest rows that no class outvotes at a place."""
        votes, n_poisons = self._nearest_votes(place), 1
        while not self._lead(votes, n_poisons):
            n_poisons += 1
        return n_poisons

    def _lead(self, votes, n_poisons):
        n_clean = max(0, self.k(n_poisons) - (n_poisons - 1))
        others = np.delete(votes[n_clean], self.own)
        return votes[n_clean, self.own] + n_poisons - 1 >= others.max()

    def _nearest_votes(self, place):
        """Votes of the nearest m clean rows, those that tie included: row m."""
        distances = np.linalg.norm(self.rows - place, axis=1)
        order = np.argsort(distances)
        given = np.cumsum(
            np.eye(len(self._sizes), dtype=int)[self.codes[order]], axis=0
        )
        last = np.searchsorted(distances[order], distances[order], side="right") - 1
        return np.vstack([np.zeros_like(given[:1]), given[last]])


def _one_target(X_target, rows):
    target = check_array(
        X_target, ensure_2d=False, dtype=np.float64, input_name="X_target"
    )
    if target.shape not in {rows.shape[1:], (1, *rows.shape[1:])}:
        raise ValueError(
            f"X_target must be one row of {rows.shape[1]} features, as those of X; got "
            f"the shape {target.shape}."
        )
    return target.ravel()


def _ways_out(vote, target):
    """Places between the target and rows of the poison's class, nearest first."""
    kin = vote.rows[vote.codes == vote.own]
    nearest = np.argsort(np.linalg.norm(kin - target, axis=1), kind="stable")
    shares = np.arange(1, _N_STEPS + 1) / _N_STEPS
    ways = kin[nearest[:_N_WAYS]] - target
    steps = (shares[:, None, None] * ways).reshape(-1, len(target))
    order = np.argsort(np.linalg.norm(steps, axis=1), kind="stable")
    return target + steps[order]


def _spread(vote, centre, n_poisons, rng):
    """Rows around a centre, each on the way to some clean row, that all win the vote.

    Rows on the way between others keep the bounds that those keep.
    """
    ends = vote.rows[rng.choice(len(vote.rows), n_poisons)]
    lengths = np.linalg.norm(ends - centre, axis=1)
    nearest = np.linalg.norm(vote.rows - centre, axis=1).min()
    shares = rng.uniform(size=n_poisons) * nearest / np.maximum(lengths, 1e-300)
    for spread in _SPREADS:
        poison = centre + spread * shares[:, None] * (ends - centre)
        if all(vote.leads(row, n_poisons) for row in poison):
            break
    return poison

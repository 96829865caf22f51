"""How far apart a filter's scores hold the clean rows and the poison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array, column_or_1d

from .._utils.optional import optional_import
from .._utils.typing import Estimator
from ._steps import split_at_filter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["VoteMarginDisplay"]

_N_BINS = 40


class VoteMarginDisplay:
    """Distribution of the scores of clean rows and of poison, with the threshold.

    The scores of :class:`~skpoison.defenses.DeepKNNFilter` are the margins by which the
    neighbors vote for a row's label; those of any other filter are shown alike. Rows
    below the threshold are suspects. Each group is drawn as shares of its own rows,
    since there are few poisons.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create one.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Lower is more suspect.
    is_poison : ndarray of bool of shape (n_samples,), default=None
        Marks the poison, where it is known.
    offset : float, default=0.0
        Rows whose score is below it are suspects.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        Set by :meth:`plot`.

    See Also
    --------
    FeatureSpaceDisplay : Where the removed rows lie.
    NormalizedKDisplay : What becomes of them as k grows.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.defenses import DeepKNNFilter
    >>> from skpoison.inspection import VoteMarginDisplay
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 8)), np.repeat([3, 8], 30)
    >>> X[:30] += 6
    >>> X[59] += 6
    >>> filter = DeepKNNFilter(k=5).fit(X, y)
    >>> display = VoteMarginDisplay.from_estimator(filter, is_poison=np.arange(60) > 58)
    >>> display.scores[59]
    np.float64(-1.0)
    """

    def __init__(
        self,
        scores: np.ndarray,
        is_poison: np.ndarray | None = None,
        *,
        offset: float = 0.0,
    ) -> None:
        self.scores = scores
        self.is_poison = is_poison
        self.offset = offset

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        *,
        is_poison: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> VoteMarginDisplay:
        """Show the scores of the rows that a filter was fitted on.

        Parameters
        ----------
        estimator : fitted filter or Pipeline
            A filter of this package, or a pipeline that holds one.
        is_poison : array-like of bool of shape (n_samples,), default=None
            Marks the poison among these rows, where it is known.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        VoteMarginDisplay

        Raises
        ------
        ValueError
            When the pipeline holds no filter, or was fitted on other rows.
        """
        _, poison_filter, _ = split_at_filter(estimator)
        return cls.from_predictions(
            poison_filter.sample_scores_,
            is_poison,
            offset=poison_filter.offset_,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        scores: ArrayLike,
        is_poison: ArrayLike | None = None,
        *,
        offset: float = 0.0,
        ax: Axes | None = None,
    ) -> VoteMarginDisplay:
        """Show given scores.

        Parameters
        ----------
        scores : array-like of shape (n_samples,)
            Lower is more suspect.
        is_poison : array-like of bool of shape (n_samples,), default=None
            Marks the poison, where it is known.
        offset : float, default=0.0
            Rows whose score is below it are suspects.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        VoteMarginDisplay

        Raises
        ------
        ValueError
            When the lengths differ or a score is not finite.
        """
        scores = check_array(scores, ensure_2d=False, dtype=np.float64)
        scores = column_or_1d(scores)
        if is_poison is not None:
            is_poison = np.asarray(is_poison, dtype=bool)
            check_consistent_length(scores, is_poison)
        return cls(scores, is_poison, offset=offset).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the distributions.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        self : VoteMarginDisplay
        """
        plt = optional_import("matplotlib.pyplot", "plot")

        if ax is None:
            _, ax = plt.subplots()
        if self.is_poison is None:
            groups = [("rows", "C0", self.scores)]
        else:
            groups = [
                ("clean", "C0", self.scores[~self.is_poison]),
                ("poison", "C3", self.scores[self.is_poison]),
            ]
        edges = _edges(self.scores, self.offset)
        for name, color, scores in groups:
            if len(scores):
                below = np.sum(scores < self.offset)
                ax.hist(
                    scores,
                    bins=edges,
                    weights=np.full(len(scores), 1 / len(scores)),
                    color=color,
                    alpha=0.6,
                    label=f"{name}, {below} of {len(scores)} below",
                )
        ax.axvline(self.offset, color="black", linestyle="--", label="threshold")
        ax.set(xlabel="score (lower is more suspect)", ylabel="share of the rows")
        ax.legend(fontsize="small")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _edges(scores, offset):
    """Edges of bins of one width, none of which holds both suspects and others."""
    low, high = scores.min(), scores.max()
    width = (high - low) / _N_BINS or 1.0
    first = np.floor((low - offset) / width)
    last = np.floor((high - offset) / width) + 1
    return offset + width * np.arange(first, last + 1)

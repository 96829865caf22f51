"""What Deep k-NN saves, and what it costs, as k grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from .._utils.optional import optional_import
from .._utils.typing import Estimator, MatrixLike
from ..metrics import filter_report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NormalizedKDisplay"]

_OF_VICTIMS = ("defense success rate", "test accuracy")
_OF_VERDICTS = ("poisons removed", "accuracy of the verdicts")


class NormalizedKDisplay:
    """Defense success, Matthews correlation and accuracy against the normalised k.

    The normalised k is the number of neighbors that vote, in sizes of the largest
    class. Above twice the number of poisons around one target, it outvotes them; far
    above, the votes of other classes outweigh clean rows too. What is between is the
    range to choose from [1]_.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create one.

    Parameters
    ----------
    normalized_k : ndarray of shape (n_values,)
        The values of k, in sizes of the largest class.
    success : ndarray of shape (n_values,)
        Share of the attacks that are stopped, or of the poisons that are removed.
    mcc : ndarray of shape (n_values,)
        Matthews correlation of poison and removed rows.
    accuracy : ndarray of shape (n_values,)
        Test accuracy of the defended model, or accuracy of the filter's verdicts.
    names : (str, str), default=("defense success rate", "test accuracy")
        What `success` and `accuracy` are.
    critical_k : float, default=None
        Twice the number of poisons around one target, in sizes of the largest class;
        drawn as a vertical line.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        Set by :meth:`plot`.

    See Also
    --------
    FeatureSpaceDisplay : Where the removed rows lie.
    VoteMarginDisplay : The votes at one k.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 6.1 and Figure 4, left.

    Examples
    --------
    Three poisons: with six votes they may still tie, with seven they are outvoted.

    >>> import numpy as np
    >>> from skpoison.defenses import DeepKNNFilter
    >>> from skpoison.inspection import NormalizedKDisplay
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(63, 8)), np.repeat([3, 8], [30, 33])
    >>> X[:30] += 6
    >>> X[60:] = X[0] + 0.1 * rng.normal(size=(3, 8))
    >>> display = NormalizedKDisplay.from_estimator(
    ...     DeepKNNFilter(), X, y, np.arange(63) >= 60, normalized_k=[2 / 33, 7 / 33]
    ... )
    >>> display.success
    array([0., 1.])
    """

    def __init__(
        self,
        normalized_k: np.ndarray,
        success: np.ndarray,
        mcc: np.ndarray,
        accuracy: np.ndarray,
        *,
        names: tuple[str, str] = _OF_VICTIMS,
        critical_k: float | None = None,
    ) -> None:
        self.normalized_k = normalized_k
        self.success = success
        self.mcc = mcc
        self.accuracy = accuracy
        self.names = names
        self.critical_k = critical_k

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: ArrayLike,
        is_poison: ArrayLike,
        *,
        normalized_k: ArrayLike | None = None,
        evaluate: Callable[..., Any] | None = None,
        ax: Axes | None = None,
    ) -> NormalizedKDisplay:
        """Fit a filter at several values of k.

        Parameters
        ----------
        estimator : DeepKNNFilter
            Clones of it are fitted.
        X : array-like of shape (n_samples, n_features)
            The rows of one poisoned training set, as features.
        y : array-like of shape (n_samples,)
            Their labels.
        is_poison : array-like of bool of shape (n_samples,)
            Marks the poison, which is taken to surround one target.
        normalized_k : array-like of float, default=None
            Values to try. None: a dozen from a single vote up to 4, or to as many votes
            as there are rows outside the largest class.
        evaluate : callable, default=None
            Takes the `inlier_mask_` at one k, trains a model on these rows and returns
            the share of the attacks that this stops and the test accuracy. None: what
            is shown is the share of the poisons that are removed and the accuracy of
            the verdicts.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        NormalizedKDisplay

        Raises
        ------
        ValueError
            As the filter raises: for a k that is too large, and where all rows or all
            classes but one would be removed.
        """
        check_consistent_length(X, y, is_poison)
        is_poison = np.asarray(is_poison, dtype=bool)
        if not is_poison.any():
            raise ValueError("is_poison marks no row.")
        sizes = np.unique(y, return_counts=True)[1]
        size = sizes.max()
        if normalized_k is None:
            most = min(4 * size, sizes.sum() - size)
            normalized_k = np.unique(np.geomspace(1, most, 12).round()) / size
        results = []
        for value in np.asarray(normalized_k):
            poison_filter = clone(estimator).set_params(k=None, normalized_k=value)
            mask = poison_filter.fit(X, y).inlier_mask_
            report = filter_report(is_poison, mask)
            success, accuracy = report["recall"], report["accuracy"]
            if evaluate is not None:
                success, accuracy = evaluate(mask)
            results.append((success, report["mcc"], accuracy))
        return cls.from_predictions(
            normalized_k,
            *np.transpose(results),
            names=_OF_VERDICTS if evaluate is None else _OF_VICTIMS,
            critical_k=2 * is_poison.sum() / size,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        normalized_k: ArrayLike,
        success: ArrayLike,
        mcc: ArrayLike,
        accuracy: ArrayLike,
        *,
        names: tuple[str, str] = _OF_VICTIMS,
        critical_k: float | None = None,
        ax: Axes | None = None,
    ) -> NormalizedKDisplay:
        """Show given results, for example means over many targets.

        Parameters
        ----------
        normalized_k : array-like of shape (n_values,)
            The values of k, in sizes of the largest class.
        success : array-like of shape (n_values,)
            Share of the attacks that are stopped, or of the poisons that are removed.
        mcc : array-like of shape (n_values,)
            Matthews correlation of poison and removed rows.
        accuracy : array-like of shape (n_values,)
            Test accuracy of the defended model, or accuracy of the filter's verdicts.
        names : (str, str), default=("defense success rate", "test accuracy")
            What `success` and `accuracy` are.
        critical_k : float, default=None
            Twice the number of poisons around one target, in sizes of the largest
            class.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        NormalizedKDisplay

        Raises
        ------
        ValueError
            When the lengths differ or a k is not positive.
        """
        columns = [
            column_or_1d(column, dtype=np.float64)
            for column in (normalized_k, success, mcc, accuracy)
        ]
        check_consistent_length(*columns)
        if not (columns[0] > 0).all():
            raise ValueError("normalized_k must be positive.")
        return cls(*columns, names=names, critical_k=critical_k).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the three curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        self : NormalizedKDisplay
        """
        plt = optional_import("matplotlib.pyplot", "plot")

        if ax is None:
            _, ax = plt.subplots()
        order = np.argsort(self.normalized_k)
        for values, name, style in (
            (self.success, self.names[0], "C0o-"),
            (self.mcc, "Matthews correlation", "C1s-"),
            (self.accuracy, self.names[1], "C2^-"),
        ):
            ax.plot(
                self.normalized_k[order],
                values[order],
                style,
                label=name,
                markersize=5,
                alpha=0.8,
            )
        if self.critical_k is not None:
            ax.axvline(
                self.critical_k,
                color="black",
                linestyle=":",
                label="k = 2 x number of poisons",
            )
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
        ax.set(xlabel="normalised k (k / size of the largest class)")
        ax.grid(alpha=0.3)
        ax.legend(fontsize="small")
        self.ax_, self.figure_ = ax, ax.figure
        return self

"""The rows of two classes in a plane, with what was removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array, column_or_1d

from .._utils.messages import plain
from .._utils.optional import optional_import
from .._utils.typing import Estimator, MatrixLike
from ._steps import split_at_filter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FeatureSpaceDisplay"]


class FeatureSpaceDisplay:
    """The target class and the poisoned class in the plane that shows an attack best.

    The horizontal axis is the direction from the centroid of the poisoned class to that
    of the target's class. The vertical axis is the part of the decision boundary's
    normal that is orthogonal to it or, without a linear classifier, the direction of
    largest variance that is. Both are in units of the features.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create one.

    Parameters
    ----------
    coordinates : ndarray of shape (n_samples, 2)
        The rows of the two classes in the plane.
    groups : ndarray of int of shape (n_samples,)
        0 for the target's class, 1 for the poisoned class, 2 for poison.
    inlier_mask : ndarray of bool of shape (n_samples,)
        False for the rows that were removed.
    labels : (object, object)
        The target's class and the poisoned class.
    target_coordinates : ndarray of shape (n_targets, 2), default=None
        The targets in the plane.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        Set by :meth:`plot`.

    See Also
    --------
    VoteMarginDisplay : How far the scores hold clean rows and poison apart.
    NormalizedKDisplay : What is removed as k grows.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 5.3 and Figure 3.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.inspection import FeatureSpaceDisplay
    >>> rng = np.random.default_rng(0)
    >>> features = rng.normal(size=(60, 8))
    >>> features[:30, 0] += 6
    >>> y = np.repeat([3, 8], 30)
    >>> display = FeatureSpaceDisplay.from_predictions(
    ...     features, y, np.arange(60) != 59, target_class=3, poison_class=8
    ... )
    >>> display.coordinates.shape
    (60, 2)
    """

    def __init__(
        self,
        coordinates: np.ndarray,
        groups: np.ndarray,
        inlier_mask: np.ndarray,
        *,
        labels: tuple[Any, Any],
        target_coordinates: np.ndarray | None = None,
    ) -> None:
        self.coordinates = coordinates
        self.groups = groups
        self.inlier_mask = inlier_mask
        self.labels = labels
        self.target_coordinates = target_coordinates

    @classmethod
    def from_estimator(
        cls,
        estimator: Estimator,
        X: MatrixLike,
        y: ArrayLike,
        *,
        target_class: Any,
        poison_class: Any,
        is_poison: ArrayLike | None = None,
        X_target: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> FeatureSpaceDisplay:
        """Show what a filter did to the rows that it was fitted on.

        Parameters
        ----------
        estimator : fitted filter, Pipeline or DefendedClassifier
            A filter of this package, or what holds one, perhaps after an embedding and
            before a linear classifier.
        X, y : array-likes
            The rows that it was fitted on.
        target_class, poison_class : labels
            The class of the target, and the class that the poison claims to be.
        is_poison : array-like of bool of shape (n_samples,), default=None
            Marks the poison, where it is known.
        X_target : array-like, default=None
            The targets, as rows like those of X.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        FeatureSpaceDisplay

        Raises
        ------
        ValueError
            When the estimator holds no filter, or was fitted on other rows.
        """
        before, poison_filter, last = split_at_filter(estimator)
        mask = poison_filter.inlier_mask_
        check_consistent_length(X, y, mask)
        embed = np.asarray if before is None else before.transform
        return cls.from_predictions(
            embed(X),
            y,
            mask,
            target_class=target_class,
            poison_class=poison_class,
            is_poison=is_poison,
            target_features=None if X_target is None else embed(X_target),
            normal=_normal(last, target_class, poison_class),
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        features: MatrixLike,
        y: ArrayLike,
        inlier_mask: ArrayLike,
        *,
        target_class: Any,
        poison_class: Any,
        is_poison: ArrayLike | None = None,
        target_features: ArrayLike | None = None,
        normal: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> FeatureSpaceDisplay:
        """Show the verdict on rows whose features are given.

        Parameters
        ----------
        features : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        inlier_mask : array-like of bool of shape (n_samples,)
            False for the rows that were removed.
        target_class, poison_class : labels
            The class of the target, and the class that the poison claims to be.
        is_poison : array-like of bool of shape (n_samples,), default=None
            Marks the poison, where it is known.
        target_features : array-like of shape (n_targets, n_features), default=None
            The features of the targets.
        normal : array-like of shape (n_features,), default=None
            Normal of the decision boundary between the two classes.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        FeatureSpaceDisplay

        Raises
        ------
        ValueError
            When a class has no rows, or the classes have one centroid.
        """
        features, y = check_array(features), column_or_1d(y)
        inlier_mask = np.asarray(inlier_mask, dtype=bool)
        if is_poison is None:
            is_poison = np.zeros(len(y))
        poison = np.asarray(is_poison, dtype=bool)
        check_consistent_length(features, y, inlier_mask, poison)
        groups = np.select(
            [poison & (y == poison_class), y == poison_class, y == target_class],
            [2, 1, 0],
            default=-1,
        )
        for group, label in enumerate((target_class, poison_class)):
            if not (groups == group).any():
                raise ValueError(f"y holds no clean row of class {plain(label)!r}.")
        shown = groups >= 0
        origin, axes = _plane(features, groups, normal)

        def project(rows):
            return (rows - origin) @ axes.T

        return cls(
            project(features[shown]),
            groups[shown],
            inlier_mask[shown],
            labels=(target_class, poison_class),
            target_coordinates=None
            if target_features is None
            else project(check_array(target_features)),
        ).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the plane.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        self : FeatureSpaceDisplay
        """
        plt = optional_import("matplotlib.pyplot", "plot")

        if ax is None:
            _, ax = plt.subplots()
        target_class, poison_class = self.labels
        names = (f"class {target_class}", f"class {poison_class}", "poison")
        for group, (name, color) in enumerate(zip(names, ("C0", "C2", "C3"))):
            for kept, marker, alpha in ((True, "o", 0.5), (False, "x", 1.0)):
                rows = (self.groups == group) & (self.inlier_mask == kept)
                if rows.any():
                    across, up = self.coordinates[rows].T
                    ax.scatter(
                        across,
                        up,
                        s=36 if group == 2 or not kept else 18,
                        c=color,
                        marker=marker,
                        alpha=alpha,
                        linewidths=1.5 if marker == "x" else 0,
                        label=f"{name}, {'kept' if kept else 'removed'}",
                        zorder=2 + group,
                    )
        if self.target_coordinates is not None:
            across, up = self.target_coordinates.T
            ax.scatter(
                across,
                up,
                s=90,
                c="C0",
                marker="^",
                edgecolors="black",
                label="target",
                zorder=6,
            )
        ax.set(xlabel="between the class centroids", ylabel="across")
        ax.legend(fontsize="small")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _plane(features, groups, normal):
    """Origin and two orthonormal axes of the plane."""
    centroids = [features[groups == group].mean(axis=0) for group in (1, 0)]
    first = centroids[1] - centroids[0]
    length = np.linalg.norm(first)
    if length == 0:
        raise ValueError("The two classes have the same centroid: no plane shows them.")
    first = first / length
    if normal is None:
        rows = features[groups >= 0] - centroids[0]
        rows = rows - np.outer(rows @ first, first)
        normal = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][0]
    normal = np.asarray(normal)
    second = normal - (normal @ first) * first
    return centroids[0], np.stack([first, second / max(np.linalg.norm(second), 1e-12)])


def _normal(estimator, target_class, poison_class):
    """Normal of a linear classifier's boundary between the two classes, or None."""
    if not hasattr(estimator, "coef_"):
        return None
    coef, classes = np.asarray(estimator.coef_), np.asarray(estimator.classes_)
    if not np.isin([target_class, poison_class], classes).all():
        return None
    if len(coef) == 1:
        return coef[0]
    rows = [np.flatnonzero(classes == c)[0] for c in (target_class, poison_class)]
    return coef[rows[0]] - coef[rows[1]]

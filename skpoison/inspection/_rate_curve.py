"""How a measurement changes with the rate of poison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from .._utils.optional import optional_import

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["RateCurveDisplay"]

# What a defense is compared with, and the style of its line.
_CONTROLS = {"no defense": ":", "perfect filter": "--"}


class RateCurveDisplay:
    """A measurement against the rate of poison, one line for each defense.

    Lines are means, bands the middle 95 % of the repeats, not of their mean.

    Use :meth:`from_frame` to create one.

    Parameters
    ----------
    curves : DataFrame
        Indexed by defense and rate, with the columns mean, low and high.
    name : str
        What was measured.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        Set by :meth:`plot`.

    See Also
    --------
    skpoison.evaluation.evaluate_defenses : Makes the frame.
    DefenseMatrixDisplay : All attacks and defenses at a glance.

    Examples
    --------
    >>> import pandas as pd
    >>> from skpoison.inspection import RateCurveDisplay
    >>> frame = pd.DataFrame(
    ...     {
    ...         "defense": "Deep k-NN",
    ...         "rate": [0.1, 0.1, 0.2, 0.2],
    ...         "f1_poison": [0.8, 0.9, 0.6, 0.8],
    ...     }
    ... )
    >>> RateCurveDisplay.from_frame(frame, "f1_poison").curves["mean"].round(2).tolist()
    [0.85, 0.7]
    """

    def __init__(self, curves: pd.DataFrame, name: str) -> None:
        self.curves = curves
        self.name = name

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        values: str = "score_defended",
        *,
        ax: Axes | None = None,
    ) -> RateCurveDisplay:
        """Draw a column of a frame.

        The scores without a defense and with a perfect one are drawn beside a
        `score_defended`.

        Parameters
        ----------
        frame : DataFrame
            From :func:`~skpoison.evaluation.evaluate_defenses`. Select data set, attack
            and estimator first; what is left is averaged.
        values : str, default="score_defended"
            A column of numbers.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        RateCurveDisplay

        Raises
        ------
        ValueError
            When no row has both a rate and a value.
        """
        measured = frame[frame["rate"].notna() & frame[values].notna()]
        if measured.empty:
            raise ValueError(f"No row of the frame has both a rate and {values!r}.")
        parts = [measured]
        if values == "score_defended":
            parts += [
                measured.assign(defense=name, score_defended=measured[column])
                for name, column in zip(
                    _CONTROLS, ("score_undefended", "score_perfect")
                )
                if column in measured
            ]
        curves = _concatenated(parts).groupby(["defense", "rate"], sort=False)[values]
        table = curves.agg(
            mean="mean",
            low=lambda group: np.quantile(group, 0.025),
            high=lambda group: np.quantile(group, 0.975),
        )
        return cls(table, values.replace("_", " ")).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the lines and their bands.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        self : RateCurveDisplay
        """
        plt = optional_import("matplotlib.pyplot", "plot")

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        for defense, curve in self.curves.groupby(level="defense", sort=False):
            curve = curve.droplevel("defense").sort_index()
            if defense in _CONTROLS:
                style = _CONTROLS[defense]
                ax.plot(curve["mean"], style, color="black", label=defense)
                continue
            (line,) = ax.plot(curve["mean"], "o-", label=defense)
            band = curve["low"], curve["high"]
            ax.fill_between(curve.index, *band, color=line.get_color(), alpha=0.15)
        ax.set(xlabel="poison rows / untrusted rows", ylabel=self.name)
        ax.legend(fontsize="small")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _concatenated(parts):
    import pandas as pd

    return pd.concat(parts)

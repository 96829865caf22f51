"""Which defense helps against which attack: a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from .._utils.optional import optional_import

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["DefenseMatrixDisplay"]


class DefenseMatrixDisplay:
    """Heat map of attacks and defenses, between a random filter and a perfect one.

    The number in a cell is what the defense changes in the score of the model that
    learns from the rows it keeps, in points: the score with the defense minus that
    without. The color relates it to two controls: 0 (white) is what the random
    eviction of as many rows gives, 1 (blue) what the removal of the poison and of
    nothing else gives; red is worse than random. Where the perfect filter is no better
    than none, as without poison, or than the random one, there is nothing to recover:
    the color is that of the number, blue and red at five points.

    Use :meth:`from_frame` to create one.

    Parameters
    ----------
    gain : DataFrame of shape (n_attacks, n_defenses)
        What each defense changes, in points.
    recovered : DataFrame of shape (n_attacks, n_defenses)
        What it recovers, 0 for random and 1 for perfect; nan where there is nothing to
        recover.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        Set by :meth:`plot`.

    See Also
    --------
    skpoison.evaluation.evaluate_defenses : Makes the frame.
    RateCurveDisplay : A measurement against the rate of poison.

    Examples
    --------
    >>> import pandas as pd
    >>> from skpoison.inspection import DefenseMatrixDisplay
    >>> frame = pd.DataFrame(
    ...     {
    ...         "attack": ["flips"],
    ...         "defense": ["Deep k-NN"],
    ...         "score_undefended": [0.8],
    ...         "score_random": [0.8],
    ...         "score_defended": [0.9],
    ...         "score_perfect": [1.0],
    ...     }
    ... )
    >>> display = DefenseMatrixDisplay.from_frame(frame)
    >>> float(display.recovered.loc["flips", "Deep k-NN"].round(2))
    0.5
    """

    def __init__(self, gain: pd.DataFrame, recovered: pd.DataFrame) -> None:
        self.gain = gain
        self.recovered = recovered

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame, *, min_harm: float = 0.005, ax: Axes | None = None
    ) -> DefenseMatrixDisplay:
        """Draw the means over all other columns of a frame.

        Parameters
        ----------
        frame : DataFrame
            From :func:`~skpoison.evaluation.evaluate_defenses`. Select the data set,
            rate, share of trusted rows and estimator first, or see their mean.
        min_harm : float, default=0.005
            Where the perfect filter is better than none, or than the random one, by
            less than this, there is nothing to recover.
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        DefenseMatrixDisplay

        Raises
        ------
        ValueError
            When every cell of the frame failed.
        """
        scores = ["score_undefended", "score_random", "score_defended", "score_perfect"]
        if frame[scores].isna().all(axis=None):
            raise ValueError("The frame holds no score: every cell failed.")
        means = frame.groupby(["attack", "defense"], sort=False)[scores].mean()
        gain = 100 * (means["score_defended"] - means["score_undefended"])
        best, random = means["score_perfect"], means["score_random"]
        recovered = (means["score_defended"] - random) / (best - random)
        bound = np.maximum(random, means["score_undefended"])
        recovered[best - bound < min_harm] = np.nan
        order = {
            "index": frame["attack"].unique(),
            "columns": frame["defense"].unique(),
        }
        tables = (v.unstack("defense").reindex(**order) for v in (gain, recovered))
        return cls(*tables).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            A new one by default.

        Returns
        -------
        self : DefenseMatrixDisplay
        """
        plt = optional_import("matplotlib.pyplot", "plot")

        n_attacks, n_defenses = self.gain.shape
        if ax is None:
            size = (2.5 + 0.9 * n_defenses, 1.8 + 0.45 * n_attacks)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        shown = self.recovered.fillna(self.gain / 5).to_numpy(dtype=float)
        image = ax.imshow(shown, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
        for row, column in np.ndindex(shown.shape):
            value, color = self.gain.iloc[row, column], shown[row, column]
            failed = np.isnan(value)
            ax.text(
                column,
                row,
                "failed" if failed else f"{value:+.1f}",
                ha="center",
                va="center",
                color="white" if abs(color) > 0.6 else "black",
            )
        ax.set_xticks(range(n_defenses), self.gain.columns, rotation=30, ha="right")
        ax.set_yticks(range(n_attacks), self.gain.index)
        ax.set_title("points of score that each defense changes", fontsize="medium")
        bar = ax.figure.colorbar(image, ax=ax, ticks=[-1, 0, 1])
        bar.ax.set_yticklabels(["worse", "as random", "as perfect"])
        self.ax_, self.figure_ = ax, ax.figure
        return self

"""What a table of the bench says, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import bootstrap
from scipy.stats import t as student

from ..._utils.optional import optional_import
from ..._utils.typing import RandomState

if TYPE_CHECKING:
    import pandas as pd

# What makes cells of two defenses a pair.
_PAIR = ["dataset", "attack", "rate", "trusted", "estimator", "repeat"]


def summarize(
    frame: pd.DataFrame,
    values: str,
    by: Sequence[str] = ("dataset", "attack", "defense"),
    *,
    confidence_level: float = 0.95,
    n_resamples: int = 9999,
    random_state: RandomState = 0,
) -> pd.DataFrame:
    """Means of a measurement, with bootstrap intervals over the repeats.

    What is resampled are the repeats, with all the cells of a group that a repeat
    holds: its cells share a split and are not independent. In a group of several data
    sets a repeat is the mean of all of them, and one that lacks a data set does not
    count: the interval is for these data sets, and says nothing of others. It is that
    of the percentiles, which is narrow for few repeats.

    Parameters
    ----------
    frame : DataFrame
        From :func:`evaluate_defenses`.
    values : str
        A column of numbers.
    by : sequence of str, default=("dataset", "attack", "defense")
        Columns that name the groups.
    confidence_level : float, default=0.95
        Of the interval.
    n_resamples : int, default=9999
        Number of resamples.
    random_state : int, RandomState instance or None, default=0
        Seed of the resamples.

    Returns
    -------
    DataFrame
        Indexed by the groups, in their order in the frame: mean, low, high, n_repeats,
        and n_failed, the number of cells that failed and are in no mean. Without two
        repeats the interval is nan.

    See Also
    --------
    compare_defenses : Whether two defenses differ.

    Examples
    --------
    >>> import pandas as pd
    >>> from skpoison.evaluation import summarize
    >>> frame = pd.DataFrame(
    ...     {
    ...         "dataset": "iris",
    ...         "repeat": range(4),
    ...         "defense": "Deep k-NN",
    ...         "status": "ok",
    ...         "f1_poison": [0.8, 0.9, 0.9, 1.0],
    ...     }
    ... )
    >>> summarize(frame, "f1_poison", by=["defense"]).round(2)
               mean   low  high  n_repeats  n_failed
    defense
    Deep k-NN   0.9  0.82  0.98          4         0
    """
    pandas = optional_import("pandas", "data")

    def row(group):
        means = of_repeats(group, values).dropna()
        low = high = np.nan
        if len(means) > 1:
            low, high = bootstrap(
                (means.to_numpy(),),
                np.mean,
                confidence_level=confidence_level,
                n_resamples=n_resamples,
                method="percentile",
                rng=np.random.default_rng(random_state),
            ).confidence_interval
        return {
            "mean": means.mean(),
            "low": low,
            "high": high,
            "n_repeats": len(means),
            "n_failed": int((group["status"] == "failed").sum()),
        }

    groups = frame.groupby(list(by), sort=False, dropna=False)
    rows = {name: row(group) for name, group in groups}
    index = pandas.MultiIndex.from_tuples(rows, names=list(by))
    index = index.get_level_values(0) if len(by) == 1 else index
    return pandas.DataFrame(list(rows.values()), index=index)


def compare_defenses(
    frame: pd.DataFrame,
    first: str,
    second: str,
    values: str = "score_defended",
    *,
    by: Sequence[str] = ("dataset", "attack"),
    test_size: float = 0.3,
) -> pd.DataFrame:
    """Compare two defenses on the same poisoned sets.

    The differences of the repeats are tested by the t test of Nadeau and Bengio [1]_.
    Repeats that draw their training and test rows from the same data set overlap, and
    their variance is too small for the ordinary test: it is multiplied by
    1 + n r / (1 - r), for n repeats and a share r of test rows. The p-values of all
    rows are then adjusted after Holm [2]_, since many comparisons find a difference by
    chance.

    Parameters
    ----------
    frame : DataFrame
        From :func:`evaluate_defenses`.
    first, second : str
        Names of two defenses.
    values : str, default="score_defended"
        The column that is compared.
    by : sequence of str, default=("dataset", "attack")
        Columns that name the comparisons; within one, the cells of a repeat are
        averaged, and one that lacks a data set does not count.
    test_size : float, default=0.3
        As it was passed to `evaluate_defenses`.

    Returns
    -------
    DataFrame
        Indexed by the comparisons: difference (mean of first minus second), low and
        high (its 95 % interval), p_value, p_adjusted, n_repeats. Repeats in which a
        defense failed are left out; without two of them, all but the difference is nan.

    Raises
    ------
    ValueError
        For a defense that the frame lacks.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003, section 3.
    .. [2] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
       Scandinavian Journal of Statistics 6, 1979.

    Examples
    --------
    >>> import pandas as pd
    >>> from skpoison.evaluation import compare_defenses
    >>> frame = pd.DataFrame(
    ...     {
    ...         "dataset": "iris",
    ...         "attack": "flips",
    ...         "rate": 0.1,
    ...         "trusted": 0.2,
    ...         "estimator": "1-NN",
    ...         "repeat": [0, 1, 2, 3] * 2,
    ...         "defense": ["a"] * 4 + ["b"] * 4,
    ...         "score_defended": [0.9, 0.8, 0.9, 0.9, 0.8, 0.7, 0.7, 0.8],
    ...     }
    ... )
    >>> compare_defenses(frame, "a", "b")[["difference", "p_adjusted"]].round(3)
                    difference  p_adjusted
    dataset attack
    iris    flips        0.125       0.056
    """
    pandas = optional_import("pandas", "data")
    unknown = {first, second} - set(frame["defense"])
    if unknown:
        raise ValueError(f"The frame holds no defense named {sorted(unknown)}.")
    one, other = (
        frame[frame["defense"] == name].set_index(_PAIR)[values]
        for name in (first, second)
    )
    difference = (one - other).rename("difference").reset_index()
    rows = {}
    for name, group in difference.groupby(list(by), sort=False, dropna=False):
        repeats = of_repeats(group, "difference").dropna()
        rows[name] = _corrected_t_test(repeats.to_numpy(), test_size)
    index = pandas.MultiIndex.from_tuples(rows, names=list(by))
    index = index.get_level_values(0) if len(by) == 1 else index
    table = pandas.DataFrame(list(rows.values()), index=index)
    table.insert(4, "p_adjusted", _holm(table["p_value"].to_numpy()))
    return table


def of_repeats(group, values):
    """A value for each repeat: the mean of its data sets, nan where it lacks one."""
    of_sets = group.groupby(["repeat", "dataset"], sort=False)[values].mean()
    return of_sets.unstack("dataset").mean(axis=1, skipna=False)


def _corrected_t_test(differences, test_size):
    n, mean = len(differences), differences.mean() if len(differences) else np.nan
    low = high = p_value = np.nan
    if n > 1:
        inflation = 1 + n * test_size / (1 - test_size)
        error = np.sqrt(differences.var(ddof=1) / n * inflation)
        half = student.ppf(0.975, n - 1) * error
        low, high = mean - half, mean + half
        if error:
            p_value = 2 * student.sf(abs(mean) / error, n - 1)
        else:
            p_value = float(mean == 0)
    return {
        "difference": mean,
        "low": low,
        "high": high,
        "p_value": p_value,
        "n_repeats": n,
    }


def _holm(p_values):
    """P-values adjusted for their number; nan stays out of it."""
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)[: np.sum(~np.isnan(p_values))]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted

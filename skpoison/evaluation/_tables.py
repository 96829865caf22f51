"""Tables of what was measured: means with their intervals, in markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from .._utils.optional import optional_import
from ._cells._whole_file import whole_file

if TYPE_CHECKING:
    import pandas as pd


def with_interval(values: ArrayLike, *, digits: int = 3) -> str:
    """Mean ± half the width of its 95 % confidence interval, as text.

    The interval is Student's t, for repetitions that are independent: seeds, each with
    a draw of its own. A single value has no interval.

    Parameters
    ----------
    values : array-like of shape (n_repetitions,)
        What was measured; nan where nothing was, which does not count.
    digits : int, default=3
        Decimals.

    Returns
    -------
    str
        Empty where there is no value.

    See Also
    --------
    mean_and_interval : A table of such cells.

    Examples
    --------
    >>> from skpoison.evaluation import with_interval
    >>> with_interval([0.7, 0.8, 0.9], digits=2)
    '0.80 ± 0.25'
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return ""
    mean = f"{values.mean():.{digits}f}"
    if len(values) == 1:
        return mean
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1)
    return f"{mean} ± {half / np.sqrt(len(values)):.{digits}f}"


def mean_and_interval(
    frame: pd.DataFrame, index: str, columns: str, values: str, *, digits: int = 3
) -> pd.DataFrame:
    """Table of means over the repetitions of an experiment, with 95 % intervals.

    Rows and columns of names come in the order in which they first appear in the frame,
    numbers in their own. A cell without values stays empty. Needs pandas.

    Parameters
    ----------
    frame : DataFrame
        One row for each cell, as :func:`run_experiment` returns it.
    index, columns : str
        The columns of the frame whose values name the rows and the columns.
    values : str
        The column whose values are averaged.
    digits : int, default=3
        Decimals.

    Returns
    -------
    DataFrame of str

    See Also
    --------
    with_interval : What a cell holds.
    markdown_table : The table as a document shows it.

    Examples
    --------
    >>> import pandas as pd
    >>> from skpoison.evaluation import mean_and_interval
    >>> frame = pd.DataFrame(
    ...     {
    ...         "defense": ["none", "none", "oracle", "oracle"],
    ...         "rate": [0.1, 0.1, 0.1, 0.2],
    ...         "accuracy": [0.7, 0.8, 0.9, 0.9],
    ...     }
    ... )
    >>> mean_and_interval(frame, "defense", "rate", "accuracy", digits=2)
    rate             0.1   0.2
    defense
    none     0.75 ± 0.64
    oracle          0.90  0.90
    """
    is_numeric = optional_import("pandas", "data").api.types.is_numeric_dtype

    def in_order(column):
        labels = column.drop_duplicates()
        return labels.sort_values() if is_numeric(column) else labels

    groups = frame.groupby([index, columns], sort=False)[values]
    cells = groups.agg(with_interval, digits=digits).unstack(columns, fill_value="")
    return cells.loc[in_order(frame[index]), in_order(frame[columns])]


def markdown_table(table: pd.DataFrame) -> str:
    """A table in markdown, its index as the first column.

    Parameters
    ----------
    table : DataFrame
        For example from :func:`mean_and_interval`.

    Returns
    -------
    str
        Lines without a line break at the end.

    Examples
    --------
    >>> import pandas as pd
    >>> from skpoison.evaluation import markdown_table
    >>> table = pd.DataFrame({0.1: [".75", ".90"]}, ["none", "oracle"])
    >>> print(markdown_table(table.rename_axis("defense")))
    | defense | 0.1 |
    | --- | --- |
    | none | .75 |
    | oracle | .90 |
    """
    lines = [
        [table.index.name or "", *table.columns],
        ["---"] * (1 + len(table.columns)),
        *([name, *row] for name, row in zip(table.index, table.to_numpy())),
    ]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def save_rows(frame, path):
    """Write rows to PATH.csv, and what differs from run to run to PATH_times.csv.

    Returns
    -------
    str
        The name of the first file.
    """
    is_time = [name.endswith("seconds") or name == "peak_memory" for name in frame]
    times = frame.columns[is_time]
    with whole_file(path.with_name(f"{path.name}.csv")) as file:
        frame.drop(columns=times).to_csv(file, index=False)
    if len(times):
        with whole_file(path.with_name(f"{path.name}_times.csv")) as file:
            frame[times].to_csv(file, index=False)
    return f"{path.name}.csv"

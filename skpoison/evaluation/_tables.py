"""Tables of what was measured: mean and standard deviation, in markdown."""

from pandas.api.types import is_numeric_dtype


def mean_and_deviation(frame, index, columns, values, *, digits=3):
    """Mean ± standard deviation of the values of each row and column, as text.

    Rows and columns of names come in the order in which they first appear in the frame,
    numbers in their own. A single value has no deviation, and a cell without values
    stays empty.
    """
    groups = frame.groupby([index, columns], sort=False)[values]
    cells = groups.agg(_text, digits=digits).unstack(columns, fill_value="")
    return cells.loc[_in_order(frame[index]), _in_order(frame[columns])]


def markdown(table):
    """A table with its index as the first column, in markdown."""
    lines = [
        [table.index.name or "", *table.columns],
        ["---"] * (1 + len(table.columns)),
        *([name, *row] for name, row in zip(table.index, table.to_numpy())),
    ]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _in_order(column):
    labels = column.drop_duplicates()
    return labels.sort_values() if is_numeric_dtype(column) else labels


def _text(values, digits):
    if values.isna().all():
        return ""
    mean = f"{values.mean():.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {values.std():.{digits}f}"

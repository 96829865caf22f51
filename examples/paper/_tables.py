"""Tables of what was measured: mean and standard deviation, in markdown."""


def mean_and_deviation(frame, index, columns, values):
    """Mean ± standard deviation of the values of each row and column, as text.

    Rows and columns come in the order in which they first appear in the frame. A single
    value has no deviation, and a cell without values stays empty.
    """
    groups = frame.groupby([index, columns], sort=False)[values]
    cells = groups.agg(_text).unstack(columns, fill_value="")
    return cells.loc[frame[index].unique(), frame[columns].unique()]


def markdown(table):
    """A table with its index as the first column, in markdown."""
    lines = [
        [table.index.name or "", *table.columns],
        ["---"] * (1 + len(table.columns)),
        *([name, *row] for name, row in zip(table.index, table.to_numpy())),
    ]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _text(values):
    mean = f"{values.mean():.3f}"
    return mean if len(values) == 1 else f"{mean} ± {values.std():.3f}"

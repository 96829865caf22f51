"""Figures of a paper, and how they stand beside those that were measured."""

from dataclasses import dataclass

import pandas as pd

from ._tables import markdown_table, mean_and_interval


@dataclass(frozen=True)
class PublishedTables:
    """The tables of a paper, one for each metric.

    Attributes
    ----------
    rows : dict of dict of str
        By metric and by defense: a cell for each column, with blanks between.
    columns : list of float
        What varies along the rows: shares of trusted rows.
    """

    rows: dict[str, dict[str, str]]
    columns: list[float]

    def __contains__(self, metric):
        return metric in self.rows

    def __iter__(self):
        return iter(self.rows)

    def of(self, metric):
        """The table of a metric, as text: a row for each defense."""
        cells = {name: row.split() for name, row in self.rows[metric].items()}
        return pd.DataFrame(cells, self.columns).T

    def at(self, column):
        """All metrics in one of the columns: a row for each defense."""
        return pd.DataFrame({metric: self.of(metric)[column] for metric in self})


def all_metrics(rows, metrics, published):
    """Every metric of every defense, those of a paper below.

    Parameters
    ----------
    rows : DataFrame
        What was measured, in one setting.
    metrics : dict of str
        Columns of rows, and their names in the table.
    published : DataFrame
        As `PublishedTables.at` returns it.

    Returns
    -------
    DataFrame of str
    """
    long = rows.melt("defense", list(metrics), "metric")
    table = mean_and_interval(long, "defense", "metric", "value")
    return with_published(table, published).rename(columns=metrics)


def with_published(table, published):
    """A table of what was measured, and below it the rows of a paper."""
    published = published.rename(lambda name: f"*{name}, the paper*")
    published = published.replace("±", " ± ", regex=True)
    published = published.reindex(columns=table.columns, fill_value="")
    return pd.concat([table, published]).rename_axis("defense")


def print_table(title, table):
    """Print a table in markdown under a line that says what it shows."""
    print(f"\n{title}\n\n{markdown_table(table)}")


def print_figure(title, figure, path, *, dpi=80):
    """Save a figure, and print the markdown that shows it."""
    figure.savefig(path, dpi=dpi)
    print(f"\n![{title}]({path.name})")

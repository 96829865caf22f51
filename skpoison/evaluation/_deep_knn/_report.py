"""The tables of the experiment, with the figures of the paper beside."""

import pandas as pd

from .._tables import markdown_table, with_interval
from ._paper import PAPER
from ._parts import PARTS

COLUMNS = [
    "poisons removed",
    "clean removed",
    "targets fooled",
    "defense success",
    "test accuracy",
    "MCC",
    "ms a set",
]


def print_tables(frame):
    """Every table in markdown, under a line that says what it shows."""
    frame = frame.assign(
        defense=frame.defense.where(
            frame.part != "imbalance",
            "n / N = " + frame.ratio.map("{:g}".format) + ", " + frame.defense,
        )
    )
    keys = ["part", "data", "attack", "net", "surrogates"]
    for (part, data, attack, net, surrogates), rows in frame.groupby(keys, sort=False):
        title = f"{PARTS[part].title}: {data}, {attack}, {net}"
        if part in ("transfer", "adversarial"):
            title += f", surrogates {surrogates}"
        paper = PAPER.get((part, data), PAPER.get((part, data, attack), {}))
        _print(title, rows, paper)
    keys = ["data", "attack"]
    for (data, attack), rows in frame[frame.part == "tables"].groupby(keys, sort=False):
        if rows.net.nunique() > 1:
            paper = PAPER.get(("tables", data, attack), {})
            _print(f"every defense: {data}, {attack}, all networks", rows, paper)


def _print(title, rows, paper):
    first = rows[rows.defense == rows.defense.iloc[0]]
    counts = first[["succeeded", "n_right", "n_misread"]].sum()
    print(
        f"\n{title}: undefended {counts.succeeded} of {counts.n_right} targets fooled, "
        f"{counts.n_misread} misread by the clean victim and not counted\n"
    )
    table = pd.DataFrame(
        {name: _cells(group) for name, group in rows.groupby("defense", sort=False)},
        COLUMNS,
    ).T
    for name, cells in paper.items():
        table.loc[name] = cells + [""] * (len(COLUMNS) - len(cells))
    print(markdown_table(table.rename_axis("defense")))


def _cells(rows):
    # The sets of a draw share its network and its rows: a draw is one repetition.
    draws = rows.groupby("seed")[["clean_removed", "test_accuracy", "mcc"]].mean()
    stopped = success(rows)
    return [
        f"{rows.poisons_removed.sum()}/{rows.n_poisons_in_all.sum()}",
        f"{with_interval(draws.clean_removed, digits=2)} %",
        f"{rows.fooled.sum()}/{rows.n_right.sum()}",
        "-" if pd.isna(stopped) else f"{100 * stopped:.1f} %",
        with_interval(draws.test_accuracy),
        with_interval(draws.mcc, digits=2),
        f"{1000 * rows.seconds.mean():.1f}",
    ]


def success(rows):
    """Defense success rate over the attacks of all rows; nan where none succeeded."""
    n_succeeded = rows.succeeded.sum()
    if not n_succeeded:
        return float("nan")
    return (rows.success_rate.fillna(0) * rows.succeeded).sum() / n_succeeded

"""The tables of the matrix: a row for each defense, a column for each attack."""

import pandas as pd

from .._published import print_table
from .._tables import mean_and_interval

CONTROLS = {"perfect filter": "score_perfect", "random eviction": "score_random"}


def print_tables(frame):
    """Points of score that each defense changes, by data set and over all of them."""
    for name, rows in frame.groupby("dataset", sort=False):
        print_table(
            f"{name}: points of score that the defense changes", _points(rows, name)
        )
    if frame["dataset"].nunique() > 1:
        of_sets = frame.groupby(["dataset", "attack", "defense"], sort=False)
        means = of_sets.mean(numeric_only=True).reset_index()
        print_table("mean of the data sets, and its interval over them", _points(means))
    for column, title in (
        ("clean_removed", "clean rows removed, percent"),
        ("f1_poison", "F1 of the poison"),
    ):
        rows = frame[frame["attack"] != "clean"] if column == "f1_poison" else frame
        table = mean_and_interval(rows, "defense", "attack", column, digits=2)
        print_table(f"{title}, all data sets", table)
    failed = frame[frame["status"] == "failed"]
    if len(failed):
        errors = failed.groupby(["dataset", "attack", "defense"], sort=False)["error"]
        print_table(
            "failed cells",
            errors.agg(["size", "first"]).reset_index().set_index("dataset"),
        )


def _points(rows, name=None):
    """Gains in points, the controls first, beside what no defense scores."""
    gains = [
        rows.assign(defense=control, gain=100 * (rows[column] - rows.score_undefended))
        for control, column in CONTROLS.items()
    ]
    # Of the controls one copy for each training set; random eviction is of as many rows
    # as the defense removes, and stands for the mean over the defenses.
    keys = ["dataset", "attack", "repeat"] if name else ["dataset", "attack"]
    gains = [
        rows.groupby([*keys, "defense"], sort=False)["gain"].mean().reset_index()
        for rows in gains
    ]
    gain = 100 * (rows.score_defended - rows.score_undefended)
    gains.append(rows.assign(gain=gain)[[*keys, "defense", "gain"]])
    return mean_and_interval(pd.concat(gains), "defense", "attack", "gain", digits=1)

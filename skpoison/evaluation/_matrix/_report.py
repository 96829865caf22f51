"""The tables of the matrix: a row for each defense, a column for each attack."""

import pandas as pd

from .._bench._statistics import of_repeats
from .._published import print_table
from .._tables import mean_and_interval
from . import _paper

CONTROLS = {"perfect filter": "score_perfect", "random eviction": "score_random"}
GAIN = "points of score that the defense changes"


def print_tables(frame):
    """Gains by data set and over all of them, what is removed, and what failed."""
    gains = _gains(frame)
    for name, rows in gains.groupby("dataset", sort=False):
        print_table(f"{name}: {GAIN}", _by_attack(rows, "gain", digits=1))
    if frame["dataset"].nunique() > 1:
        table = _by_attack(gains, "gain", digits=1)
        print_table(f"mean of the data sets: {GAIN}", table)
        print_table(f"the worst data set: {GAIN}", _worst(gains))
    table = _table_one(gains)
    if len(table):
        print_table("table I: points of score, and what the paper says", table)
    removed = _by_attack(frame, "clean_removed", digits=2)
    print_table("mean of the data sets: clean rows removed, percent", removed)
    poisoned = frame[frame["n_poisons"] > 0]
    if len(poisoned):
        found = _by_attack(poisoned, "f1_poison", digits=2)
        print_table("mean of the data sets: F1 of the poison", found)
    failed = frame[frame["status"] == "failed"]
    if len(failed):
        errors = failed.groupby(["dataset", "attack", "defense"], sort=False)["error"]
        print_table(
            "failed cells",
            errors.agg(["size", "first"]).reset_index().set_index("dataset"),
        )


def _gains(frame):
    """What each defense changes, in points of score, the controls first.

    Random eviction is of as many rows as a defense removes, and stands for the mean
    over the defenses.
    """
    filters = [
        frame.assign(defense=name, kept=frame[of]) for name, of in CONTROLS.items()
    ]
    rows = pd.concat([*filters, frame.assign(kept=frame["score_defended"])])
    return rows.assign(gain=100 * (rows["kept"] - rows["score_undefended"]))


def _by_attack(rows, values, digits):
    """Means over the repeats, of which each is the mean of its data sets.

    Data sets are no repetitions: the interval says what other draws of these very sets
    would give, and nothing of other sets. A repeat that lacks one does not count.
    """
    groups = rows.groupby(["defense", "attack"], sort=False)
    cells = {name: of_repeats(group, values) for name, group in groups}
    table = pd.concat(cells, names=["defense", "attack"]).rename(values).reset_index()
    return mean_and_interval(table, "defense", "attack", values, digits=digits)


def _table_one(gains):
    """What was measured of the paper's table I, and its ticks behind."""
    ours = _by_attack(gains, "gain", digits=1)
    lines = {
        f"{name}: {attack}": {
            defense: f"{ours.loc[line, attack]} / {tick}"
            for (defense, line), tick in zip(_paper.DEFENSES.items(), ticks)
            if line in ours.index
        }
        for name, (attack, ticks) in _paper.ATTACKS.items()
        if attack in ours.columns
    }
    return pd.DataFrame(lines).T.rename_axis("attack")


def _worst(gains):
    """The least of the means of the data sets, with its name."""
    means = gains.groupby(["attack", "defense", "dataset"], sort=False)["gain"].mean()
    worst = means.dropna().reset_index("dataset").sort_values("gain", kind="stable")
    worst = worst.groupby(["attack", "defense"]).first()
    text = worst["gain"].map("{:.1f} ".format) + worst["dataset"]
    order = {"index": gains["defense"].unique(), "columns": gains["attack"].unique()}
    table = text.unstack("attack").reindex(**order).fillna("")
    return table.rename_axis("defense")

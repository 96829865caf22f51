"""The tables of the experiment, with the figures of the paper beside."""

import pandas as pd

from .._detection import DETECTION_METRICS
from .._published import all_metrics, print_table, with_published
from .._tables import mean_and_interval
from ._paper import SAYS, TABLE_II, TABLE_III, TABLES_IV_V
from ._parts import PARTS
from ._settings import PAPER_RATE, PAPER_SHARE
from ._synthetic import ALONE, DISTANCES, OURS

# What the paper has, and what tells more of a verdict.
_METRICS = {
    name: DETECTION_METRICS[name]
    for name in (
        "accuracy",
        "recall_clean",
        "f1_clean",
        "f1_poison",
        "balanced_accuracy",
        "roc_auc",
    )
}
_SECONDS = {"fit_seconds": "fit, CPU s", "judge_seconds": "1,000 rows, CPU s"}


def print_detection(part, attack, frame):
    """The tables of a part against an attack, each under a line that says what of."""
    title, axis = f"{PARTS[part].title}: {attack}", PARTS[part].axis
    at_both = frame[(frame.rate == PAPER_RATE) & (frame.share == PAPER_SHARE)]
    if part in ("shares", "rates") and len(at_both):
        paper = TABLE_III.get(attack)
        published = paper.at(PAPER_SHARE) if paper else pd.DataFrame()
        table = all_metrics(at_both, _METRICS, published)
        print_table(f"{title}, rate {PAPER_RATE}, share {PAPER_SHARE}", table)
    for metric in _METRICS if frame[axis].nunique() > 1 else ():
        table = mean_and_interval(frame, "defense", axis, metric)
        if part == "shares" and metric in TABLE_III[attack]:
            table = with_published(table, TABLE_III[attack].of(metric))
        print_table(f"{title}, {_METRICS[metric]} by {axis}", table)
    if (part, attack) in SAYS:
        print(f"\nThe paper: {SAYS[part, attack]}.")
    refused = frame[frame.refusal != ""]
    for (defense, value), rows in refused.groupby(["defense", axis], sort=False):
        n_seeds = frame[(frame.defense == defense) & (frame[axis] == value)].seed.size
        print(
            f"\n{defense} refuses {len(rows)} of {n_seeds} sets at {axis} {value}: "
            f"{rows.refusal.iloc[0]}"
        )


def print_synthetic(attack, mimic, frame):
    """Table II and what stands beside figure 4, or figure 8."""
    if mimic == OURS:
        rows = frame[frame.defense != ALONE]
        measured = {name: DISTANCES[name] for name in DISTANCES if rows[name].any()}
        table = all_metrics(rows, measured, _table(TABLE_II[attack]))
        print_table(f"table II: the trusted rows of {attack}", table)
    table = all_metrics(frame, _METRICS, pd.DataFrame())
    print_table(f"figures 4 and 8: {attack}, the mimic model of {mimic}", table)


def print_times(attack, frame):
    """Tables IV and V."""
    table = all_metrics(frame, _SECONDS, _table(TABLES_IV_V[attack]))
    print_table(f"tables IV and V: the rows of {attack}", table)


def _table(cells):
    """What the paper has, by row and by metric; empty where it has nothing."""
    return pd.DataFrame(cells).T.fillna("")

"""The tables of the experiment, with the figures of the paper beside."""

from .._detection import DETECTION_METRICS
from .._published import print_table, with_published
from .._tables import mean_and_interval
from ._paper import SAYS, TABLE_III
from ._parts import PARTS

# What the paper has, and what tells more of a verdict.
_METRICS = ("accuracy", "recall_clean", "f1_clean", "f1_poison", "balanced_accuracy")


def print_detection(part, attack, frame):
    """The tables of a part against an attack, each under a line that says what of."""
    axis = PARTS[part].axis
    for metric in _METRICS:
        table = mean_and_interval(frame, "defense", axis, metric)
        if part == "shares":
            paper = TABLE_III[attack]
            table = (
                with_published(table, paper.of(metric)) if metric in paper else table
            )
        name = DETECTION_METRICS[metric]
        print_table(f"{PARTS[part].title}: {attack}, {name} by {axis}", table)
    if (part, attack) in SAYS:
        print(f"\nThe paper: {SAYS[part, attack]}.")
    refused = frame[frame.refusal.notna()]
    for (defense, value), rows in refused.groupby(["defense", axis], sort=False):
        n_seeds = frame[(frame.defense == defense) & (frame[axis] == value)].seed.size
        print(
            f"\n{defense} refuses {len(rows)} of {n_seeds} sets at {axis} {value}: "
            f"{rows.refusal.iloc[0]}"
        )

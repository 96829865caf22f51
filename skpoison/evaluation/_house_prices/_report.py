"""The tables of both experiments, with the figures of the papers."""

from .._detection import DETECTION_METRICS
from .._published import all_metrics, print_table, with_published
from .._tables import mean_and_interval
from ._paper import PAPER
from ._settings import DETECTION_RATE, DETECTION_SHARE

METRICS = {**DETECTION_METRICS, "seconds": "CPU seconds"}


def print_models(frame):
    """Tables of the first experiment, each under a line that says what it shows."""
    for (data, model, attack), rows in frame.groupby(
        ["data", "model", "attack"], sort=False
    ):
        title = f"{data}, {model}, {attack}"
        table = mean_and_interval(rows, "defense", "rate", "test_mse", digits=4)
        print_table(f"test MSE by rate, {title}", table)
        if model == "ridge":
            for metric in ("poison_removed", "clean_removed"):
                removed = rows[["poison_removed", "clean_removed"]].max(axis=1)
                removing = removed.groupby(rows["defense"]).transform("max") > 0
                table = mean_and_interval(rows[removing], "defense", "rate", metric)
                print_table(f"{metric} by rate, {title}", table)
    table = mean_and_interval(frame, "defense", "data", "seconds")
    print_table("CPU seconds of a fit", table)
    crafting = frame.drop_duplicates(["data", "model", "attack", "rate", "seed"])
    table = mean_and_interval(crafting, "model", "attack", "crafting_seconds")
    print_table("CPU seconds of crafting", table)


def print_detection(frame):
    """Tables of the second experiment."""
    at_rate, at_share = frame.rate == DETECTION_RATE, frame.share == DETECTION_SHARE
    for attack, rows in frame[at_rate & at_share].groupby("attack", sort=False):
        table = all_metrics(rows, METRICS, PAPER.at(DETECTION_SHARE))
        print_table(f"{attack}, rate {DETECTION_RATE}, share {DETECTION_SHARE}", table)
    for axis, rows in (("share", frame[at_rate]), ("rate", frame[at_share])):
        for attack, part in rows.groupby("attack", sort=False):
            for metric in ("accuracy", "f1_clean", "f1_poison"):
                table = mean_and_interval(part, "defense", axis, metric)
                if axis == "share" and metric in PAPER:
                    table = with_published(table, PAPER.of(metric))
                print_table(f"{METRICS[metric]} by {axis}, {attack}", table)

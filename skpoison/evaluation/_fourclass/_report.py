"""The tables of the experiment, with the figures of the paper beside."""

from .._detection import DETECTION_METRICS
from .._published import all_metrics, print_table, with_published
from .._tables import mean_and_interval
from ._paper import PAPER
from ._settings import PAPER_RATE, PAPER_SHARE

METRICS = {
    **DETECTION_METRICS,
    "recall_poison": "recall (flips)",
    "f1_poison": "F1 (flips)",
    "test_accuracy": "test accuracy",
    "seconds": "CPU seconds",
}


def print_tables(frame):
    """Every table in markdown, under a line that says what it shows."""
    at_rate, at_share = frame.rate == PAPER_RATE, frame.share == PAPER_SHARE
    rate, share = f"rate {PAPER_RATE}", f"share {PAPER_SHARE}"
    at_both = frame[at_rate & at_share]
    for strategy, rows in at_both.groupby("strategy", sort=False):
        table = all_metrics(rows, METRICS, PAPER.at(PAPER_SHARE))
        print_table(f"{strategy} flips, {rate}, {share}", table)
    for metric in ("f1_poison", "roc_auc", "test_accuracy"):
        table = mean_and_interval(at_both, "defense", "strategy", metric)
        print_table(f"{METRICS[metric]} by strategy, {rate}, {share}", table)
    for strategy, rows in _along("rate", frame[at_share]):
        for metric in ("f1_poison", "test_accuracy"):
            table = mean_and_interval(rows, "defense", "rate", metric)
            print_table(f"{METRICS[metric]} by rate, {strategy} flips, {share}", table)
    rows = _over_strategies(frame[at_share])
    if frame.strategy.nunique() > 1 and rows.rate.nunique() > 1:
        table = mean_and_interval(rows, "defense", "rate", "test_accuracy")
        print_table(f"{METRICS['test_accuracy']} by rate, all strategies", table)
    for strategy, rows in _along("share", frame[at_rate]):
        for metric in (*PAPER, "f1_poison"):
            table = _by_share(rows, metric)
            print_table(f"{METRICS[metric]} by share, {strategy} flips, {rate}", table)


def _along(axis, frame):
    """The strategies that were run at several rates, or several shares."""
    for strategy, rows in frame.groupby("strategy", sort=False):
        if rows[axis].nunique() > 1:
            yield strategy, rows


def _over_strategies(frame):
    """Means over the strategies, where all were run: they are no repetitions."""
    groups = frame.groupby(["defense", "rate", "seed"], sort=False)["test_accuracy"]
    is_complete = groups.count() == frame.strategy.nunique()
    return groups.mean()[is_complete].reset_index()


def _by_share(rows, metric):
    table = mean_and_interval(rows, "defense", "share", metric)
    return with_published(table, PAPER.of(metric)) if metric in PAPER else table

"""The tables and the figure of fourclass.py, with the figures of the paper beside."""

import pandas as pd
from matplotlib.figure import Figure

from .._tables import markdown, mean_and_deviation

METRICS = {
    "accuracy": "accuracy",
    "recall_clean": "recall (clean)",
    "f1_clean": "F1 (clean)",
    "recall_poison": "recall (flips)",
    "f1_poison": "F1 (flips)",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "MCC",
    "roc_auc": "ROC AUC",
    "test_accuracy": "test accuracy",
    "seconds": "CPU seconds",
}
# Table III of the paper, rows of the label-flip attack: rate 0.2, shares 0.05 to 0.3.
# Its positive class is "clean". Figures 5 to 7 vary the rate at share 0.2, and come
# without numbers: all that is known of them is the column of that share.
PAPER_RATE = PAPER_SHARE = 0.2
PAPER_RATES = PAPER_SHARES = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
PAPER = {
    "accuracy": {
        "De-Pois": "0.889±0.05 0.919±0.05 0.922±0.04 0.929±0.04 0.933±0.04 0.931±0.03",
        "CD": "0.736±0.03 0.745±0.03 0.762±0.03 0.769±0.03 0.771±0.02 0.782±0.02",
        "DUTI": "0.766±0.04 0.785±0.04 0.809±0.04 0.821±0.04 0.853±0.03 0.873±0.03",
        "Sever": "0.845±0.04 0.857±0.03 0.852±0.03 0.840±0.04 0.848±0.04 0.837±0.04",
    },
    "recall_clean": {
        "De-Pois": "0.930±0.04 0.943±0.04 0.950±0.04 0.954±0.04 0.961±0.04 0.958±0.04",
        "CD": "0.926±0.03 0.931±0.03 0.932±0.03 0.937±0.03 0.916±0.03 0.922±0.03",
        "DUTI": "0.916±0.02 0.922±0.02 0.934±0.02 0.938±0.02 0.947±0.02 0.953±0.02",
        "Sever": "0.941±0.03 0.955±0.02 0.950±0.02 0.939±0.03 0.947±0.03 0.936±0.03",
    },
    "f1_clean": {
        "De-Pois": "0.930±0.05 0.943±0.05 0.950±0.05 0.954±0.05 0.961±0.05 0.958±0.05",
        "CD": "0.826±0.02 0.828±0.02 0.832±0.02 0.837±0.02 0.842±0.01 0.844±0.01",
        "DUTI": "0.871±0.03 0.883±0.03 0.898±0.03 0.911±0.03 0.924±0.02 0.935±0.02",
        "Sever": "0.885±0.03 0.905±0.02 0.897±0.02 0.876±0.03 0.882±0.03 0.869±0.03",
    },
}
# What the figure has room for; the tables have all.
NOT_DRAWN = {
    "flag the flips (oracle)",
    "one-class SVM",
    "L2 centroid",
    "random eviction",
}


def print_tables(frame):
    """Every table in markdown, under a line that says what it shows."""
    at_rate, at_share = frame.rate == PAPER_RATE, frame.share == PAPER_SHARE
    rate, share = f"rate {PAPER_RATE}", f"share {PAPER_SHARE}"
    at_both = frame[at_rate & at_share]
    for strategy, rows in at_both.groupby("strategy", sort=False):
        _print(f"{strategy} flips, {rate}, {share}", _all_metrics(rows))
    for metric in ("f1_poison", "roc_auc", "test_accuracy"):
        table = mean_and_deviation(at_both, "defense", "strategy", metric)
        _print(f"{METRICS[metric]} by strategy, {rate}, {share}", table)
    for strategy, rows in _along("rate", frame[at_share]):
        for metric in ("f1_poison", "test_accuracy"):
            table = mean_and_deviation(rows, "defense", "rate", metric)
            _print(f"{METRICS[metric]} by rate, {strategy} flips, {share}", table)
    for strategy, rows in _along("share", frame[at_rate]):
        for metric in (*PAPER, "f1_poison"):
            table = _by_share(rows, metric)
            _print(f"{METRICS[metric]} by share, {strategy} flips, {rate}", table)


def _along(axis, frame):
    """The strategies that were run at several rates, or several shares."""
    for strategy, rows in frame.groupby("strategy", sort=False):
        if rows[axis].nunique() > 1:
            yield strategy, rows


def _print(title, table):
    print(f"\n{title}\n\n{markdown(table)}")


def _all_metrics(rows):
    long = rows.melt("defense", list(METRICS), "metric")
    table = mean_and_deviation(long, "defense", "metric", "value")
    paper = {
        metric: {name: row[PAPER_SHARE] for name, row in _paper(metric).iterrows()}
        for metric in PAPER
    }
    return _with_paper(table, pd.DataFrame(paper)).rename(columns=METRICS)


def _by_share(rows, metric):
    table = mean_and_deviation(rows, "defense", "share", metric)
    return _with_paper(table, _paper(metric)) if metric in PAPER else table


def _paper(metric):
    """The cells of the paper, as text: a row for each defense, a column for a share."""
    rows = {name: row.split() for name, row in PAPER[metric].items()}
    return pd.DataFrame(rows, PAPER_SHARES).T


def _with_paper(table, paper):
    paper = paper.rename(lambda name: f"*{name}, the paper*")
    paper = paper.replace("±", " ± ", regex=True)
    paper = paper.reindex(columns=table.columns, fill_value="")
    return pd.concat([table, paper]).rename_axis("defense")


def save_figure(frame, path):
    """Figures 5 to 7 by strategy, and the F1 score of the flips; stars: the paper."""
    frame = frame[(frame.share == PAPER_SHARE) & ~frame.defense.isin(NOT_DRAWN)]
    strategies, metrics = frame.strategy.unique(), [*PAPER, "f1_poison"]
    figure = Figure(figsize=(14, 0.6 + 3 * len(strategies)), layout="constrained")
    axes = figure.subplots(len(strategies), len(metrics), squeeze=False, sharex=True)
    for row, strategy in zip(axes, strategies):
        rows = frame[frame.strategy == strategy]
        for ax, metric in zip(row, metrics):
            _draw(ax, rows, metric)
            ax.set(ylabel=METRICS[metric], title=f"{strategy} flips")
    for ax in axes[-1]:
        ax.set_xlabel("poisoning rate")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper")
    figure.savefig(path, dpi=100)
    print(f"\n{path}")


def _draw(ax, rows, metric):
    names = rows.defense.unique()
    defenses = [name for name in names if name != "flag nothing"]
    for name in names:
        means = rows[rows.defense == name].groupby("rate")[metric].mean()
        if name == "flag nothing":
            color, style = "black", "--"
        else:
            i = defenses.index(name)
            color, style = f"C{i}", "--" if i > 9 else "-"
        ax.plot(means.index, means, style, marker=".", color=color, label=name)
        if name in PAPER.get(metric, {}):
            value = float(_paper(metric).loc[name, PAPER_SHARE].partition("±")[0])
            ax.plot(PAPER_RATE, value, "*", markersize=11, color=color, mec="black")
    ax.grid(alpha=0.3)

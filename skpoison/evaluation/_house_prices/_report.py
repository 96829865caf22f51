"""The tables and the figure of house_prices.py, with the figures of the papers."""

import pandas as pd
from matplotlib.figure import Figure

from .._tables import markdown, mean_and_deviation

# Table III of De-Pois, rows of the R-attack: rate 0.2, shares 0.05 to 0.3. Its positive
# class is "clean".
DETECTION_RATE = DETECTION_SHARE = 0.2
PAPER_SHARES = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
PAPER = {
    "accuracy": {
        "De-Pois": "0.832 0.836 0.839 0.838 0.836 0.840",
        "TRIM": "0.772 0.775 0.771 0.768 0.772 0.775",
        "DUTI": "0.885 0.890 0.890 0.886 0.885 0.890",
        "Sever": "0.856 0.865 0.860 0.863 0.848 0.852",
    },
    "recall_clean": {
        "De-Pois": "0.992 0.985 0.967 0.980 0.988 0.973",
        "TRIM": "0.857 0.863 0.855 0.861 0.864 0.885",
        "DUTI": "0.953 0.960 0.960 0.957 0.955 0.955",
        "Sever": "0.893 0.912 0.903 0.908 0.889 0.890",
    },
    "f1_clean": {
        "De-Pois": "0.907 0.907 0.908 0.910 0.908 0.906",
        "TRIM": "0.858 0.880 0.882 0.885 0.886 0.885",
        "DUTI": "0.895 0.899 0.895 0.90 0.897 0.90",
        "Sever": "0.912 0.923 0.915 0.918 0.901 0.906",
    },
}
METRICS = {
    "accuracy": "accuracy",
    "recall_clean": "recall (clean)",
    "f1_clean": "F1 (clean)",
    "recall_poison": "recall (poison)",
    "f1_poison": "F1 (poison)",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "MCC",
    "roc_auc": "ROC AUC",
    "seconds": "CPU seconds",
}


def print_models(frame):
    """Tables of the first experiment, each under a line that says what it shows."""
    for (data, model, attack), rows in frame.groupby(
        ["data", "model", "attack"], sort=False
    ):
        title = f"{data}, {model}, {attack}"
        table = mean_and_deviation(rows, "defense", "rate", "test_mse", digits=4)
        _print(f"test MSE by rate, {title}", table)
        if model == "ridge":
            for metric in ("poison_removed", "clean_removed"):
                removed = rows[["poison_removed", "clean_removed"]].max(axis=1)
                removing = removed.groupby(rows["defense"]).transform("max") > 0
                table = mean_and_deviation(rows[removing], "defense", "rate", metric)
                _print(f"{metric} by rate, {title}", table)
    table = mean_and_deviation(frame, "defense", "data", "seconds")
    _print("CPU seconds of a fit", table)
    crafting = frame.drop_duplicates(["data", "model", "attack", "rate", "seed"])
    table = mean_and_deviation(crafting, "model", "attack", "crafting_seconds")
    _print("CPU seconds of crafting", table)


def print_detection(frame):
    """Tables of the second experiment."""
    at_rate, at_share = frame.rate == DETECTION_RATE, frame.share == DETECTION_SHARE
    for attack, rows in frame[at_rate & at_share].groupby("attack", sort=False):
        long = rows.melt("defense", list(METRICS), "metric")
        table = mean_and_deviation(long, "defense", "metric", "value")
        paper = {
            metric: {name: cells[DETECTION_SHARE] for name, cells in lines.iterrows()}
            for metric, lines in _paper().items()
        }
        table = _with_paper(table, pd.DataFrame(paper)).rename(columns=METRICS)
        _print(f"{attack}, rate {DETECTION_RATE}, share {DETECTION_SHARE}", table)
    for axis, rows in (("share", frame[at_rate]), ("rate", frame[at_share])):
        for attack, part in rows.groupby("attack", sort=False):
            for metric in ("accuracy", "f1_clean", "f1_poison"):
                table = mean_and_deviation(part, "defense", axis, metric)
                if axis == "share" and metric in PAPER:
                    table = _with_paper(table, _paper()[metric])
                _print(f"{METRICS[metric]} by {axis}, {attack}", table)


def _paper():
    return {
        metric: pd.DataFrame(
            {name: row.split() for name, row in rows.items()}, PAPER_SHARES
        ).T
        for metric, rows in PAPER.items()
    }


def _with_paper(table, paper):
    paper = paper.rename(lambda name: f"*{name}, the paper*")
    paper = paper.reindex(columns=table.columns, fill_value="")
    return pd.concat([table, paper]).rename_axis("defense")


def _print(title, table):
    print(f"\n{title}\n\n{markdown(table)}")


def save_figure(frame, path):
    """Test error of one model, if possible ridge, by rate: a row for each data set."""
    model = "ridge" if "ridge" in set(frame.model) else frame.model.iloc[0]
    frame = frame[frame.model == model]
    sets, attacks = frame.data.unique(), frame.attack.unique()
    figure = Figure(figsize=(4 * len(attacks) + 2, 3 * len(sets)), layout="constrained")
    axes = figure.subplots(len(sets), len(attacks), squeeze=False, sharey=True)
    for line, data in zip(axes, sets):
        for ax, attack in zip(line, attacks):
            clean = (frame.attack == "OptP") & (frame.rate == 0)
            rows = frame[(frame.data == data) & ((frame.attack == attack) | clean)]
            for name, part in rows.groupby("defense", sort=False):
                means = part.groupby("rate")["test_mse"].mean()
                style = "--" if name.startswith("none") else "-"
                ax.plot(means.index, means, style, marker=".", label=name)
            ax.set(yscale="log", title=f"{data}, {attack}")
            ax.grid(alpha=0.3)
        line[0].set_ylabel(f"test MSE, {model}")
    for ax in axes[-1]:
        ax.set_xlabel("poison / all rows")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper")
    figure.savefig(path, dpi=90)
    print(f"\n{path}")

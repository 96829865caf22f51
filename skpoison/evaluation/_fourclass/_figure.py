"""The figure of the experiment."""

from matplotlib.figure import Figure

from ._defenses import DEFENSES, NOTHING
from ._paper import PAPER
from ._report import METRICS
from ._settings import PAPER_RATE, PAPER_SHARE


def drawn(frame):
    """Figures 5 to 7 by strategy, and the F1 score of the flips; stars: the paper."""
    is_drawn = {name: defense.is_drawn for name, defense in DEFENSES.items()}
    frame = frame[(frame.share == PAPER_SHARE) & frame.defense.map(is_drawn)]
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
    return figure


def _draw(ax, rows, metric):
    names = rows.defense.unique()
    defenses = [name for name in names if name != NOTHING]
    for name in names:
        means = rows[rows.defense == name].groupby("rate")[metric].mean()
        if name == NOTHING:
            color, style = "black", "--"
        else:
            i = defenses.index(name)
            color, style = f"C{i}", "--" if i > 9 else "-"
        ax.plot(means.index, means, style, marker=".", color=color, label=name)
        if metric in PAPER and name in PAPER.of(metric).index:
            value = float(PAPER.of(metric).loc[name, PAPER_SHARE].partition("±")[0])
            ax.plot(PAPER_RATE, value, "*", markersize=11, color=color, mec="black")
    ax.grid(alpha=0.3)

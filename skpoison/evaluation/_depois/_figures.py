"""The figures that show what a verdict is worth along one thing."""

from matplotlib.figure import Figure

from .._detection import DETECTION_METRICS
from ._defenses import NOTHING
from ._paper import TABLE_III
from ._parts import PARTS
from ._settings import PAPER_RATE, PAPER_SHARE

_DRAWN = ("accuracy", "f1_clean", "f1_poison")


def drawn(part, frames):
    """A row for each attack, a column for each metric; stars: the paper."""
    figure = Figure(figsize=(13, 0.6 + 2.8 * len(frames)), layout="constrained")
    axes = figure.subplots(len(frames), len(_DRAWN), squeeze=False)
    for line, (attack, frame) in zip(axes, frames.items()):
        for ax, metric in zip(line, _DRAWN):
            _draw(ax, part, attack, frame, metric)
        line[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    return figure


def _draw(ax, part, attack, frame, metric):
    axis = PARTS[part].axis
    for i, (name, rows) in enumerate(frame.groupby("defense", sort=False)):
        means = rows.groupby(axis)[metric].mean()
        color = "black" if name == NOTHING else f"C{i - 1}"
        style = "--" if name == NOTHING else "-"
        ax.plot(means.index, means, style, marker=".", color=color, label=name)
        stars = _published(part, attack, metric, name)
        ax.plot(stars.keys(), stars.values(), "*", color=color, mec="black", ms=10)
    ax.set(xlabel=axis, ylabel=DETECTION_METRICS[metric], title=attack)
    ax.grid(alpha=0.3)


def _published(part, attack, metric, defense):
    """The paper's values along the axis; of the rates it has that of table III."""
    if part not in ("shares", "rates") or metric not in TABLE_III.get(attack, ()):
        return {}
    table = TABLE_III[attack].of(metric)
    if defense not in table.index:
        return {}
    values = table.loc[defense].str.partition("±")[0].astype(float)
    return {PAPER_RATE: values[PAPER_SHARE]} if part == "rates" else dict(values)

"""Figure 3: the scores of clean rows and of poison, and the boundary between them."""

from matplotlib.figure import Figure

from ...inspection import VoteMarginDisplay
from ._defenses import DEFENSES, DEPOIS
from ._fitting import fit_quietly
from ._rows import poisoned_rows


def save_scores(settings, path):
    """What De-Pois thinks of the untrusted rows of a set for each attack."""
    figure = Figure(figsize=(5 * len(settings), 3.6), layout="constrained")
    axes = figure.subplots(1, len(settings), squeeze=False)[0]
    for ax, setting in zip(axes, settings):
        rows = poisoned_rows(setting)
        filter = DEFENSES[setting.attack][DEPOIS].filter(rows, setting.iterations)
        fit_quietly(filter, rows.X, rows.y, rows.trusted)
        untrusted = ~rows.trusted
        VoteMarginDisplay.from_predictions(
            filter.sample_scores_[untrusted],
            rows.is_poison[untrusted],
            offset=filter.offset_,
            ax=ax,
        )
        ax.set_title(setting.attack)
    figure.savefig(path, dpi=80)
    print(f"\n{path}")

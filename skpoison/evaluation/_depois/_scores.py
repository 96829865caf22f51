"""Figure 3: the scores of clean rows and of poison, and the boundary between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ...inspection import VoteMarginDisplay
from ._defenses import DEFENSES, DEPOIS
from ._fitting import fit_quietly
from ._rows import poisoned_rows


@dataclass(frozen=True)
class Scores:
    """The scores of the untrusted rows of a set, and the boundary."""

    scores: np.ndarray
    is_poison: np.ndarray
    offset: float


def judged(setting):
    """What De-Pois thinks of the untrusted rows of a set."""
    rows = poisoned_rows(setting)
    filter = DEFENSES[setting.attack][DEPOIS].filter(rows, setting.iterations)
    fit_quietly(filter, rows.X, rows.y, rows.trusted)
    untrusted = ~rows.trusted
    return Scores(
        filter.sample_scores_[untrusted], rows.is_poison[untrusted], filter.offset_
    )


def drawn_scores(found):
    """Figure 3: the scores of a set for each attack."""
    figure = Figure(figsize=(5 * len(found), 3.6), layout="constrained")
    axes = figure.subplots(1, len(found), squeeze=False)[0]
    for ax, (attack, of_set) in zip(axes, found.items()):
        VoteMarginDisplay.from_predictions(
            of_set.scores, of_set.is_poison, offset=of_set.offset, ax=ax
        )
        ax.set_title(attack)
    return figure


def as_rows(of_set):
    """The scores as a table, where -1 is poison by them."""
    verdict = np.where(of_set.scores < of_set.offset, -1, 1)
    columns = {
        "score": of_set.scores,
        "verdict": verdict,
        "is_poison": of_set.is_poison,
    }
    return pd.DataFrame(columns)

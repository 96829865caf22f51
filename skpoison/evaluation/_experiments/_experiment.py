"""An experiment: what it shows, how it is run, and what that costs."""

from dataclasses import dataclass
from importlib import import_module

# First looks, what an evening allows, and what the pages of the documentation show.
SIZES = ("quick", "default", "full")


@dataclass(frozen=True)
class Experiment:
    """One table or figure, or several that share their cells.

    Attributes
    ----------
    room : str
        The package whose `_command` runs it.
    shows : str
    counterparts : dict of str to tuple of str
        By paper: its tables and figures.
    difference : str
        How the set-up differs from that of the paper.
    options : dict of str to list of str
        By size, those of the room; a size may be missing.
    minutes : dict of str to float
        By size, CPU minutes of both cores together.
    """

    room: str
    shows: str
    counterparts: dict[str, tuple[str, ...]]
    difference: str
    options: dict[str, list[str]]
    minutes: dict[str, float]

    @property
    def command(self):
        """The module whose `parse` reads options, and whose `main` runs and prints.

        `main` returns the rows behind the tables: data frames, by what to call them.
        """
        # Not before it is run: `list` needs no torch.
        return import_module(f"..{self.room}._command", __package__)

    @property
    def stands_beside(self):
        """The tables and figures of papers, as text."""
        return "; ".join(
            f"{paper}, {', '.join(items)}" for paper, items in self.counterparts.items()
        )

"""The parts that vary one thing: what it is, and against which attacks."""

from dataclasses import dataclass, replace

from ._settings import (
    FIRST_SEED,
    IMAGE_ATTACKS,
    ITERATIONS,
    PAPER_SHARES,
    TABLE_ROWS,
    Setting,
)


@dataclass(frozen=True)
class Part:
    """A part of the experiment.

    Attributes
    ----------
    title : str
        What of the paper its tables stand beside.
    axis : str
        The field of a setting that varies.
    values : tuple
        Its values, unless options say others.
    attacks : tuple of str
    """

    title: str
    axis: str
    values: tuple
    attacks: tuple[str, ...]


# In the order in which they are measured.
PARTS = {
    "shares": Part("table III", "share", PAPER_SHARES, ("TCL", "pGAN")),
    "rates": Part("figures 5 to 7 and 9", "rate", (0.1, 0.2, 0.3), IMAGE_ATTACKS),
    "classes": Part("figure 13", "n_known", (5, 8, 10), ("TCL",)),
    "few": Part("figure 10", "share", (0.005, 0.02, 0.05), ("TCL", "LF", "R")),
    "mixed": Part("figure 11", "mixed", (0.0, 0.05, 0.2), ("TCL", "LF", "R")),
}


def settings(name, attack, args):
    """The training sets of a part with an attack, at every value and seed."""
    base = Setting(
        attack,
        n_rows=args.rows if attack in IMAGE_ATTACKS else TABLE_ROWS[attack],
        iterations=args.iterations or ITERATIONS[attack],
    )
    values = {"shares": args.shares, "rates": args.rates}.get(name)
    return [
        replace(base, **{PARTS[name].axis: value}, seed=FIRST_SEED + i)
        for value in values or PARTS[name].values
        for i in range(args.seeds)
    ]

"""The parts that vary one thing: what it is, and against which attacks."""

from dataclasses import dataclass, replace

from ._settings import (
    ATTACKS,
    FIRST_SEED,
    IMAGE_ATTACKS,
    ITERATIONS,
    PAPER_SHARES,
    TABLE_ROWS,
    Setting,
    SyntheticSetting,
    TimeSetting,
)
from ._synthetic import OURS


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


# The paper's section VI-C and its run times have one attack on each set of data.
DATA_ATTACKS = ("LF", "TCL", "R")
# Times hardly depend on the draw.
N_TIMED_DRAWS = 3


def settings(name, attack, args):
    """The training sets of a part with an attack, at every value and seed."""
    values = {"shares": args.shares, "rates": args.rates}.get(name)
    return [
        replace(_base(attack, args), **{PARTS[name].axis: value}, seed=seed)
        for value in values or PARTS[name].values
        for seed in _seeds(args)
    ]


def draws(args):
    """One training set for each attack."""
    return [_base(attack, args) for attack in ATTACKS if attack in args.attacks]


def synthetic_settings(args):
    """By attack and mimic model: mimics of other designs judge flips alone."""
    return {
        (attack, mimic): [
            SyntheticSetting(
                attack=attack,
                n_rows=_n_rows(attack, args),
                width=args.width,
                generator_iterations=args.generator_iterations,
                iterations=args.iterations or ITERATIONS[attack],
                mimic=mimic,
                seed=seed,
            )
            for seed in _seeds(args)
        ]
        for attack in DATA_ATTACKS
        for mimic in args.mimics
        if attack in args.attacks and (attack == "LF" or mimic == OURS)
    }


def time_settings(args):
    """By attack."""
    return {
        attack: [
            TimeSetting(attack, _n_rows(attack, args), seed)
            for seed in _seeds(args)[:N_TIMED_DRAWS]
        ]
        for attack in DATA_ATTACKS
        if attack in args.attacks
    }


def _base(attack, args):
    iterations = args.iterations or ITERATIONS[attack]
    return Setting(attack, n_rows=_n_rows(attack, args), iterations=iterations)


def _n_rows(attack, args):
    return args.rows if attack in IMAGE_ATTACKS else TABLE_ROWS[attack]


def _seeds(args):
    return range(FIRST_SEED, FIRST_SEED + args.seeds)

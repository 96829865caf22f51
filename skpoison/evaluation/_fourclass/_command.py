"""The command line of the experiment."""

import pandas as pd

from .._options import experiment_parser
from .._published import print_figure
from .._run_experiment import run_experiment
from ._defenses import DEFENSES
from ._figure import drawn
from ._measure import measure
from ._report import print_tables
from ._settings import PAPER_RATES, PAPER_SHARES, STRATEGIES, settings

DESCRIPTION = """\
Label flips on Fourclass: table III and figures 5 to 7 of De-Pois, for every defense.

J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning Attacks",
2021. An RBF support vector machine learns from 70 % of the points. Some of them are
trusted; of the others an attacker has flipped labels. A defense is scored on those
others alone, then by the accuracy, on the remaining 30 %, of the machine trained on
what it keeps. As in the paper a rate is flipped rows / clean rows, and a share is
trusted rows / training rows.

The rates are run at share 0.2, and the shares at rate 0.2, as in the paper.
De-Pois as published takes minutes a fit and is run on five seeds of random flips at
rate 0.2 and share 0.2 alone, unless --slow asks for more. Cells are means over the
seeds with their 95 % intervals.
"""


def parse(argv):
    """The options."""
    parser = experiment_parser(DESCRIPTION)
    add = parser.add_argument
    slow = ", ".join(name for name, defense in DEFENSES.items() if defense.is_slow)
    add("--strategies", nargs="+", choices=STRATEGIES, default=STRATEGIES)
    add("--rates", nargs="*", type=float, default=PAPER_RATES, metavar="RATE")
    add("--shares", nargs="*", type=float, default=PAPER_SHARES, metavar="SHARE")
    add("--seeds", type=int, default=10, help="number of random splits")
    add("--defenses", nargs="+", choices=DEFENSES, default=list(DEFENSES))
    add("--without", nargs="+", default=[], metavar="DEFENSE", help="leave these out")
    add("--slow", action="store_true", help=f"run {slow} everywhere")
    return parser.parse_args(argv)


def main(args):
    """Measure, print the tables, and draw the figure."""
    everything = settings(args.strategies, args.rates, args.shares, args.seeds)
    of_paper = [setting for setting in everything if setting.is_of_paper]
    names = [name for name in args.defenses if name not in args.without]
    fast = [name for name in names if not DEFENSES[name].is_slow]
    slow = [name for name in names if DEFENSES[name].is_slow]
    parts = [(everything, fast), (everything if args.slow else of_paper, slow)]
    frame = pd.concat(
        run_experiment(measure, asked, names, args.out / "cells", n_jobs=args.jobs)
        for asked, names in parts
        if asked and names
    ).reset_index(drop=True)
    print_tables(frame)
    if any(DEFENSES[name].is_drawn for name in names):
        print_figure(
            "figures 5 to 7 by strategy; stars: the paper",
            drawn(frame),
            args.out / "fourclass.png",
            dpi=100,
        )
    return {"": frame}

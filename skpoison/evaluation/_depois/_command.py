"""The command line of the experiment."""

import sys

import pandas as pd

from .._options import experiment_parser
from .._published import print_figure
from .._run_experiment import run_experiment
from ._defenses import DEFENSES
from ._figures import drawn
from ._measure import measure
from ._parts import (
    PARTS,
    draws,
    settings,
    synthetic_settings,
    time_settings,
)
from ._report import print_detection, print_synthetic, print_times
from ._scores import as_rows, drawn_scores, judged
from ._settings import ATTACKS, PAPER_SHARES
from ._synthetic import MIMICS, OURS, SOURCES, measure_synthetic
from ._times import measure_times, timed

DESCRIPTION = """\
De-Pois: tables II to V and figures 3 to 13 of its paper.

J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning Attacks",
2021. The attacks are clean-label poison (TCL, the convex polytope), pGAN and gradient
poison (GP) on features of handwritten digits; label flips (LF, tilt) on Fourclass and
poisoned house prices (R, OptP) are those of the experiments fourclass and house-prices,
which hold their rows of table III and figures 5 to 7. As in the paper a rate is poison
/ clean rows, and a share is trusted rows / training rows. Verdicts are scored on the
rows that are not trusted.

The parts: the share of trusted rows (shares, table III), the rate (rates, figures 5 to
7 and 9), classes without trusted rows (classes, figure 13), few trusted rows (few,
figure 10), poison among them (mixed, figure 11), synthetic rows and what mimic models
make of them (synthetic, table II and figures 4 and 8), the scores of one set (scores,
figure 3), and run times (times, tables IV and V).
"""


def parse(argv):
    """The options."""
    parser = experiment_parser(DESCRIPTION)
    add = parser.add_argument
    add("--parts", nargs="+", choices=_RUN, default=list(_RUN))
    add("--attacks", nargs="+", choices=ATTACKS, default=list(ATTACKS))
    add("--rates", nargs="+", type=float, choices=PAPER_SHARES, metavar="RATE")
    add("--shares", nargs="+", type=float, choices=PAPER_SHARES, metavar="SHARE")
    add("--seeds", type=int, default=10, help="number of draws")
    add("--rows", type=int, default=1000, help="images; default: %(default)s")
    add(
        "--iterations",
        type=int,
        help="of the critics of De-Pois; default: 300 on images, 500 on tables",
    )
    add("--mimics", nargs="+", choices=MIMICS, default=[OURS])
    add(
        "--width",
        type=float,
        default=0.25,
        help="of the generating networks: a share of the paper's; default: %(default)s",
    )
    add(
        "--generator-iterations",
        type=int,
        default=400,
        help="of the generating networks; default: %(default)s",
    )
    return parser.parse_args(argv)


def main(args):
    """Measure, print the tables, and draw the figures."""
    frames: dict[str, pd.DataFrame] = {}
    for name in (name for name in _RUN if name in args.parts):
        print(name, file=sys.stderr)
        frames |= _RUN[name](name, args)
    return frames


def _detection(name, args):
    frames = {}
    for attack in (a for a in PARTS[name].attacks if a in args.attacks):
        asked, defenses = settings(name, attack, args), list(DEFENSES[attack])
        frames[attack] = _measured(measure, asked, defenses, args)
        print_detection(name, attack, frames[attack])
    if frames:
        path = args.out / f"depois_{name}.png"
        print_figure(PARTS[name].title, drawn(name, frames), path)
    return frames


def _synthetic(name, args):
    frames = {}
    for (attack, mimic), asked in synthetic_settings(args).items():
        frame = _measured(measure_synthetic, asked, SOURCES, args)
        print_synthetic(attack, mimic, frame)
        frames[f"{attack}_{mimic}"] = frame
    return frames


def _scores(name, args):
    scores = {setting.attack: judged(setting) for setting in draws(args)}
    path = args.out / "depois_scores.png"
    print_figure(
        "figure 3: scores of clean rows and of poison", drawn_scores(scores), path
    )
    return {attack: as_rows(found) for attack, found in scores.items()}


def _times(name, args):
    frames = {}
    for attack, asked in time_settings(args).items():
        frames[attack] = _measured(measure_times, asked, timed(attack), args)
        print_times(attack, frames[attack])
    return frames


def _measured(measure, asked, names, args):
    cells = args.out / "cells"
    return run_experiment(measure, asked, names, cells, n_jobs=args.jobs)


# In the order in which they are measured.
_RUN = {
    **dict.fromkeys(PARTS, _detection),
    "synthetic": _synthetic,
    "scores": _scores,
    "times": _times,
}

"""The command line of the matrix."""

from matplotlib.figure import Figure

from ...inspection import DefenseMatrixDisplay
from .._bench._evaluate import evaluate_defenses
from .._options import experiment_parser
from .._published import print_figure
from ._parts import PARTS
from ._report import print_tables

DESCRIPTION = """\
Which defense works against which attack: table I of De-Pois, measured.

Every defense meets every attack, and no attack, on small real data sets: Fourclass,
digits, three tables whose classes overlap (at most 1,000 rows each), and, for a
regression, house prices. 70 % of the rows are to train on, a fifth of them trusted;
10 % of the others are poisoned. A machine learns from what each defense keeps: an RBF
SVC, or a ridge regression. The table shows by how many points of test accuracy (R^2)
that is better or worse than no defense.

cleanlab, imbalanced-learn and ART are in the extra "bench"; their lines fail without
them.
"""


def parse(argv):
    """The options."""
    parser = experiment_parser(DESCRIPTION)
    add = parser.add_argument
    for group in ("datasets", "attacks"):
        names = list(
            dict.fromkeys(name for p in PARTS.values() for name in getattr(p, group))
        )
        add(f"--{group}", nargs="+", choices=names, default=names)
    add("--repeats", type=int, default=10, help="number of random splits")
    add("--without", nargs="+", default=[], metavar="DEFENSE", help="leave these out")
    return parser.parse_args(argv)


def main(args):
    """Measure, print the tables, and draw the figures."""
    frames = {}
    for name, part in PARTS.items():
        attacks = {k: part.attacks[k] for k in args.attacks if k in part.attacks}
        datasets = {k: part.datasets[k] for k in args.datasets if k in part.datasets}
        if not attacks or not datasets:
            continue
        frame = evaluate_defenses(
            attacks,
            {k: part.defenses[k] for k in part.defenses if k not in args.without},
            datasets,
            estimators=part.estimators,
            n_repeats=args.repeats,
            cache=args.out / "cells",
            n_jobs=args.jobs,
            verbose=True,
        )
        print_tables(frame)
        _print_figure(name, frame, args.out / f"matrix_{name}.png")
        frames[name] = frame
    return frames


def _print_figure(name, frame, path):
    n_defenses, n_attacks = frame["defense"].nunique(), frame["attack"].nunique()
    size = (3 + 0.75 * n_defenses, 2.2 + 0.45 * n_attacks)
    figure = Figure(figsize=size, layout="constrained")
    DefenseMatrixDisplay.from_frame(frame, ax=figure.subplots())
    print_figure(f"the matrix of {name}", figure, path, dpi=100)

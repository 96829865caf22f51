"""The command line of the matrix."""

import pandas as pd
from matplotlib.figure import Figure

from ...inspection import DefenseMatrixDisplay
from .._bench._evaluate import evaluate_defenses
from .._options import experiment_parser
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

    python -m skpoison.evaluation matrix            # everything
    python -m skpoison.evaluation matrix --quick    # a first look

Everything takes 60 minutes of one core. Finished cells are kept in results/cells, and a
second run measures what is missing. cleanlab and imbalanced-learn are in the extra
"bench"; their lines fail without them.
"""
QUICK = {"repeats": 2, "datasets": ["Fourclass"], "without": ["De-Pois"]}


def parse(argv):
    """The options."""
    parser = experiment_parser("matrix", DESCRIPTION)
    add = parser.add_argument
    for group in ("datasets", "attacks"):
        names = list(
            dict.fromkeys(name for p in PARTS.values() for name in getattr(p, group))
        )
        add(f"--{group}", nargs="+", choices=names, default=names)
    add("--repeats", type=int, default=10, help="number of random splits")
    add("--without", nargs="+", default=[], metavar="DEFENSE", help="leave these out")
    add("--quick", action="store_true", help=f"other defaults: {QUICK}")
    if parser.parse_args(argv).quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args(argv)


def main(argv):
    """Measure, print the tables, and draw the figures."""
    args = parse(argv)
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
            cache=args.results / "cells",
            n_jobs=args.jobs,
            verbose=True,
        )
        print_tables(frame)
        _save(frame, args.results / f"matrix_{name}")


def _save(frame: pd.DataFrame, path):
    """The table, the times apart: they alone differ from run to run."""
    times = ["fit_seconds", "peak_memory"]
    frame.drop(columns=times).to_csv(f"{path}.csv", index=False)
    means = frame.groupby(["dataset", "defense"], sort=False)[times].mean()
    means.to_csv(f"{path}_times.csv")
    n_defenses, n_attacks = frame["defense"].nunique(), frame["attack"].nunique()
    size = (3 + 0.75 * n_defenses, 2.2 + 0.45 * n_attacks)
    figure = Figure(figsize=size, layout="constrained")
    DefenseMatrixDisplay.from_frame(frame, ax=figure.subplots())
    figure.savefig(f"{path}.png", dpi=100)
    print(f"\n{path}.csv, {path}_times.csv, {path}.png")

"""The command line of the experiment."""

import sys

from .._options import experiment_parser
from .._run_experiment import run_experiment
from ._defenses import DEFENSES
from ._figures import save_figure
from ._measure import measure
from ._parts import (
    PARTS,
    draws,
    settings,
    synthetic_settings,
    time_settings,
)
from ._report import print_detection, print_synthetic, print_times
from ._scores import save_scores
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

    python -m skpoison.evaluation depois                # some 30 minutes of one core
    python -m skpoison.evaluation depois --seeds 2      # a first look
    python -m skpoison.evaluation depois --rows 10000 --iterations 1500 \\
        --rates 0.05 0.1 0.15 0.2 0.25 0.3 --width 1 --generator-iterations 2000 \\
        --mimics "wrong labels" GAN cWGAN-GP            # hours

The parts: the share of trusted rows (shares, table III), the rate (rates, figures 5 to
7 and 9), classes without trusted rows (classes, figure 13), few trusted rows (few,
figure 10), poison among them (mixed, figure 11), synthetic rows and what mimic models
make of them (synthetic, table II and figures 4 and 8), the scores of one set (scores,
figure 3), and run times (times, tables IV and V). Rows go to results/depois.csv,
depois_synthetic.csv and depois_times.csv as they are measured, and a second run
measures what is missing.
"""


def parse(argv):
    """The options."""
    parser = experiment_parser("depois", DESCRIPTION)
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


def main(argv):
    """Measure, print the tables, and draw the figures."""
    args = parse(argv)
    for name in (name for name in _RUN if name in args.parts):
        print(name, file=sys.stderr)
        _RUN[name](name, args)


def _detection(name, args):
    frames = {}
    for attack in (a for a in PARTS[name].attacks if a in args.attacks):
        frames[attack] = run_experiment(
            measure,
            settings(name, attack, args),
            list(DEFENSES[attack]),
            args.results / "depois.csv",
            n_jobs=args.jobs,
        )
        print_detection(name, attack, frames[attack])
    if frames:
        save_figure(name, frames, args.results / f"depois_{name}.png")


def _synthetic(_, args):
    for (attack, mimic), asked in synthetic_settings(args).items():
        path = args.results / "depois_synthetic.csv"
        frame = run_experiment(
            measure_synthetic, asked, SOURCES, path, n_jobs=args.jobs
        )
        print_synthetic(attack, mimic, frame)


def _scores(_, args):
    args.results.mkdir(parents=True, exist_ok=True)
    save_scores(draws(args), args.results / "depois_scores.png")


def _times(_, args):
    for attack, asked in time_settings(args).items():
        path = args.results / "depois_times.csv"
        frame = run_experiment(
            measure_times, asked, timed(attack), path, n_jobs=args.jobs
        )
        print_times(attack, frame)


# In the order in which they are measured.
_RUN = {
    **dict.fromkeys(PARTS, _detection),
    "synthetic": _synthetic,
    "scores": _scores,
    "times": _times,
}

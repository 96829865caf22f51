"""The command line of both experiments."""

from .._options import experiment_parser
from .._published import print_figure
from .._run_experiment import run_experiment
from ._defenses import DETECTORS, MODEL_DEFENSES, MODELS
from ._figure import drawn
from ._measure import measure_detection, measure_models
from ._report import print_detection, print_models
from ._rows import DATA
from ._settings import DETECTION_SHARES, RATES, detection_settings, model_settings

DESCRIPTION = """\
Poisoned regressions: TRIM's figures, and the R-attack of De-Pois's Table III.

M. Jagielski et al., "Manipulating Machine Learning: Poisoning Attacks and
Countermeasures for Regression Learning", 2018; J. Chen et al., "De-Pois: An
Attack-Agnostic Defense against Data Poisoning Attacks", 2021.

Cells are means over the seeds with their
95 % intervals. Two experiments. *models*: four linear models of house prices and of
warfarin doses, 300 training rows and as much poison as the rate says, which is a share
of all rows, as in the first paper; the test error of the model after each defense, and
what it removed. The adaptive attacker knows TRIMRegressor and keeps his rows under its
threshold. *detection*: 70 % of the houses, some of them trusted, and poison at a rate
that is poison / clean rows, as in the second paper; verdicts are scored on the
untrusted rows.
"""


def parse(argv):
    """The options."""
    parser = experiment_parser(DESCRIPTION)
    add = parser.add_argument
    add("--parts", nargs="+", choices=_RUN, default=list(_RUN))
    add("--data", nargs="+", choices=DATA, default=list(DATA))
    add("--models", nargs="+", choices=MODELS, default=list(MODELS))
    add("--rates", nargs="+", type=float, default=RATES, metavar="RATE")
    add(
        "--detection",
        nargs="+",
        type=float,
        default=DETECTION_SHARES,
        metavar="SHARE",
        help="rates, and shares of trusted rows, of the second experiment",
    )
    add("--seeds", type=int, default=10, help="number of random splits")
    return parser.parse_args(argv)


def main(args):
    """Measure, print the tables, and draw the figure."""
    return {part: _RUN[part](args) for part in _RUN if part in args.parts}


def _models(args):
    frame = run_experiment(
        measure_models,
        model_settings(args.data, args.models, args.rates, args.seeds),
        list(MODEL_DEFENSES),
        args.out / "cells",
        n_jobs=args.jobs,
    )
    print_models(frame)
    path = args.out / "house_models.png"
    print_figure("test error by the rate of poison", drawn(frame), path, dpi=90)
    return frame


def _detection(args):
    frame = run_experiment(
        measure_detection,
        detection_settings(args.detection, args.seeds),
        list(DETECTORS),
        args.out / "cells",
        n_jobs=args.jobs,
    )
    print_detection(frame)
    return frame


_RUN = {"models": _models, "detection": _detection}

"""The command line of both experiments."""

from .._options import experiment_parser
from .._run_experiment import run_experiment
from ._defenses import DETECTORS, MODEL_DEFENSES, MODELS
from ._figure import save_figure
from ._measure import measure_detection, measure_models
from ._report import print_detection, print_models
from ._rows import DATA
from ._settings import DETECTION_SHARES, RATES, detection_settings, model_settings

DESCRIPTION = """\
Poisoned regressions: TRIM's figures, and the R-attack of De-Pois's Table III.

M. Jagielski et al., "Manipulating Machine Learning: Poisoning Attacks and
Countermeasures for Regression Learning", 2018; J. Chen et al., "De-Pois: An
Attack-Agnostic Defense against Data Poisoning Attacks", 2021.

    python -m skpoison.evaluation house-prices            # everything
    python -m skpoison.evaluation house-prices --quick    # a first look

Everything takes some two hours of one core. Cells are means over the seeds with their
95 % intervals. Two experiments. *models*: four linear models of house prices and of
warfarin doses, 300 training rows and as much poison as the rate says, which is a share
of all rows, as in the first paper; the test error of the model after each defense, and
what it removed. The adaptive attacker knows TRIMRegressor and keeps his rows under its
threshold. *detection*: 70 % of the houses, some of them trusted, and poison at a rate
that is poison / clean rows, as in the second paper; verdicts are scored on the
untrusted rows.

Rows go to results/house_models.csv and results/house_detection.csv as they are
measured, and a second run measures what is missing.
"""
QUICK = {"seeds": 2, "models": ["ridge"], "rates": [0.0, 0.2], "detection": [0.2]}


def parse(argv):
    """The options."""
    parser = experiment_parser("house-prices", DESCRIPTION)
    add = parser.add_argument
    add("--data", nargs="*", choices=DATA, default=list(DATA))
    add("--models", nargs="*", choices=MODELS, default=list(MODELS))
    add("--rates", nargs="+", type=float, default=RATES, metavar="RATE")
    add(
        "--detection",
        nargs="*",
        type=float,
        default=DETECTION_SHARES,
        metavar="SHARE",
        help="rates, and shares of trusted rows, of the second experiment",
    )
    add("--seeds", type=int, default=10, help="number of random splits")
    add("--quick", action="store_true", help=f"other defaults: {QUICK}")
    if parser.parse_args(argv).quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args(argv)


def main(argv):
    """Measure, print the tables, and draw the figure."""
    args = parse(argv)

    def run(measure, settings, defenses, name):
        path = args.results / name
        return run_experiment(measure, settings, list(defenses), path, n_jobs=args.jobs)

    settings = model_settings(args.data, args.models, args.rates, args.seeds)
    if settings:
        frame = run(measure_models, settings, MODEL_DEFENSES, "house_models.csv")
        print_models(frame)
        save_figure(frame, args.results / "house_models.png")
    settings = detection_settings(args.detection, args.seeds)
    if settings:
        frame = run(measure_detection, settings, DETECTORS, "house_detection.csv")
        print_detection(frame)

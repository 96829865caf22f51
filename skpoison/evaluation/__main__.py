"""The experiments of the papers, from the command line."""

import argparse
from importlib import import_module

from .._utils.optional import optional_import

# What it measures, what it costs, and the room that holds it.
EXPERIMENTS = {
    "deep-knn": (
        "clean-label poison on digits, MNIST and CIFAR-10, after the Deep k-NN paper: "
        "an hour and a half of one core, of which the digits take a third",
        "_deep_knn",
    ),
    "depois": (
        "every attack of De-Pois, its synthetic rows and its run times: 30 minutes of "
        "one core, or minutes with --seeds 2",
        "_depois",
    ),
    "fourclass": (
        "label flips on Fourclass, after De-Pois: an hour of one core, or seconds "
        "with --quick and without De-Pois as published",
        "_fourclass",
    ),
    "matrix": (
        "every defense against every attack on six data sets, after table I of "
        "De-Pois: 60 minutes of one core, or a minute with --quick",
        "_matrix",
    ),
    "house-prices": (
        "poisoned regressions, after TRIM and De-Pois: two hours of one core, or a "
        "few with --quick",
        "_house_prices",
    ),
}


def main(argv=None):
    """Run the experiment that the first argument names with the options after it."""
    parser = argparse.ArgumentParser(
        prog="python -m skpoison.evaluation",
        description="Regenerate the tables and figures of a paper.",
        epilog="\n".join(
            ["The experiments, of which each has a --help of its own:", ""]
            + [f"  {name:14}{text}" for name, (text, _) in EXPERIMENTS.items()]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("options", nargs=argparse.REMAINDER)
    args = parser.parse_args(argv)
    for module, extra in (("pandas", "data"), ("matplotlib", "plot")):
        optional_import(module, extra)
    _, room = EXPERIMENTS[args.experiment]
    import_module(f".{room}._command", __package__).main(args.options)


if __name__ == "__main__":
    main()

"""What the command lines of the experiments share."""

import argparse
from pathlib import Path


def experiment_parser(name, description):
    """The parser of an experiment, with the options that all of them take."""
    parser = argparse.ArgumentParser(
        prog=f"python -m skpoison.evaluation {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--jobs", type=int, default=-1, help="worker processes, as in joblib"
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        help="folder of the cells and figures; default: %(default)s",
    )
    return parser

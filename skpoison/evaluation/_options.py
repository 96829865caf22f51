"""What the command lines of the experiments share."""

import argparse
from pathlib import Path


def experiment_parser(description):
    """The parser of an experiment, with the options that all of them take."""
    parser = argparse.ArgumentParser(
        prog="python -m skpoison.evaluation run NAME",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=2,
        help="worker processes, as in joblib; default: %(default)s",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results"),
        help="folder of the pages, tables, figures and cells; default: %(default)s",
    )
    return parser

"""The options."""

import argparse
from pathlib import Path

_TABLE = "a CSV or Parquet file with a row per example; .csv.gz too"


def parse(argv):
    """The options of a command line; ends the process where they make no sense."""
    parser = argparse.ArgumentParser(
        prog="skpoison",
        description="Find poison in a training set before a model learns from it. "
        "Without a command: the versions of all packages, and a self-check.",
    )
    commands = parser.add_subparsers(dest="command")
    audit = commands.add_parser(
        "audit",
        help="tell whether a table is poisoned, how much, where and why",
        epilog="Exit code: 0 within the limit, 3 above it, 2 for unusable input.",
    )
    _add_input(audit)
    audit.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for the page, JSON and CSV"
    )
    audit.add_argument(
        "--fail-above",
        type=_share,
        metavar="SHARE",
        help="exit with 3 when more than this share of the rows is poison for sure "
        "(95 %%); default: 0, any poison; needs trusted rows",
    )
    clean = commands.add_parser(
        "clean",
        help="write the rows that are no suspects, as they are",
        epilog="Exit code: 0 when the rows are written, 2 for unusable input.",
    )
    _add_input(clean)
    clean.add_argument(
        "-o", dest="kept", type=Path, required=True, metavar="FILE", help="kept rows"
    )
    return parser.parse_args(argv)


def _add_input(parser):
    parser.add_argument("file", type=Path, help=_TABLE)
    parser.add_argument(
        "--target", required=True, metavar="COLUMN", help="the labels, or the values"
    )
    trusted = parser.add_mutually_exclusive_group()
    trusted.add_argument(
        "--trusted", metavar="COLUMN", help="1 for rows known to be clean, 0 for others"
    )
    trusted.add_argument(
        "--trusted-file", type=Path, metavar="FILE", help="rows known to be clean"
    )
    parser.add_argument(
        "--group", metavar="COLUMN", help="where a row came from; no feature"
    )
    parser.add_argument(
        "--drop",
        metavar="COLUMN",
        action="append",
        default=[],
        help="no feature, such as an identifier; may be given several times",
    )
    parser.add_argument(
        "--task",
        choices=["auto", "classification", "regression"],
        default="auto",
        help="what the target is; default: by its values",
    )
    parser.add_argument(
        "--sep", default=",", help="what separates the cells of a CSV; default: ,"
    )


def _share(text):
    share = float(text)
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"{text} is no share from 0 to below 1")
    return share

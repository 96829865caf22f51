"""The experiments, from the command line."""

import argparse
import sys
import traceback
from fnmatch import fnmatchcase

from .._utils.optional import optional_import
from ._experiments._list import listing
from ._experiments._registry import EXPERIMENTS


def main(argv=None):
    """List the experiments, or run those that are named; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m skpoison.evaluation",
        description="Regenerate the tables and figures of the papers, and our own.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is, and what it costs")
    run = commands.add_parser(
        "run",
        help="measure, and write tables and figures",
        usage="%(prog)s NAME... | all [--quick | --full] [--out DIR] [--jobs N] [...]",
        description="An experiment has further options: run NAME --help.",
        add_help=False,
        allow_abbrev=False,
    )
    run.add_argument(
        "names", nargs="*", metavar="NAME", help='or a pattern, "depois-*"'
    )
    sizes = run.add_mutually_exclusive_group()
    for size, text in {
        "quick": "first looks, minutes in all",
        "full": "what the documentation shows, hours in all",
    }.items():
        sizes.add_argument(
            f"--{size}", dest="size", action="store_const", const=size, help=text
        )
    args, options = parser.parse_known_args(argv)
    if args.command == "list":
        if options:
            parser.error(f"list takes no {' '.join(options)}")
        print(listing())
        return 0
    if not args.names:
        run.print_help()
        return 0
    for module, extra in (("pandas", "data"), ("matplotlib", "plot")):
        optional_import(module, extra)
    return _run(_chosen(args.names, run), args.size or "default", options)


def _chosen(names, parser):
    """The experiments that are named, in the order of the list."""
    patterns = ["*" if name == "all" else name for name in names]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in EXPERIMENTS):
            parser.error(f"{pattern!r} is none of {', '.join(EXPERIMENTS)}, all")
    return [n for n in EXPERIMENTS if any(fnmatchcase(n, p) for p in patterns)]


def _run(names, size, options):
    # A second of imports.
    from ._experiments._run import run

    asked = {
        name: EXPERIMENTS[name].command.parse(
            [*EXPERIMENTS[name].options[size], *options]
        )
        for name in names
        if size in EXPERIMENTS[name].options
    }
    failed = []
    for name, args in asked.items():
        print(name, file=sys.stderr)
        try:
            page = run(name, EXPERIMENTS[name], size, args, options)
        except Exception:
            # The others are measured all the same, and the exit code tells.
            traceback.print_exc()
            failed.append(name)
        else:
            print(page.read_text())
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

"""The command line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

from ._audit import run_audit
from ._clean import run_clean
from ._parser import parse
from ._self_check import run_self_check
from ._unusable import UnusableInput

_UNUSABLE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    int
        The exit code: 0 when the command is done and nothing is above the limit, 3 when
        at least a larger share of the rows is poison, 2 for unusable input, and 1 when
        the self-check, which is run where no command is given, fails.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter is no reason to stop.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = parse(argv)
    commands = {"audit": run_audit, "clean": run_clean, None: run_self_check}
    run = commands[options.command]
    try:
        with warnings.catch_warnings():
            # The report holds them, and the command prints them from there.
            warnings.simplefilter("ignore")
            return run(options)
    except (UnusableInput, ImportError, OSError, ValueError) as error:
        print(f"skpoison: {error}", file=sys.stderr)
        return _UNUSABLE

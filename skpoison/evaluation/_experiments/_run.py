"""Run an experiment, and keep what it prints and measures."""

import io
import os
import platform
import shlex
import time
from contextlib import redirect_stdout
from pathlib import Path

from joblib.externals.loky import get_reusable_executor

from .._cells._description import versions
from .._cells._whole_file import whole_file
from .._tables import save_rows


def run(name, experiment, size, args, options):
    """Write NAME.md, and NAME.csv with the rows behind its tables.

    Parameters
    ----------
    name : str
    experiment : Experiment
    size : str
    args : argparse.Namespace
        Of the room.
    options : list of str
        Those that were given beside the size.

    Returns
    -------
    path
        Of the page.
    """
    args.out.mkdir(parents=True, exist_ok=True)
    printed = io.StringIO()
    clock, cpu = time.monotonic(), _cpu_seconds()
    with redirect_stdout(printed):
        frames = experiment.command.main(args)
    clock, cpu = time.monotonic() - clock, _cpu_seconds() - cpu
    written = [
        save_rows(frame, args.out / "_".join(filter(None, [name, part])))
        for part, frame in frames.items()
    ]
    size_option = [] if size == "default" else [f"--{size}"]
    command = shlex.join(["run", name, *size_option, *options])
    page = args.out / f"{name}.md"
    beside = experiment.stands_beside or "no paper, it is our own"
    text = (
        f"# {name}: {experiment.shows}\n\n"
        f"`python -m skpoison.evaluation {command}`: {clock:.0f} s by the clock and "
        f"{cpu:.0f} CPU seconds, without the cells that were there before; "
        f"{_machine()}. Rows: {', '.join(written)}.\n\n"
        f"Stands beside: {beside}. {experiment.difference}\n{printed.getvalue()}"
    )
    with whole_file(page) as file:
        file.write(text)
    return page


def _cpu_seconds():
    # What workers took is told when they have ended.
    get_reusable_executor().shutdown(wait=True)
    return sum(os.times()[:4])


def _machine():
    """The processor and what computes on it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    processor = names[0] if names else platform.processor()
    packages = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{os.cpu_count()} cores, {processor}; {packages}"

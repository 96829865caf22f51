"""What a piece of work takes: CPU seconds, and memory at its peak."""

import math
import time
from contextlib import contextmanager
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@contextmanager
def measured_resources():
    """Fill a dict with the CPU seconds of what runs inside, and its memory.

    The memory is what the process held at its peak beyond what it held before, in MiB,
    and nan where the system does not tell (it takes Linux).
    """
    resources: dict[str, float] = {}
    before = _reset_peak()
    start = time.process_time()
    try:
        yield resources
    finally:
        resources["fit_seconds"] = time.process_time() - start
        resources["peak_memory"] = _status_mib("VmHWM") - before


def _reset_peak():
    try:
        _RESET.write_text("5")
    except OSError:
        return math.nan
    return _status_mib("VmRSS")


def _status_mib(field):
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return math.nan
    kib = next(line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return int(kib) / 1024

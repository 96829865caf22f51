"""What there is to run."""

from ._experiment import SIZES
from ._papers import NOT_MEASURED
from ._registry import EXPERIMENTS


def listing():
    """Every experiment, what it stands beside and what it costs, as text."""
    lines = [
        f"{'':22}{''.join(f'{size:>9}' for size in SIZES)}   CPU minutes of two cores",
        *(line for item in EXPERIMENTS.items() for line in _entry(*item)),
        f"{'all':22}{_costs({s: _total(s) for s in SIZES})}",
        "",
        "Not measured:",
        *(f"    {', '.join(item)}: {why}" for item, why in NOT_MEASURED.items()),
    ]
    return "\n".join(lines)


def _entry(name, experiment):
    yield f"{name:22}{_costs({s: experiment.minutes[s] for s in experiment.options})}"
    yield f"    {experiment.shows}"
    yield f"    {experiment.stands_beside or 'our own'}"


def _costs(minutes):
    cells = (
        f"{minutes[size]:9.1f}" if size in minutes else f"{'-':>9}" for size in SIZES
    )
    return "".join(cells)


def _total(size):
    return sum(e.minutes[size] for e in EXPERIMENTS.values() if size in e.options)

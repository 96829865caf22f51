"""Experiments of many cells: run in parallel, and resumed where they stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import parallel_config

from .._utils.optional import optional_import
from ._cells._all_cells import all_cells
from ._cells._description import versions
from ._cells._store import CellStore

if TYPE_CHECKING:
    import pandas as pd


def run_experiment(
    measure: Callable[[Any, list], Iterable[dict]],
    settings: list,
    defenses: list,
    cache: str | Path,
    *,
    n_jobs: int = -1,
) -> pd.DataFrame:
    """Measure every defense in every setting, except for what a folder holds.

    A setting makes one poisoned training set, and every defense is measured on it. A
    cell is one setting with one defense, and one file of JSON, which is written as soon
    as it is measured. It is found again by the name of `measure`, the setting, the text
    of the defense and the versions of the packages: empty the folder to measure anew,
    as after a change of the code. :func:`evaluate_defenses` keeps its cells in the same
    way. Needs pandas.

    Parameters
    ----------
    measure : callable
        A function of a module, or a `functools.partial` of one.
        ``measure(setting, defenses)`` yields, for each of the defenses, a dict of what
        was measured: numbers and text.
    settings : list of dataclass instances
        What the training sets depend on. All of one dataclass, whose fields are the
        first columns of the table.
    defenses : list
        What measure understands. As text they fill the column "defense".
    cache : path
        Folder of the finished cells; made where it does not exist.
    n_jobs : int, default=-1
        Worker processes, as in joblib. One of them measures all defenses of a setting,
        with a single thread where there are several workers.

    Returns
    -------
    DataFrame
        One row for each setting and defense asked for, in that order.

    Raises
    ------
    ValueError
        When there is nothing to measure, or two defenses read the same.
    OSError
        When the cache cannot be written.

    Warns
    -----
    DamagedCellWarning
        For a file that does not hold what was written: it is measured again.

    See Also
    --------
    mean_and_interval : A table of the cells.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from tempfile import TemporaryDirectory
    >>> from skpoison.evaluation import run_experiment
    >>> @dataclass
    ... class Setting:
    ...     rate: float
    ...     seed: int
    >>> def measure(setting, defenses):
    ...     for name in defenses:
    ...         yield {"accuracy": 1 - setting.rate * (name == "none")}
    >>> settings = [Setting(rate=0.2, seed=seed) for seed in range(2)]
    >>> with TemporaryDirectory() as folder:
    ...     run_experiment(measure, settings, ["none", "oracle"], folder, n_jobs=1)
       rate  seed defense  accuracy
    0   0.2     0    none       0.8
    1   0.2     0  oracle       1.0
    2   0.2     1    none       0.8
    3   0.2     1  oracle       1.0
    """
    pandas = optional_import("pandas", "data")
    _check_asked(settings, defenses)
    finished = _FinishedCells(cache, measure)
    with single_threaded_workers(n_jobs):
        cells = all_cells(
            settings,
            defenses,
            finished.find,
            lambda setting: partial(_measured, measure, setting, finished),
            n_jobs=n_jobs,
        )
    return pandas.DataFrame(
        {**_columns(setting), "defense": str(defense), **record}
        for setting, defense, record in cells
    )


def single_threaded_workers(n_jobs):
    """Context in which `joblib.Parallel` uses so many processes of one thread each."""
    return parallel_config("loky", n_jobs=n_jobs, inner_max_num_threads=1)


def _check_asked(settings, defenses):
    if not settings or not defenses:
        raise ValueError(
            f"There is nothing to measure: {len(settings)} settings and "
            f"{len(defenses)} defenses were given."
        )
    names = [str(defense) for defense in defenses]
    if len(set(names)) < len(names):
        raise ValueError(f"Each defense needs a name of its own; got {names}.")


class _FinishedCells:
    """The cells of an experiment, by their setting and their defense."""

    def __init__(self, folder, measure):
        self.store = CellStore(folder)
        measure = getattr(measure, "func", measure)
        self.experiment = {
            "measure": f"{measure.__module__}.{measure.__qualname__}",
            "versions": versions(),
        }

    def find(self, setting, defense):
        """The record of a cell, or None."""
        return self.store.find(self._description(setting, defense))

    def keep(self, setting, defense, record):
        """Write the record of a cell."""
        self.store.keep(self._description(setting, defense), record)

    def _description(self, setting, defense):
        cell = {"setting": _columns(setting), "defense": str(defense)}
        return self.experiment | cell


def _measured(measure, setting, finished, defenses):
    """The records of some defenses of a setting, each of them kept at once."""
    records = []
    for defense, result in zip(defenses, measure(setting, defenses), strict=True):
        records.append({name: _plain(value) for name, value in result.items()})
        finished.keep(setting, defense, records[-1])
    return records


def _columns(setting):
    """The fields of a setting, by name."""
    return {
        field.name: _plain(getattr(setting, field.name)) for field in fields(setting)
    }


def _plain(value):
    """A value as JSON holds it: a number, None, or else its text."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, int | float | None) else str(value)

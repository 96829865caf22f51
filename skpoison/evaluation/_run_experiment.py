"""Experiments of many cells: run in parallel, and resumed where they stopped."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed, parallel_config

from .._utils.optional import optional_import
from ._progress import with_progress

if TYPE_CHECKING:
    import pandas as pd


def run_experiment(
    measure: Callable[[Any, list], Iterable[dict]],
    settings: list,
    defenses: list,
    path: str | Path,
    *,
    n_jobs: int = -1,
) -> pd.DataFrame:
    """Measure every defense in every setting, except for what a file holds.

    A setting makes one poisoned training set, and every defense is measured on it. A
    cell is one setting with one defense, and one row of a CSV file, which is written as
    soon as it is measured; what the file holds is not measured again. Delete the file,
    or rows of it, to measure anew. Needs pandas.

    Parameters
    ----------
    measure : callable
        ``measure(setting, defenses)`` yields, for each of the defenses, a dict of what
        was measured, under the same keys each time.
    settings : list of dataclass instances
        What the training sets depend on. All of one dataclass, whose fields are the
        first columns of the file.
    defenses : list
        What measure understands. As text they fill the column "defense".
    path : path
        The CSV file; made with its folder where it does not exist.
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
        When the file has other columns: it belongs to another experiment. When there is
        nothing to measure, or two defenses read the same.

    See Also
    --------
    mean_and_interval : A table of the cells.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from pathlib import Path
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
    ...     path = Path(folder) / "cells.csv"
    ...     run_experiment(measure, settings, ["none", "oracle"], path, n_jobs=1)
       rate  seed defense  accuracy
    0   0.2     0    none       0.8
    1   0.2     0  oracle       1.0
    2   0.2     1    none       0.8
    3   0.2     1  oracle       1.0
    """
    read_csv = optional_import("pandas", "data").read_csv
    _check_asked(settings, defenses)
    path, keys = Path(path), [*_columns(settings[0]), "defense"]
    done = set(_cells(path, keys))
    tasks = []
    for setting in settings:
        missing = [d for d in defenses if _cell(setting, d) not in done]
        if missing:
            tasks.append((setting, missing))
    with single_threaded_workers(n_jobs):
        batches = Parallel(return_as="generator_unordered")(
            delayed(_rows)(measure, *task) for task in tasks
        )
        for rows in with_progress(batches, len(tasks)):
            _append(path, rows)
    where = {cell: line for line, cell in enumerate(_cells(path, keys))}
    asked = [where[_cell(s, d)] for s in settings for d in defenses]
    return read_csv(path).iloc[asked].reset_index(drop=True)


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


def _columns(setting):
    """The fields of a setting, by name; values as they are."""
    return {field.name: getattr(setting, field.name) for field in fields(setting)}


def _cell(setting, defense):
    return tuple(str(value) for value in (*_columns(setting).values(), defense))


def _cells(path, keys):
    """The cells of a file, in its order."""
    header = _header(path)
    if not header:
        return []
    _check_header(path, header[: len(keys)], keys)
    with path.open(newline="") as file:
        return [tuple(row[key] for key in keys) for row in csv.DictReader(file)]


def _rows(measure, setting, defenses):
    return [
        {**_columns(setting), "defense": str(defense), **results}
        for defense, results in zip(defenses, measure(setting, defenses), strict=True)
    ]


def _append(path, rows):
    columns, header = list(rows[0]), _header(path)
    if header:
        _check_header(path, header, columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns)
        if not header:
            writer.writeheader()
        writer.writerows(rows)


def _header(path):
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return next(csv.reader(file), [])


def _check_header(path, found, expected):
    if found != expected:
        raise ValueError(
            f"{path} has the columns {found}, and this experiment has {expected}: move "
            "the file away to start anew."
        )

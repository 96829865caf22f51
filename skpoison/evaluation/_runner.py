"""Experiments of many cells: run in parallel, and resumed where they stopped.

A setting makes one poisoned training set, and every defense is measured on it. A cell
is one setting with one defense, and one row of a CSV file; what the file holds is not
measured again. Delete the file, or rows of it, to measure anew.
"""

import csv
import sys
import time
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed, parallel_config


def run(measure, settings, defenses, path, *, n_jobs=-1):
    """Measure every defense in every setting, except for what the file holds.

    Parameters
    ----------
    measure : callable
        ``measure(setting, defenses)`` yields, for each of the defenses, a dict of what
        was measured.
    settings : list of dict
        What the training sets depend on: strings and numbers, under the same keys in
        each.
    defenses : list of str
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
        When the file has other columns: it belongs to another experiment.
    """
    path, keys = Path(path), [*settings[0], "defense"]
    asked = [{**setting, "defense": name} for setting in settings for name in defenses]
    done = set(_cells(path, keys))
    tasks = []
    for setting in settings:
        missing = [n for n in defenses if _cell({**setting, "defense": n}) not in done]
        if missing:
            tasks.append((setting, missing))
    with workers(n_jobs):
        batches = Parallel(return_as="generator_unordered")(
            delayed(_rows)(measure, *task) for task in tasks
        )
        for rows in _with_progress(batches, len(tasks)):
            _append(path, rows)
    where = {cell: line for line, cell in enumerate(_cells(path, keys))}
    frame = pd.read_csv(path)
    return frame.iloc[[where[_cell(cell)] for cell in asked]].reset_index(drop=True)


def workers(n_jobs):
    """Context in which `joblib.Parallel` uses so many processes of one thread each."""
    return parallel_config("loky", n_jobs=n_jobs, inner_max_num_threads=1)


def _cell(values):
    return tuple(str(value) for value in values.values())


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
        {**setting, "defense": name, **results}
        for name, results in zip(defenses, measure(setting, defenses), strict=True)
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


def _with_progress(batches, n_tasks):
    start = time.monotonic()
    for n_done, batch in enumerate(batches, 1):
        yield batch
        elapsed = time.monotonic() - start
        left = elapsed * (n_tasks - n_done) / n_done
        print(
            f"\r{n_done} / {n_tasks} training sets, {elapsed:.0f} s, "
            f"some {left:.0f} s left ",
            end="\n" if n_done == n_tasks else "",
            file=sys.stderr,
            flush=True,
        )

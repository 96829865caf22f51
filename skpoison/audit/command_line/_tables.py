"""Tables: read, and split into features, target, trusted rows and groups."""

from __future__ import annotations

import csv
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..._utils.optional import optional_import
from .._words import shown
from ._records import read_header
from ._unusable import UnusableInput

_YES, _NO = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}
# A .gz that is cut short or damaged ends with errors of its own.
_UNREADABLE = (ValueError, TypeError, OSError, EOFError, csv.Error, zlib.error)
_DATE = r"\d{4}-\d{2}-\d{2}"


@dataclass(frozen=True)
class Table:
    """A training set from a file.

    Attributes
    ----------
    path : Path
    n_rows : int
        Of the file itself; the rows of a trusted file come after them.
    X : DataFrame
    y : Series
    trusted : ndarray of bool or None
    groups : Series or None
    notes : list of str
        What a reader of the report must know of the rows.
    """

    path: Path
    n_rows: int
    X: Any
    y: Any
    trusted: np.ndarray | None
    groups: Any
    notes: list[str]


def is_parquet(path):
    """Whether a file is to be read as Parquet."""
    return path.suffix.lower() in (".parquet", ".pq")


def read_table(options):
    """Read the file that the options name, and the trusted rows with it.

    Parameters
    ----------
    options : namespace
        As `parse` returns it.

    Returns
    -------
    Table

    Raises
    ------
    UnusableInput
        For a file that is no table, and for columns that are not there.
    """
    frame, names = _read(options.file, options.sep)
    n_rows = len(frame)
    trusted, notes = None, []
    if options.trusted_file is not None:
        frame = _joined(frame, names, options)
        trusted = np.arange(len(frame)) >= n_rows
        notes.append(
            f"Rows from {n_rows} on are those of {shown(options.trusted_file)}."
        )
    taken = [options.target, options.trusted, options.group, *options.drop]
    places = {name: _place(name, names, options.file) for name in taken if name}
    if options.trusted is not None:
        trusted = _truths(frame.iloc[:, places[options.trusted]], options.trusted)
    features = [j for j in range(len(names)) if j not in places.values()]
    if not features:
        raise UnusableInput(f"{shown(options.file)} has no column besides {taken[0]}.")
    return Table(
        options.file,
        n_rows,
        _with_dates(frame.iloc[:, features]),
        frame.iloc[:, places[options.target]],
        trusted,
        frame.iloc[:, places[options.group]] if options.group else None,
        notes,
    )


def _read(path, sep):
    """The frame, and the names of its columns as they stand in the file."""
    pandas = optional_import("pandas", "data")
    if not path.is_file():
        raise UnusableInput(f"{shown(path)} is no file.")
    if is_parquet(path):
        optional_import("pyarrow", "data")
        try:
            frame = pandas.read_parquet(path)
        except (ValueError, OSError) as error:
            raise UnusableInput(
                f"{shown(path)} cannot be read as Parquet: {shown(error, 300)}"
            ) from error
        return frame.reset_index(drop=True), [str(name) for name in frame.columns]
    if len(sep) != 1:
        raise UnusableInput(f"--sep takes one character; got {sep!r}.")
    try:
        names = read_header(path, sep)
        with warnings.catch_warnings():
            # Cells without a column would be dropped with no more than a warning.
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            frame = pandas.read_csv(path, sep=sep, index_col=False, low_memory=False)
    except UnicodeDecodeError as error:
        raise UnusableInput(
            f"{shown(path)} is not in UTF-8: save it so, and try again."
        ) from error
    except (*_UNREADABLE, pandas.errors.ParserWarning) as error:
        raise UnusableInput(
            f"{shown(path)} cannot be read as CSV: {shown(error, 300)}"
        ) from error
    if frame.shape[1] != len(names):
        raise UnusableInput(
            f"{shown(path)} names {len(names)} columns and holds {frame.shape[1]}."
        )
    return frame, names


def _joined(frame, names, options):
    """The frame, with the rows of the trusted file after it."""
    more, other_names = _read(options.trusted_file, options.sep)
    if other_names != names:
        raise UnusableInput(
            f"{shown(options.trusted_file)} has other columns than "
            f"{shown(options.file)}: both need the same, in one order."
        )
    target = _place(options.target, names, options.file)
    kinds = [part.iloc[:, target].dtype.kind in "biuf" for part in (frame, more)]
    if kinds[0] != kinds[1]:
        raise UnusableInput(
            f"column {shown(options.target)!r} holds numbers in one of the files and "
            "words in the other."
        )
    more.columns = frame.columns
    pandas = optional_import("pandas", "data")
    return pandas.concat([frame, more]).reset_index(drop=True)


def _place(name, names, path):
    """Where a column stands."""
    n_found = names.count(name)
    if n_found == 1:
        return names.index(name)
    if n_found:
        raise UnusableInput(f"{shown(path)} has {n_found} columns {shown(name)!r}.")
    known = ", ".join(shown(other, 40) for other in names[:10])
    more = ", ..." if len(names) > 10 else ""
    raise UnusableInput(
        f"{shown(path)} has no column {shown(name)!r}; it has {known}{more}."
    )


def _truths(column, name):
    """The trusted rows by the words of a column."""
    words = [str(value).strip().lower() for value in column]
    unclear = [i for i, word in enumerate(words) if word not in _YES | _NO]
    if unclear:
        raise UnusableInput(
            f"column {shown(name)!r} says {shown(column.iloc[unclear[0]])!r} in row "
            f"{unclear[0]}, where 1 or 0 is needed: write 0 where nothing is known."
        )
    return np.array([word in _YES for word in words], dtype=bool)


def _with_dates(frame):
    """The frame, with the columns of text that hold nothing but ISO dates as dates."""
    pandas = optional_import("pandas", "data")
    frame = frame.set_axis(range(frame.shape[1]), axis=1)
    for j in frame.columns:
        column = frame[j]
        if column.dtype.kind in "biufM" or not _may_be_dates(column):
            continue
        try:
            dates = pandas.to_datetime(column, format="ISO8601", utc=True)
        except (ValueError, OverflowError):
            continue
        frame[j] = dates.dt.tz_localize(None)
    return frame


def _may_be_dates(column):
    first = column.dropna().head(20)
    return len(first) > 0 and first.astype(str).str.match(_DATE).all()

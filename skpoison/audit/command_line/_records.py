"""The records of a CSV file, byte for byte."""

import csv
import gzip
import sys
from contextlib import contextmanager

from .._words import shown
from ._unusable import UnusableInput


def open_text(path, mode):
    """Open a CSV file such that its text is neither lost nor changed; .gz too."""
    opened = gzip.open if path.suffix == ".gz" else open
    return opened(path, mode + "t", encoding="utf-8", newline="")


def read_header(path, sep):
    """The names of the columns of a CSV file."""
    with open_text(path, "r") as file:
        for names, _ in records(file, sep):
            if names:
                # The mark that some programs put before UTF-8.
                return [names[0].removeprefix("\ufeff"), *names[1:]]
    raise UnusableInput(f"{shown(path)} is empty.")


def records(lines, sep):
    """Yield the cells of each record, and its text; blank lines have no cells.

    Parameters
    ----------
    lines : iterable of str
        With their ends.
    sep : str

    Yields
    ------
    cells : list of str
    text : str
    """
    taken: list[str] = []

    def remembered():
        for line in lines:
            taken.append(line)
            yield line

    with _cells_of_any_size():
        for cells in csv.reader(remembered(), delimiter=sep):
            text = "".join(taken)
            taken.clear()
            yield ([] if not text.strip() else cells), text


def copy_records(source, goal, sep, kept):
    """Write the header and the kept records of a file, in their original text.

    Parameters
    ----------
    source, goal : path
    sep : str
    kept : sequence of bool
        One for each record after the header.

    Raises
    ------
    UnusableInput
        When the file has another number of records.
    """
    n_seen = -1
    with open_text(source, "r") as file, open_text(goal, "w") as out:
        for cells, text in records(file, sep):
            if cells:
                n_seen += 1
            is_row = cells and n_seen > 0
            if not is_row or (n_seen <= len(kept) and kept[n_seen - 1]):
                out.write(text)
    if n_seen != len(kept):
        raise UnusableInput(
            f"{shown(source)} has {n_seen} records by its quotes and line ends, and "
            f"{len(kept)} were read from it."
        )


@contextmanager
def _cells_of_any_size():
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)

"""The suspects as a table for spreadsheets."""

import csv

from ._words import cell

COLUMNS = [
    "position",
    "index",
    "score",
    "q_value",
    "given",
    "suggested",
    "accused_by",
    "n_to_tip",
    "evidence",
]
# The full-width forms of = + - @.
_FULL_WIDTH = (0xFF1D, 0xFF0B, 0xFF0D, 0xFF20)
# A cell that begins with one of these is a formula to a spreadsheet.
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", *map(chr, _FULL_WIDTH))


def write_csv(report, file):
    """Write the suspects, those without an explanation too.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.

    Parameters
    ----------
    report : AuditReport
    file : text file
    """
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for *values, words in suspect_rows(report):
        # The evidence shows what came from the data already cut and escaped.
        writer.writerow([harmless(cell(value)) for value in values] + [words])


def suspect_rows(report):
    """Yield the values of each suspect, in the order of the columns.

    Parameters
    ----------
    report : AuditReport

    Yields
    ------
    tuple
    """
    for i, position in enumerate(report.positions):
        explained = i < len(report.explanations)
        told = report.explanations[i] if explained else None
        yield (
            position,
            report.index[i],
            report.scores[i],
            report.q_values[i],
            report.given[i],
            told.suggested if told else None,
            ", ".join(told.accused_by) if told else None,
            told.n_to_tip if told else None,
            told.words if told else None,
        )


def harmless(value):
    """The value, with an apostrophe before text that would be a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS_FORMULA):
        return "'" + value
    return value

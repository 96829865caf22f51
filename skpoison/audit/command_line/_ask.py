"""The audit of a table from a file."""

import hashlib
import sys
from dataclasses import replace

from .. import PoisonAudit
from .._words import shown


def audit_of(table, task):
    """Audit a table, and say in the report which file it came from.

    Parameters
    ----------
    table : Table
    task : {"auto", "classification", "regression"}

    Returns
    -------
    PoisonAudit
    """
    audit = PoisonAudit(task=task, random_state=0, verbose=sys.stderr.isatty())
    audit.fit(table.X, table.y, trusted=table.trusted, groups=table.groups)
    data = replace(
        audit.report_.data, file=shown(table.path), file_sha256=_digest(table.path)
    )
    notes = [*audit.report_.notes, *table.notes]
    audit.report_ = replace(audit.report_, data=data, notes=notes)
    for note in notes:
        print(f"warning: {shown(note, 1000)}", file=sys.stderr)
    return audit


def _digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

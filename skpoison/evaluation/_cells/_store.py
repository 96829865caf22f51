"""Finished cells on disk: a file each, written whole or not at all."""

import hashlib
import json
from pathlib import Path

from ..._utils.messages import warn
from ...exceptions import DamagedCellWarning
from ._description import as_key
from ._whole_file import whole_file


class CellStore:
    """What was measured, by what determines it.

    A file appears under its name only when all of it is written, so that a run that is
    killed leaves no half of a cell, and workers may write side by side. A file that
    does not hold what was written is as good as none.

    Parameters
    ----------
    folder : path
        Made where it does not exist.
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    def find(self, description):
        """The record of a cell, or None where it has to be measured."""
        text, name = as_key(description)
        try:
            content = json.loads((self.folder / f"{name}.json").read_text())
            record = content["record"]
            is_asked = json.dumps(content["cell"], sort_keys=True) == text
            if is_asked and content["sha256"] == _digest(record):
                return record
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            pass
        warn(
            f"{self.folder / name}.json is damaged; the cell is measured again.",
            DamagedCellWarning,
        )
        return None

    def keep(self, description, record):
        """Write the record of a cell.

        Raises
        ------
        OSError
            When it cannot be written, as on a full disk.
        """
        text, name = as_key(description)
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {
            "cell": json.loads(text),
            "record": record,
            "sha256": _digest(record),
        }
        with whole_file(self.folder / f"{name}.json") as file:
            json.dump(content, file, indent=1)


def _digest(record):
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()

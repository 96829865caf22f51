"""Files that are written whole or not at all."""

import os
from contextlib import contextmanager
from uuid import uuid4


@contextmanager
def whole_file(path):
    """A text file to write, which has its name when all of it is on the disk.

    What was there under the name stays until then, and for good where writing fails.

    Raises
    ------
    OSError
        When it cannot be written, as on a full disk.
    """
    part = path.with_name(f"{path.name}.{uuid4().hex}.tmp")
    try:
        with part.open("w", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

"""Where a command may write."""

from .._words import shown
from ._unusable import UnusableInput


def refuse_to_overwrite(options, outputs):
    """Refuse to write over a file that is read, by whatever name.

    Parameters
    ----------
    options : namespace
    outputs : iterable of Path

    Raises
    ------
    UnusableInput
    """
    inputs = [path for path in (options.file, options.trusted_file) if path is not None]
    for output in outputs:
        for path in inputs:
            if output.exists() and path.exists() and output.samefile(path):
                raise UnusableInput(
                    f"{shown(output)} is the input: write to another file."
                )

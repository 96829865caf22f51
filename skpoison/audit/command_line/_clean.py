"""``skpoison clean``."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from ..._utils.optional import optional_import
from .._words import shown
from ._ask import audit_of
from ._outputs import refuse_to_overwrite
from ._records import copy_records
from ._tables import is_parquet, read_table
from ._unusable import UnusableInput


def run_clean(options):
    """Write the rows of a table that are no suspects.

    Parameters
    ----------
    options : namespace

    Returns
    -------
    int
        The exit code.
    """
    refuse_to_overwrite(options, [options.kept])
    if is_parquet(options.file) != is_parquet(options.kept):
        raise UnusableInput(
            f"{shown(options.kept)} must be of the kind of {shown(options.file)}: rows "
            "are written as they are."
        )
    if options.trusted is None and options.trusted_file is None:
        raise UnusableInput(
            "clean needs trusted rows, without which it might remove half of the clean "
            "ones: pass --trusted or --trusted-file."
        )
    table = read_table(options)
    audit = audit_of(table, options.task)
    kept = audit.inlier_mask_[: table.n_rows]
    # In a folder of its own until all of it is there.
    with TemporaryDirectory(dir=options.kept.parent, prefix=".skpoison-") as folder:
        partial = Path(folder) / options.kept.name
        if is_parquet(options.file):
            _copy_parquet(options.file, partial, kept)
        else:
            copy_records(options.file, partial, options.sep, kept)
        os.replace(partial, options.kept)
    print(audit.report_.verdict.headline)
    print(f"{kept.sum()} of {len(kept)} rows are kept, in {shown(options.kept)}.")
    return 0


def _copy_parquet(source, goal, kept):
    parquet = optional_import("pyarrow.parquet", "data")
    parquet.write_table(parquet.read_table(source).filter(kept), goal)

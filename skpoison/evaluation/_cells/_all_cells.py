"""Every cell of a table: found, or measured."""

from joblib import Parallel, delayed

from ._progress import with_progress


def all_cells(settings, cells, find, measure, *, n_jobs=None, verbose=True):
    """The records of all cells, those that were finished before and the others.

    Parameters
    ----------
    settings : list
        What makes a training set each.
    cells : list
        What is measured on each of them.
    find : callable
        ``find(setting, cell)`` returns the record of a finished cell, or None.
    measure : callable
        ``measure(setting)`` returns what a worker calls with some cells of the setting
        and gets their records from, in their order.
    n_jobs : int, default=None
        As in joblib.
    verbose : bool, default=True
        Whether to show how many settings are done.

    Returns
    -------
    list of (setting, cell, record)
        In the order asked for.
    """
    found = {
        (i, j): record
        for i, setting in enumerate(settings)
        for j, cell in enumerate(cells)
        if (record := find(setting, cell)) is not None
    }
    missing = {
        i: lacking
        for i in range(len(settings))
        if (lacking := [j for j in range(len(cells)) if (i, j) not in found])
    }
    batches = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(_measured)(measure(settings[i]), i, {j: cells[j] for j in lacking})
        for i, lacking in missing.items()
    )
    for batch in with_progress(batches, len(missing)) if verbose else batches:
        found |= batch
    return [
        (setting, cell, found[i, j])
        for i, setting in enumerate(settings)
        for j, cell in enumerate(cells)
    ]


def _measured(measure, i, cells):
    records = measure(list(cells.values()))
    return {(i, j): record for j, record in zip(cells, records, strict=True)}

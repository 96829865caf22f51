"""Rows that stay where they are: memory-mapped files and dask arrays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils import check_array, gen_batches

__all__ = [
    "StoredRows",
    "check_stored_rows",
    "in_their_container",
    "row_blocks",
    "stored_rows",
]

# For each number of a block: it and seven more in float64.
_SEVERAL_BYTES = 64


class StoredRows:
    """Rows of a memory-mapped file or a dask array, read as floats when asked for.

    float32 stays float32; other numbers are read as float64. Another process that this
    is sent to opens the file itself, or computes the chunks of the dask array.

    Parameters
    ----------
    source : numpy.memmap or dask.array.Array of shape (n_rows, n_features)
    """

    def __init__(self, source: Any) -> None:
        self.source = source
        self.shape: tuple[int, ...] = source.shape
        single = source.dtype == np.float32
        self.dtype = np.dtype(np.float32 if single else np.float64)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        part = self.source[rows]
        if hasattr(part, "compute"):
            # In this thread: others would hold chunks besides, and outlive the call.
            part = part.compute(scheduler="synchronous")
        return np.asarray(part, dtype=self.dtype, order="C")

    def batches(self, n_rows: int) -> Iterator[slice]:
        """What to read at once: so many rows, or a whole chunk of a dask array."""
        if not hasattr(self.source, "chunks"):
            yield from gen_batches(len(self), n_rows)
            return
        ends = np.cumsum(self.source.chunks[0]).tolist()
        yield from (slice(*ends) for ends in zip([0] + ends, ends))

    def __reduce__(self) -> tuple:
        if isinstance(self.source, np.memmap):
            return _reopen, _address(self.source)
        return StoredRows, (self.source,)


def stored_rows(X: Any) -> StoredRows | None:
    """X as stored rows, or None for what is in memory."""
    if isinstance(X, StoredRows):
        return X
    dask_array = sys.modules.get("dask.array")
    if isinstance(X, np.memmap) or (dask_array and isinstance(X, dask_array.Array)):
        return StoredRows(X)
    return None


def in_their_container(X: Any) -> Any:
    """The memory map or dask array behind stored rows; anything else as it is."""
    return X.source if isinstance(X, StoredRows) else X


def check_stored_rows(rows: StoredRows, name: str = "X") -> StoredRows:
    """Refuse what is no finite numbers in two dimensions, as `check_array` does.

    Parameters
    ----------
    rows : StoredRows
        Read once, block by block.
    name : str, default="X"
        What messages call it.

    Returns
    -------
    StoredRows
        The same.

    Raises
    ------
    ValueError
    """
    if rows.shape[:1] and not isinstance(rows.shape[0], int):
        raise ValueError(
            f"{name} is a dask array that does not know its number of rows. Call its "
            "compute_chunk_sizes() first."
        )
    if _is_persisted(rows.source):
        raise ValueError(
            f"{name} is a dask array persisted in the memory of a cluster, where tasks "
            "cannot read one another's chunks. Pass the array as it was before "
            "persist(), read from files for example."
        )
    if len(rows.shape) != 2 or 0 in rows.shape:
        check_array(np.empty(rows.shape), input_name=name)
    for _, block in row_blocks(rows):
        check_array(block, dtype=rows.dtype, input_name=name)
    return rows


def row_blocks(X: Any, n_rows: int | None = None) -> Iterator[tuple[slice, np.ndarray]]:
    """Which rows, and these rows, of stored rows or an array, block by block.

    The chunks of a dask array are read whole, and their parts are the blocks.

    Parameters
    ----------
    X : StoredRows or ndarray of shape (n_samples, n_features)
    n_rows : int, default=None
        Rows of a block. By default, so many that a block, and several arrays of its
        size besides, take an eighth of scikit-learn's `working_memory`.
    """
    if n_rows is None:
        budget = get_config()["working_memory"] * 2**20 / 8
        n_rows = max(1, int(budget // (_SEVERAL_BYTES * X.shape[1])))
    stored = isinstance(X, StoredRows)
    batches = X.batches(n_rows) if stored else gen_batches(len(X), n_rows)
    for batch in batches:
        rows = X[batch]
        for part in gen_batches(len(rows), n_rows):
            block = rows[part]
            if len(block) < len(rows):
                # Whoever holds a part of a chunk must not hold all of it.
                block = block.copy()
            yield slice(batch.start + part.start, batch.start + part.stop), block
        del rows, block


def _is_persisted(source):
    distributed = sys.modules.get("distributed")
    return bool(distributed and distributed.futures_of(source))


def _address(source):
    """Where the numbers of a memory map, or of a part of one, are to be found."""
    whole = source
    while isinstance(whole.base, np.memmap):
        whole = whole.base
    if whole.filename is None:
        raise ValueError(
            "The memory map is of a file without a name, which other processes cannot "
            "open. Map a file by its path."
        )
    where = source.ctypes.data - whole.ctypes.data
    return (
        str(whole.filename),
        whole.offset,
        whole.nbytes,
        where,
        source.dtype,
        source.shape,
        source.strides,
    )


def _reopen(filename, offset, n_bytes, where, dtype, shape, strides):
    whole = np.memmap(filename, np.uint8, mode="r", offset=offset, shape=(n_bytes,))
    rows = np.ndarray(shape, dtype, buffer=whole, offset=where, strides=strides)
    return StoredRows(rows)

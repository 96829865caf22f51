"""A fingerprint of a training set: which data a report speaks of."""

import hashlib

import numpy as np
from scipy.sparse import issparse

# Rows whose cells are written out at a time.
_CHUNK = 10_000


def data_digest(X, y):
    """The sha256 of the rows and their targets, as hexadecimal digits.

    Numbers count by their bytes and type, other cells by how they print, so that equal
    data in one kind of container has one digest on every machine.

    Parameters
    ----------
    X : array, data frame or sparse matrix of shape (n_samples, ...)
    y : array-like of shape (n_samples,)

    Returns
    -------
    str
    """
    digest = hashlib.sha256()
    for column in (*_columns(X), np.asarray(y)):
        digest.update(f"{column.dtype.kind}{column.shape}".encode())
        for start in range(0, len(column), _CHUNK):
            digest.update(_as_bytes(column[start : start + _CHUNK]))
    return digest.hexdigest()


def _columns(X):
    """The arrays that hold the rows."""
    if issparse(X):
        X = X.tocsr()
        yield from (X.indptr, X.indices, X.data)
    elif hasattr(X, "iloc"):
        yield np.array([str(name) for name in X.columns], dtype=object)
        for j in range(X.shape[1]):
            yield X.iloc[:, j].to_numpy()
    else:
        yield np.asarray(X)


def _as_bytes(cells):
    if cells.dtype.kind in "biuf":
        return np.ascontiguousarray(cells).astype(cells.dtype.newbyteorder("<")).data
    # The length before each text: "ab", "c" is not "a", "bc".
    texts = [str(cell).encode("utf-8", "surrogatepass") for cell in cells.ravel()]
    return b"".join(b"%d:%s" % (len(text), text) for text in texts)

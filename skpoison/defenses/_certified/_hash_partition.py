"""Which part a row belongs to, by a hash of its values alone."""

from hashlib import blake2b

import numpy as np
from scipy.sparse import csr_array
from sklearn.utils import gen_batches

__all__ = ["hash_partition"]

_ROWS_AT_ONCE = 1000


def hash_partition(X, labels, n_partitions):
    """Divide the rows into parts, each in an order that follows from its contents.

    Only the values of a row choose its part: not its label, its place, the other rows,
    the type of its numbers or the machine. What is hashed are the entries that are not
    zero, so that sparse rows and dense ones, 0. and -0. are the same.

    Parameters
    ----------
    X : ndarray or csr_array of shape (n_samples, n_features)
    labels : ndarray of int of shape (n_samples,)
        They order equal rows.
    n_partitions : int

    Returns
    -------
    list of ndarray of int
        The rows of each part; a part may be empty.
    """
    digests = _digests(X)
    part = np.array([int.from_bytes(digest[:8]) % n_partitions for digest in digests])
    # A digest may end in zero bytes, which numpy would drop from a string.
    order = np.lexsort((labels, np.array([digest.hex() for digest in digests]), part))
    return np.split(order, np.searchsorted(part[order], np.arange(1, n_partitions)))


def _digests(X):
    digests = []
    for batch in gen_batches(X.shape[0], _ROWS_AT_ONCE):
        rows = csr_array(X[batch], dtype=np.float64)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        # There are many bit patterns that are not a number.
        rows.data[np.isnan(rows.data)] = np.nan
        columns, values = rows.indices.astype("<i8"), rows.data.astype("<f8")
        for start, stop in zip(rows.indptr[:-1], rows.indptr[1:]):
            content = columns[start:stop].tobytes() + values[start:stop].tobytes()
            digests.append(blake2b(content, digest_size=16).digest())
    return digests

"""The same rows in the containers that users have, with odd indexes and types."""

from functools import partial
from importlib import import_module

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse

SPARSE = [
    getattr(sparse, f"{format}_{kind}")
    for format in ("csr", "csc", "coo", "bsr", "lil", "dok")
    for kind in ("array", "matrix")
]


def _same(n):
    return pd.Index(["row"] * n)


def _halved(n):
    return pd.Index(np.arange(n) // 2)


def _reversed(n):
    return pd.RangeIndex(n - 1, -1, -1)


def _days(n):
    return pd.date_range("2024-02-28", periods=n, freq="D", tz="Europe/Paris")


def _pairs(n):
    return pd.MultiIndex.from_arrays([np.arange(n) % 3, np.arange(n)], names=["a", "b"])


def _missing(n):
    return pd.Index([np.nan, *map(float, range(1, n))])


def _mixed(n):
    return pd.Index([i if i % 2 else str(i) for i in range(n)], dtype=object)


INDEXES = (_same, _halved, _reversed, _days, _pairs, _missing, _mixed)
# Columns of numbers: of several types, and with names of several kinds.
COLUMN_TYPES = ("float64", "float32", "Float64", "object", "Int64", "category", "str")
LABEL_TYPES = ("category", "string", "object", "str")


@st.composite
def frames(draw):
    """A function that puts rows and labels into pandas."""
    index = draw(st.sampled_from(INDEXES))
    column_type = draw(st.sampled_from(COLUMN_TYPES))
    label_type = draw(st.sampled_from([None, *LABEL_TYPES]))
    names = draw(st.sampled_from(["letters", "numbers", "same", "mixed"]))
    bare = draw(st.booleans())

    def frame_of(X, y):
        columns = {
            "letters": list("abcdefgh"),
            "numbers": range(8),
            "same": ["a"] * 8,
            "mixed": ["a", 1, "b", 2, "c", 3, "d", 4],
        }[names][: X.shape[1]]
        X = np.round(X) if column_type == "Int64" else X
        rows = pd.DataFrame(np.asarray(X), columns=columns, index=index(len(X)))
        labels = pd.Series(y, index=rows.index, name="y")
        if label_type and labels.dtype.kind != "f":
            labels = labels.astype(label_type)
        return rows.astype(column_type), labels.array if bare else labels

    return frame_of


@st.composite
def sparse_rows(draw):
    """A function that puts rows into a sparse matrix or array."""
    make = draw(st.sampled_from(SPARSE))
    return lambda X, y: (make(np.asarray(X)), y)


def as_lists(X, y):
    return X.tolist(), y.tolist()


def as_columns_of_memory(X, y):
    """Neither contiguous nor writeable."""
    wide = np.zeros((2 * X.shape[0], 3 * X.shape[1]), X.dtype)
    wide[::2, ::3] = X
    view = wide[::2, ::3]
    view.flags.writeable = False
    return view, y[::-1].copy()[::-1]


def as_other_bytes(X, y):
    """In the byte order of another machine."""
    return X.astype(X.dtype.newbyteorder()), y


containers = st.one_of(
    frames(),
    sparse_rows(),
    st.sampled_from([as_lists, as_columns_of_memory, as_other_bytes]),
)


def foreign_frames():
    """Functions that put rows and labels into polars and Arrow, where installed."""
    made = {}
    for package in ("polars", "pyarrow"):
        try:
            library = import_module(package)
        except ImportError:
            continue
        made[package] = partial(_in_columns, library)
    return made


def _in_columns(library, X, y):
    names = "abcdefgh"[: X.shape[1]]
    columns = {name: np.ascontiguousarray(X[:, j]) for j, name in enumerate(names)}
    if library.__name__ == "polars":
        return library.DataFrame(columns), library.Series("y", y.tolist())
    return library.table(columns), library.array(y.tolist())

"""Tables as users bring them: tiny, huge, flat, repeated, far from zero."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st


class Table(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    trusted: np.ndarray


LABELS = (
    np.array(["a", "b", "c", "d"]),
    np.array(["é", "b", "c", "d"], dtype=object),
    np.array([-1, 3, 10**9, 5]),
    np.array([False, True, False, True]),
)
FLOATS = (np.float32, np.float64)
# What spoils a cell: missing, infinite, and so large that its square is.
SPOILERS = (np.nan, np.inf, -np.inf, 1e300, -1e160, 1e-320)
NARROW = (np.float16, np.int8, np.uint8, np.int64, np.bool_, np.float32)


@st.composite
def tables(draw, *, regression=False):
    """Rows, labels or values, and a mask of trusted rows."""
    n, d = draw(st.integers(2, 60)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes = rng.integers(0, draw(st.sampled_from([1, 2, 2, 2, 3, 4])), n)
    X = (
        rng.normal(size=(n, d))
        + draw(st.sampled_from([0.0, 1.0, 9.0])) * codes[:, None]
    )
    if draw(st.booleans()):
        X = np.round(X)
    if draw(st.booleans()):
        X = X[rng.integers(0, max(1, n // 3), n)]
    if draw(st.booleans()):
        X[:, 0] = 1.0
    values = X[:, 0] + draw(st.sampled_from([0.0, 0.1])) * rng.normal(size=n)
    scale, offset = draw(st.sampled_from([(1.0, 0.0), (1e-8, 0), (1e8, 0), (1, 1e6)]))
    X = X * scale + offset
    X = X.astype(draw(st.sampled_from(FLOATS)))
    trusted = rng.random(n) < draw(st.sampled_from([0.0, 0.3, 0.8, 1.0]))
    if regression:
        return Table(X, values, trusted)
    return Table(X, draw(st.sampled_from(LABELS))[codes], trusted)


@st.composite
def odd_tables(draw, *, regression=False):
    """Tables with something wrong or rare: a cell, a type, a size, the labels."""
    X, y, trusted = draw(tables(regression=regression))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    oddity = draw(
        st.sampled_from(["cell", "type", "offset", "scale", "size", "labels", "values"])
    )
    if oddity == "cell":
        X = X.astype(np.float64)
        X[rng.integers(len(X)), rng.integers(X.shape[1])] = draw(
            st.sampled_from(SPOILERS)
        )
    elif oddity == "type":
        with np.errstate(all="ignore"):
            X = X.astype(draw(st.sampled_from(NARROW)))
    elif oddity == "offset":
        X = X.astype(np.float64) + draw(st.sampled_from([1e9, -1e12, 1e15, 1e150]))
    elif oddity == "scale":
        X = X.astype(np.float64) * draw(st.sampled_from([1e-150, 1e30, 1e150, 1e290]))
    elif oddity == "size":
        n = draw(st.integers(0, min(6, len(X))))
        X, y, trusted = X[:n], y[:n], trusted[:n]
        X = draw(st.sampled_from([X, X[:, :0], X[:, 0], X[:, :, None]]))
    elif oddity == "labels":
        y = np.arange(len(y)) // draw(st.integers(1, 3))
    else:
        y = y.astype(object)
        y[rng.integers(len(y))] = draw(
            st.sampled_from([None, np.nan, np.inf, 1e308, 0.5, "x"])
        )
    return Table(X, y, trusted)

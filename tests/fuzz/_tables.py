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
    X = X.astype(draw(st.sampled_from([np.float32, np.float64])))
    trusted = rng.random(n) < draw(st.sampled_from([0.0, 0.3, 0.8, 1.0]))
    if regression:
        return Table(X, values, trusted)
    return Table(X, draw(st.sampled_from(LABELS))[codes], trusted)

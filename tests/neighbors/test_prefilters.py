"""What the prefilters claim: proven bounds, and float16 only where it pays."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skpoison.neighbors import _prefilter16, neighbor_votes
from skpoison.neighbors._count import _Counter
from skpoison.neighbors._geometry import Rescaling
from skpoison.neighbors._prefilter16 import Prefilter16
from skpoison.neighbors._prefilter32 import Prefilter32
from skpoison.neighbors._reference_set import ReferenceSet

from ._reference import KINDS, brute_force, rows_of

N_ROWS, K = 1300, 130

needs_float32_sums = pytest.mark.skipif(
    not _prefilter16._sums_in_float32(),
    reason="this build of torch sums products of float16 in float16",
)


def build(prefilter, X, labels):
    reference = ReferenceSet.sort_by_class(X, labels, np.ones(labels.max() + 1))
    if prefilter is Prefilter32:
        return reference, Prefilter32(reference, X, Rescaling(X, X))
    return reference, Prefilter16(reference, X, Rescaling(X, X), K)


@pytest.fixture
def forced(monkeypatch):
    """Use the 16-bit prefilter whatever the CPU; tell what it left undecided."""
    undecided = []
    count = _Counter.count

    def spy(self, prefilter, rows):
        left = count(self, prefilter, rows)
        if isinstance(prefilter, Prefilter16):
            undecided.append(len(left))
        return left

    monkeypatch.setattr(_Counter, "count", spy)
    monkeypatch.setattr(_prefilter16, "pays", lambda n_pairs: True)
    return undecided


@pytest.mark.parametrize(
    "prefilter", [Prefilter32, pytest.param(Prefilter16, marks=needs_float32_sums)]
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [3, 50])
def test_what_lies_outside_the_bounds_is_decided(prefilter, kind, d):
    rng = np.random.default_rng(0)
    X = rows_of(kind, rng, N_ROWS, d).astype(np.float32)
    reference, prefilter = build(prefilter, X, rng.integers(0, 3, N_ROWS))
    rows = np.arange(0, N_ROWS, 20)
    products = np.empty((len(rows), N_ROWS), dtype=prefilter.dtype)
    for strip, nearness, context in prefilter.strips(rows, products, 64):
        kth = np.partition(nearness, N_ROWS - K, axis=1)[:, N_ROWS - K]
        bounds = prefilter.bounds(kth.copy(), context)
        for row, near, low, high in zip(rows[strip], nearness, *bounds):
            distance = ((X[reference.rows].astype(float) - X[row]) ** 2).sum(axis=1)
            last = np.partition(distance, K - 1)[K - 1]
            assert np.all(distance[near > high] <= last)
            if low < np.iinfo(np.int16).max:  # else nothing is claimed
                assert np.all(distance[near < low] > last)


@needs_float32_sums
def test_sixteen_bits_decide_nearly_everything():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_ROWS, 50))
    _, prefilter = build(Prefilter16, X, rng.integers(0, 3, N_ROWS))
    products = np.empty((200, N_ROWS), dtype=np.int16)
    (_, nearness, context), *_ = prefilter.strips(np.arange(200), products, 200)
    kth = np.partition(nearness, N_ROWS - K, axis=1)[:, N_ROWS - K]
    low, high = prefilter.bounds(kth, context)
    doubtful = (nearness >= low[:, None]) & (nearness <= high[:, None])
    assert doubtful.mean() < 0.01


@needs_float32_sums
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sixteen_bits_change_nothing(forced, kind, dtype):
    rng = np.random.default_rng(0)
    X = rows_of(kind, rng, N_ROWS, 20).astype(dtype)
    if kind not in ("tiny", "huge"):
        X += dtype(1000)
    y = rng.choice(4, N_ROWS, p=[0.7, 0.2, 0.09, 0.01])
    assert_array_equal(neighbor_votes(X, y, K, n_jobs=2), brute_force(X, y, K))
    X_query = X[:100] + dtype(0.25)
    assert_array_equal(
        neighbor_votes(X, y, 5, X_query=X_query), brute_force(X, y, 5, X_query=X_query)
    )


@needs_float32_sums
def test_sixteen_bits_take_weights(forced):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_ROWS, 20))
    y = rng.choice(3, N_ROWS, p=[0.8, 0.15, 0.05])
    weight = [1.0, 2.5, 4.0]
    votes = neighbor_votes(X, y, K, class_weight=weight)
    assert_array_equal(votes, brute_force(X, y, K, weight=weight))
    assert forced[0] < 0.1 * N_ROWS


@needs_float32_sums
@pytest.mark.parametrize(
    ("kind", "gives_up"),
    [("normal", False), ("far outlier", True), ("collapsed", True)],
)
def test_sixteen_bits_give_up_early_where_they_do_not_pay(forced, kind, gives_up):
    rng = np.random.default_rng(0)
    X = rows_of(kind, rng, N_ROWS, 20)
    neighbor_votes(X, rng.integers(0, 3, N_ROWS), K)
    (undecided,) = forced
    assert undecided > 0.9 * N_ROWS if gives_up else undecided < 0.1 * N_ROWS


def test_sixteen_bits_need_matrix_units(monkeypatch):
    monkeypatch.setattr(_prefilter16, "_has_matrix_units", lambda: False)
    assert not _prefilter16.pays(10**12)


def test_few_rows_are_not_worth_importing_torch():
    code = (
        "import sys, numpy as np\n"
        "from skpoison.neighbors import neighbor_votes\n"
        "neighbor_votes(np.random.rand(500, 4), np.arange(500) % 2, 5)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"

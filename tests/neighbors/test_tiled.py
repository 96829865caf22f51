"""The vote on rows that are not loaded, against a brute force in float64."""

import pickle
import subprocess
import sys
import tempfile
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context

from skpoison._utils.stored_rows import StoredRows
from skpoison.neighbors import neighbor_votes
from skpoison.neighbors._tiled import count_by_tiles

from ._reference import KINDS, brute_force, rows_of, ulps_apart
from .test_votes import votes_to_take


def by_tiles(X, y, k, memory, *, X_query=None, include_self=False, weight=None):
    """The counts with so many MiB of memory, as votes."""
    classes, labels = np.unique(y, return_inverse=True)
    weight = np.ones(len(classes)) if weight is None else np.asarray(weight)
    exclude_self = X_query is None and not include_self
    queries = X if X_query is None else X_query
    with config_context(working_memory=memory):
        counts = count_by_tiles(
            X, labels, weight, queries, k, exclude_self=exclude_self, n_jobs=1
        )
    return counts * weight


memory = st.sampled_from([0.001, 0.05, 10.0])


@settings(max_examples=60, deadline=None)
@given(votes_to_take(), st.booleans(), memory)
def test_equals_brute_force(vote, include_self, memory):
    X, y, k, _ = vote
    votes = by_tiles(X, y, k, memory, include_self=include_self)
    assert_array_equal(votes, brute_force(X, y, k, include_self=include_self))


def test_as_many_labels_as_rows_in_a_file_are_needed(tmp_path):
    np.save(tmp_path / "rows.npy", np.eye(5))
    X = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with pytest.raises(ValueError, match=r"inconsistent.*\[5, 4\]"):
        neighbor_votes(X, [0, 1, 0, 1], 2)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("weight", [[1.0, 1.0], [1.0, 1.5]])
def test_distances_that_differ_by_their_last_bits_are_told_apart(k, weight):
    X, y = ulps_apart()
    votes = by_tiles(X, y, k, 10, weight=weight)
    assert_array_equal(votes, brute_force(X, y, k, weight=weight))


@settings(max_examples=40, deadline=None)
@given(votes_to_take(), memory)
def test_weighted_votes_on_new_rows_equal_brute_force(vote, memory):
    X, y, k, rng = vote
    X_query = X[rng.integers(0, len(X), 20)]
    weight = rng.uniform(1.0, 3.0, len(np.unique(y)))
    votes = by_tiles(X, y, k, memory, X_query=X_query, weight=weight)
    expected = brute_force(X, y, k, X_query=X_query, weight=weight)
    assert_allclose(votes, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [7, 900])
def test_many_tiles_equal_the_vote_in_memory(kind, k):
    rng = np.random.default_rng(0)
    X = rows_of(kind, rng, 1500, 6).astype(np.float32)
    y = rng.integers(0, 3, 1500)
    assert_array_equal(by_tiles(X, y, k, 0.5), neighbor_votes(X, y, k))


def test_rows_that_all_tie_and_float32_rounds_equal_brute_force():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3, 6))[rng.integers(0, 3, 900)]
    y = rng.integers(0, 3, 900)
    assert_array_equal(by_tiles(X, y, 7, 0.5), brute_force(X, y, 7))


def test_heavy_tails_equal_the_vote_in_memory():
    rng = np.random.default_rng(0)
    X, y = rng.standard_cauchy((1500, 6)), rng.integers(0, 3, 1500)
    assert_array_equal(by_tiles(X, y, 20, 0.5), neighbor_votes(X, y, 20))


@pytest.fixture
def stored(tmp_path):
    """Two blobs in a file, in memory, and their labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 900)
    X = (2 * y[:, None] + rng.standard_normal((900, 5))).astype(np.float32)
    np.save(tmp_path / "rows.npy", X)
    return np.load(tmp_path / "rows.npy", mmap_mode="r"), X, y


def test_a_memory_map_is_judged_where_it_lies(stored, monkeypatch):
    mapped, X, y = stored
    expected = neighbor_votes(X, y, 20), neighbor_votes(X, y, 20, X_query=X[:30] + 1)
    monkeypatch.delattr("skpoison.neighbors._votes.count_neighbors")
    with config_context(working_memory=0.015):
        assert_array_equal(neighbor_votes(mapped, y, 20), expected[0])
        X_query = X[:30] + 1
        assert_array_equal(neighbor_votes(mapped, y, 20, X_query=X_query), expected[1])


def test_new_rows_in_a_file_are_judged_by_rows_in_memory(stored):
    mapped, X, y = stored
    expected = neighbor_votes(X[:200], y[:200], 20, X_query=X)
    with config_context(working_memory=0.015):
        votes = neighbor_votes(X[:200], y[:200], 20, X_query=mapped)
    assert_array_equal(votes, expected)


@pytest.mark.parametrize(
    "part", [np.s_[100:], np.s_[:, 1:3], np.s_[::-2], np.s_[5:800:3, ::2]]
)
def test_another_process_reads_the_same_part_of_a_file(stored, part):
    mapped, X, _ = stored
    rows = StoredRows(mapped[part])
    sent = pickle.dumps(rows)
    assert len(sent) < 1000
    assert_array_equal(pickle.loads(sent)[:], X[part])


def test_a_file_without_a_name_cannot_be_sent():
    with tempfile.TemporaryFile() as file:
        file.write(bytes(4 * 20))
        file.flush()
        mapped = np.memmap(file, np.float32, mode="r", shape=(10, 2))
        with pytest.raises(ValueError, match="Map a file by its path"):
            pickle.dumps(StoredRows(mapped))


def test_integers_in_a_file_are_read_as_floats(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 4, (400, 3), dtype=np.uint8), rng.integers(0, 2, 400)
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with config_context(working_memory=0.004):
        assert_array_equal(neighbor_votes(mapped, y, 9), neighbor_votes(X, y, 9))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "Input X contains NaN"),
        (np.inf, "Input X contains infinity"),
        (1e200, "X holds values beyond 1e"),
    ],
)
def test_values_in_a_file_are_refused_as_those_in_memory(tmp_path, value, message):
    X = np.zeros((400, 3))
    X[399, 2] = value
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    y = np.arange(400) % 2
    with (
        config_context(working_memory=0.004),
        pytest.raises(ValueError, match=message),
    ):
        neighbor_votes(mapped, y, 9)


def test_rows_in_a_file_are_not_searched_approximately(stored):
    mapped, _, y = stored
    with (
        config_context(working_memory=0.015),
        pytest.raises(ValueError, match="algorithm='exact'"),
    ):
        neighbor_votes(mapped, y, 9, algorithm="approximate")


GROWTH = """
    import sys

    import numpy as np
    from sklearn import config_context

    from skpoison.defenses import {filter}
    from skpoison.neighbors import neighbor_votes
    from tests._memory import GrowthOfMemory

    X = np.load(sys.argv[1], mmap_mode="r")
    y = np.random.default_rng(0).integers(0, 3, len(X))
    neighbor_votes(np.random.default_rng(0).standard_normal((2000, 16)), y[:2000], 5)
    {prepare}
    with config_context(working_memory={memory}), GrowthOfMemory() as memory:
        {work}
    print(memory.growth)
"""


def growth(path, filter, work, memory, prepare=""):
    """Bytes that a child process takes for itself while it judges rows of a file."""
    script = textwrap.dedent(GROWTH).format(
        filter=filter, work=work, memory=memory, prepare=prepare
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    return int(ended.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["normal", "points"])
def test_memory_stays_within_its_bound(tmp_path, kind):
    # 16 MB of rows; each judged row holds one count per class, and each row a label.
    path = tmp_path / "rows.npy"
    rng = np.random.default_rng(0)
    X = np.lib.format.open_memmap(path, "w+", np.float32, (60_000, 64))
    X[:] = rows_of(kind, rng, *X.shape)
    X.flush()
    work = "neighbor_votes(X, y, 20, X_query=np.array(X[:60]), n_jobs=2)"
    labels = 4 * 8 * len(X)
    assert growth(path, "DeepKNNFilter", work, 8) <= 8 * 2**20 + labels


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_dask_array_is_held_by_one_chunk(tmp_path):
    pytest.importorskip("dask.array")
    path = tmp_path / "rows.npy"
    X = np.lib.format.open_memmap(path, "w+", np.float32, (100_000, 64))
    X[:] = np.random.default_rng(0).standard_normal(X.shape, dtype=np.float32)
    X.flush()
    # What is computed is copied from the file, 5 MB at a time.
    prepare = (
        "import dask.array; lazy = dask.array.from_array(X, chunks=(20_000, 64))"
        ".map_blocks(np.array, meta=X[:0]); lazy[:9].compute(scheduler='synchronous')"
    )
    work = "neighbor_votes(lazy, y, 20, X_query=np.array(X[:60]))"
    chunk, labels = 4 * 64 * 20_000, 4 * 8 * len(X)
    grown = growth(path, "DeepKNNFilter", work, 8, prepare)
    assert grown <= 8 * 2**20 + chunk + labels


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("filter", ["L2CentroidFilter", "SphereSlabFilter"])
def test_filters_by_centroid_stay_within_their_bound(tmp_path, filter):
    path = tmp_path / "rows.npy"
    X = np.lib.format.open_memmap(path, "w+", np.float32, (200_000, 64))
    X[:] = np.random.default_rng(0).standard_normal(64, dtype=np.float32)
    X[::7] = 0
    X.flush()
    # 51 MB of rows; a few numbers for each row besides.
    few = 12 * 8 * len(X)
    assert growth(path, filter, f"{filter}().fit(X, y)", 8) <= 8 * 2**20 + few

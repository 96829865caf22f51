"""The vote on a cluster of dask, and on dask arrays."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn import config_context

from skpoison.defenses import DeepKNNFilter, L2CentroidFilter, SphereSlabFilter
from skpoison.neighbors import neighbor_votes
from skpoison.neighbors._tiled._task import Task

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    X = rng.standard_normal((600, 6)).astype(np.float32) + y[:, None] / 2
    # Ties.
    X[::9] = X[0]
    return X.astype(np.float32), y


@pytest.fixture(scope="module")
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize("chunks", [(200, 4), (600, 6)])
def test_the_votes_on_a_dask_array_are_those_on_its_rows(rows, chunks):
    X, y = rows
    lazy = da.from_array(X, chunks=chunks)
    weighted = {"class_weight": "replicate", "include_self": True}
    with config_context(working_memory=2):
        assert_array_equal(neighbor_votes(lazy, y, 20), neighbor_votes(X, y, 20))
        assert_array_equal(
            neighbor_votes(X, y, 20, X_query=lazy[5:300], **weighted),
            neighbor_votes(X, y, 20, X_query=X[5:300], **weighted),
        )


@pytest.mark.parametrize(
    "filter", [DeepKNNFilter(k=9), L2CentroidFilter(0.1), SphereSlabFilter()], ids=str
)
def test_filters_judge_a_dask_array_and_keep_it_lazy(rows, filter):
    X, y = rows
    lazy = da.from_array(X, chunks=(200, 4))
    expected = filter.fit(X, y).inlier_mask_
    assert_array_equal(filter.fit(lazy, y).inlier_mask_, expected)
    assert filter.transform(lazy) is lazy
    kept, labels = filter.fit_filter(lazy, y)
    assert isinstance(kept, da.Array)
    assert_array_equal(kept.compute(), X[expected])
    assert_array_equal(labels, y[expected])


def test_a_dask_array_is_read_chunk_by_chunk(rows):
    X, y = rows
    read = []

    def chunk(block):
        read.append(len(block))
        return block

    lazy = da.from_array(X, chunks=(120, 6)).map_blocks(chunk, meta=X[:0])
    L2CentroidFilter().fit(lazy, y)
    # To check them, for the centroids, and for the distances.
    assert read == 3 * 5 * [120]


def test_an_array_of_unknown_length_is_refused(rows):
    lazy = da.from_array(rows[0], chunks=(200, 6))
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        neighbor_votes(lazy[lazy[:, 0] > 0], rows[1], 5)


@pytest.mark.slow
def test_the_votes_of_a_cluster_are_those_of_one_process(
    cluster, rows, tmp_path, monkeypatch
):
    X, y = rows
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    expected = neighbor_votes(X, y, 20), neighbor_votes(X, y, 20, X_query=X[:99])

    def count(self, rows):
        raise AssertionError("The workers count.")

    monkeypatch.setattr(Task, "count", count)
    with config_context(working_memory=0.3), parallel_config("dask"):
        for source in (X, mapped, da.from_array(X, chunks=(200, 6))):
            assert_array_equal(neighbor_votes(source, y, 20), expected[0])
            votes = neighbor_votes(source, y, 20, X_query=mapped[:99])
            assert_array_equal(votes, expected[1])


@pytest.mark.slow
def test_a_killed_worker_costs_a_retry(cluster, rows, tmp_path):
    X, y = rows
    here, killed = os.getpid(), tmp_path / "killed"

    def chunk(block):
        """The first worker that reads this is killed while it does."""
        if os.getpid() != here and not Path(killed).exists():
            Path(killed).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    lazy = da.from_array(X, chunks=(200, 6)).map_blocks(chunk, meta=X[:0])
    with config_context(working_memory=0.3), parallel_config("dask"):
        votes = neighbor_votes(lazy, y, 20)
    assert killed.exists()
    assert_array_equal(votes, neighbor_votes(X, y, 20))


@pytest.mark.slow
def test_an_array_in_the_memory_of_a_cluster_is_refused(cluster, rows):
    lazy = da.from_array(rows[0], chunks=(200, 6)).persist()
    with pytest.raises(ValueError, match="as it was before persist"):
        DeepKNNFilter(k=5).fit(lazy, rows[1])

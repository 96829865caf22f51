"""The bench on a cluster of dask."""

import pytest
from joblib import parallel_config
from sklearn.ensemble import IsolationForest

from .test_evaluate_defenses import assert_same, bench

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


class Located(IsolationForest):
    """Fails outside a worker of dask."""

    def fit_predict(self, X, y=None):
        distributed.get_worker()
        return super().fit_predict(X)


def test_a_cluster_measures_the_same_and_keeps_it(cluster, tmp_path):
    with parallel_config("dask"):
        frame = bench(cache=tmp_path)
    assert_same(frame, bench())
    n_cells = len(list(tmp_path.glob("*.json")))
    assert n_cells == len(frame)
    # What the workers wrote is found here.
    assert_same(bench(cache=tmp_path), frame)
    assert len(list(tmp_path.iterdir())) == n_cells


def test_the_workers_of_the_cluster_measure(cluster):
    located = {"forest": Located(n_estimators=5)}
    with parallel_config("dask"):
        assert (bench(defenses=located)["status"] == "ok").all()
    assert (bench(defenses=located)["status"] == "failed").all()

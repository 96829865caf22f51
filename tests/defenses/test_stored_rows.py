"""Filters on memory maps: the same verdicts, without a copy in memory."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.datasets import make_blobs

from skpoison.defenses import DeepKNNFilter, L2CentroidFilter, SphereSlabFilter

FILTERS = [
    DeepKNNFilter(k=9),
    DeepKNNFilter(k=9, class_balance="replicate"),
    L2CentroidFilter(0.05),
    SphereSlabFilter(0.9),
]


@pytest.fixture
def rows():
    X, y = make_blobs(600, 4, centers=3, cluster_std=3.0, random_state=0)
    return X, y


@pytest.fixture
def mapped(rows, tmp_path):
    np.save(tmp_path / "rows.npy", rows[0])
    return np.load(tmp_path / "rows.npy", mmap_mode="r")


@pytest.fixture(autouse=True)
def little_memory():
    with config_context(working_memory=0.004):
        yield


@pytest.mark.parametrize("filter", FILTERS, ids=str)
def test_the_verdicts_are_those_on_rows_in_memory(filter, rows, mapped):
    X, y = rows
    trusted = np.arange(600) % 5 == 0
    filter.fit(X, y, trusted=trusted)
    scores, mask = filter.sample_scores_, filter.inlier_mask_
    new = filter.score_samples(X[:50], y[:50])
    filter.fit(mapped, y, trusted=trusted)
    assert_allclose(filter.sample_scores_, scores, rtol=1e-12, atol=1e-12)
    assert_array_equal(filter.inlier_mask_, mask)
    assert_allclose(filter.score_samples(mapped[:50], y[:50]), new, atol=1e-12)
    assert filter.transform(mapped) is mapped


@pytest.mark.parametrize("filter", FILTERS, ids=str)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_none_is_refused(filter, value, rows, tmp_path):
    X, y = rows
    X[-1, -1] = value
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with pytest.raises(ValueError, match="Input X contains"):
        filter.fit(mapped, y)


@pytest.mark.parametrize("filter", FILTERS, ids=str)
def test_rows_with_other_features_are_refused(filter, rows, mapped):
    filter.fit(mapped, rows[1])
    for method in (lambda X: filter.score_samples(X, rows[1]), filter.transform):
        with pytest.raises(ValueError, match="X has 3 features, but"):
            method(mapped[:, :3])


def test_fewer_labels_than_rows_are_refused(rows, mapped):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        L2CentroidFilter().fit(mapped, rows[1][:-1])


def test_a_pickled_filter_refers_to_the_file(rows, mapped):
    filter = DeepKNNFilter(k=9).fit(mapped, rows[1])
    sent = pickle.dumps(filter)
    new = pickle.loads(sent).score_samples(rows[0][:20], rows[1][:20])
    assert_array_equal(new, filter.score_samples(rows[0][:20], rows[1][:20]))
    assert b"rows.npy" in sent
    assert mapped.tobytes() not in sent


def test_kept_rows_come_in_memory(rows, mapped):
    X, y = rows
    kept, labels = L2CentroidFilter(0.1).fit_filter(mapped, y)
    expected = L2CentroidFilter(0.1).fit_filter(X, y)
    assert_array_equal(kept, expected[0])
    assert_array_equal(labels, expected[1])


def test_the_harm_is_bounded_by_rows_in_a_file(rows, mapped):
    two = rows[1] < 2
    X, y = rows[0][two], rows[1][two]
    np.save(mapped.filename, X)
    mapped = np.load(mapped.filename, mmap_mode="r")
    filter = SphereSlabFilter(0.9).fit(X, y)
    params = {"rate": 0.1, "max_iter": 20, "random_state": 0}
    bound = filter.certify(mapped, y, **params).bound
    assert bound == filter.certify(X, y, **params).bound


def test_a_search_of_the_user_gets_the_file(rows, mapped):
    class Search:
        def fit(self, X):
            self.X = X

        def kneighbors(self, X, n_neighbors):
            distances = np.linalg.norm(X[:, None] - self.X, axis=2)
            nearest = np.argsort(distances, axis=1)[:, :n_neighbors]
            return np.take_along_axis(distances, nearest, axis=1), nearest

    filter = DeepKNNFilter(k=9, neighbors=Search()).fit(mapped, rows[1])
    assert filter.neighbors_.X is mapped
    exact = DeepKNNFilter(k=9).fit(*rows)
    assert_array_equal(filter.inlier_mask_, exact.inlier_mask_)

"""Filters that compare rows take sparse ones, and give the verdict of dense ones."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags

from skpoison.defenses import (
    DeepKNNFilter,
    L2CentroidFilter,
    LabelSanitizationFilter,
    RandomEvictionFilter,
)
from skpoison.pipeline import make_pipeline

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "bench_sparse.py"
FILTERS = [
    DeepKNNFilter(k=9),
    DeepKNNFilter(normalized_k=0.3, class_balance="replicate", n_jobs=2),
    LabelSanitizationFilter(n_neighbors=7),
    L2CentroidFilter(contamination=0.1),
    RandomEvictionFilter(random_state=0),
]
every_filter = pytest.mark.parametrize(
    "filter", FILTERS, ids=lambda filter: type(filter).__name__
)


@pytest.fixture
def counts():
    """Counts of words in two sorts of texts, some of them empty, some labels wrong."""
    rng = np.random.default_rng(0)
    y = np.arange(150) % 3
    rate = np.full((3, 40), 0.1)
    rate[[0, 0, 1, 1, 2, 2], [0, 1, 2, 3, 4, 5]] = 2
    X = rng.poisson(rate[y]).astype(float)
    X[rng.integers(0, 150, 5)] = 0
    y[:6] = (y[:6] + 1) % 3
    return X, y


@every_filter
@pytest.mark.parametrize("format", [csr_array, csr_matrix, csc_array, coo_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_verdict_is_that_of_dense_rows(filter, format, dtype, counts):
    X, y = counts
    X = X.astype(dtype)
    dense, sparse = clone(filter).fit(X, y), clone(filter).fit(format(X), y)
    assert_array_equal(sparse.inlier_mask_, dense.inlier_mask_)
    assert_allclose(sparse.sample_scores_, dense.sample_scores_, rtol=1e-6, atol=1e-7)
    assert get_tags(filter).input_tags.sparse
    if hasattr(dense, "score_samples"):
        new = slice(0, 50)
        expected = dense.score_samples(X[new], y[new])
        for rows in (format(X[new]), X[new]):
            assert_allclose(
                sparse.score_samples(rows, y[new]), expected, rtol=1e-6, atol=1e-7
            )
            assert_array_equal(
                sparse.predict(rows, y[new]), dense.predict(X[new], y[new])
            )


@pytest.mark.parametrize("filter", FILTERS[:-1], ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_stored_values_that_are_not_finite_are_refused(filter, value, counts):
    X, y = csr_array(counts[0]), counts[1]
    X.data[3] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        clone(filter).fit(X, y)


def test_centroids_of_float32_are_sums_in_float64():
    X = np.full((3000, 2), 16777217 / 3, dtype=np.float32)
    y = np.arange(3000) % 2
    dense, sparse = (L2CentroidFilter().fit(rows, y) for rows in (X, csr_array(X)))
    assert_array_equal(sparse.centroids_, dense.centroids_)


def test_texts_are_filtered_between_vectorizer_and_classifier():
    goods = ["good fine nice", "fine nice day", "good day nice", "good fine day"]
    bads = ["bad poor sad", "poor sad night", "bad night sad", "bad poor night"]
    texts = np.array((goods + bads) * 5, dtype=object)
    y = np.array((["+"] * 4 + ["-"] * 4) * 5)
    y[:2] = "-"
    model = make_pipeline(
        TfidfVectorizer(), LabelSanitizationFilter(n_neighbors=5), LogisticRegression()
    ).fit(texts, y)
    assert_array_equal(model.sample_indices_, np.arange(2, 40))


@pytest.mark.parametrize("name", ["DeepKNNFilter", "L2CentroidFilter"])
def test_wide_rows_are_never_dense(name):
    pytest.importorskip("resource")
    # Dense, these rows are 1.6 GB.
    command = [sys.executable, BENCHMARK, "--rows", "4000", "--filter", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    megabytes = int(done.stdout.split()[-3])
    assert megabytes < 300

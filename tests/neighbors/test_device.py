"""The vote that torch counts on a device is that of the CPU, bit for bit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.datasets import make_blobs

from skpoison.defenses import DeepKNNFilter
from skpoison.neighbors import _device, neighbor_votes

from ._reference import KINDS, brute_force, rows_of
from .test_votes import votes_to_take


@settings(max_examples=80, deadline=None)
@given(votes_to_take(), st.booleans())
def test_equals_brute_force(vote, include_self):
    X, y, k, _ = vote
    votes = neighbor_votes(X, y, k, include_self=include_self, device="cpu")
    assert votes.dtype.kind == "i"
    assert_array_equal(votes, brute_force(X, y, k, include_self=include_self))


@settings(max_examples=40, deadline=None)
@given(votes_to_take(), st.sampled_from([np.float32, np.float64]))
def test_new_rows_equal_brute_force(vote, dtype):
    X, y, k, rng = vote
    moved = X[:20] + X.std(dtype=np.float64) * rng.standard_normal(X.shape[1])
    X_query = np.concatenate([X[:20], moved]).astype(dtype)
    votes = neighbor_votes(X, y, k, X_query=X_query, device="cpu")
    assert_array_equal(votes, brute_force(X, y, k, X_query=X_query))


@settings(max_examples=50, deadline=None)
@given(votes_to_take(), st.booleans())
def test_weighted_votes_are_those_without_a_device(vote, include_self):
    X, y, k, rng = vote
    weight = rng.choice([1.0, 4 / 3, 2.5], len(np.unique(y)))
    options = {"include_self": include_self, "class_weight": weight}
    assert_array_equal(
        neighbor_votes(X, y, k, **options, device="cpu"),
        neighbor_votes(X, y, k, **options),
    )


@pytest.mark.parametrize("kind", [*KINDS, "heavy tails"])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_many_rows_of_every_kind(kind, offset):
    rng = np.random.default_rng(0)
    n, k = 700, 60
    if kind == "heavy tails":
        X = rng.standard_cauchy((n, 20))
    else:
        X = rows_of(kind, rng, n, 20)
    X = (X + offset).astype(np.float32)
    y = rng.choice(4, n, p=[0.7, 0.2, 0.09, 0.01])
    for options in ({}, {"class_weight": "replicate", "include_self": True}):
        with config_context(working_memory=8):
            votes = neighbor_votes(X, y, k, **options, device="cpu")
        assert_array_equal(votes, neighbor_votes(X, y, k, **options))


def test_the_cpu_decides_near_ties_alone(monkeypatch):
    left = []
    decide = _device.take_out_the_too_far

    def spy(counts, reference, X, rows, row, column, needed):
        left.append(len(row))
        decide(counts, reference, X, rows, row, column, needed)

    monkeypatch.setattr(_device, "take_out_the_too_far", spy)
    X, y = make_blobs(1500, n_features=64, centers=3, random_state=0)
    neighbor_votes(X, y, 300, device="cpu")
    assert left == [0] * len(left) != []


def test_the_memory_bounds_the_rows_at_a_time(monkeypatch):
    blocks = []
    count = _device._DeviceCounter.count

    def spy(self, block):
        blocks.append(block.stop - block.start)
        return count(self, block)

    monkeypatch.setattr(_device._DeviceCounter, "count", spy)
    X, y = make_blobs(600, random_state=0)
    with config_context(working_memory=10):
        votes = neighbor_votes(X, y, 5, device="cpu")
    assert max(blocks) == 10 * 2**20 // (_device._BYTES_PER_PAIR * 600)
    assert_array_equal(votes, neighbor_votes(X, y, 5))


def test_products_are_full_float32_and_the_setting_is_put_back():
    matmul = torch.backends.mkldnn.matmul
    X, y = make_blobs(500, n_features=40, random_state=0)
    before = matmul.fp32_precision
    matmul.fp32_precision = "bf16"
    try:
        votes = neighbor_votes(X, y, 50, device="cpu")
        assert matmul.fp32_precision == "bf16"
    finally:
        matmul.fp32_precision = before
    assert_array_equal(votes, neighbor_votes(X, y, 50))


def test_the_filter_counts_on_a_device():
    X, y = make_blobs(200, cluster_std=4, random_state=0)
    plain, on_device = DeepKNNFilter(k=9), DeepKNNFilter(k=9, device="cpu")
    assert_array_equal(
        on_device.fit(X, y).sample_scores_, plain.fit(X, y).sample_scores_
    )
    assert_array_equal(on_device.score_samples(X + 1, y), plain.score_samples(X + 1, y))


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without a GPU")
def test_auto_without_a_gpu_needs_no_torch(monkeypatch):
    monkeypatch.setattr(_device, "count_on_device", None)
    X, y = make_blobs(50, random_state=0)
    assert_array_equal(neighbor_votes(X, y, 5, device="auto"), neighbor_votes(X, y, 5))
    assert neighbor_votes(csr_array(X), y, 5, device="auto").shape == (50, 3)
    with pytest.raises(ValueError, match="needs a GPU"):
        neighbor_votes(X, y, 5, device="cuda")


def test_what_no_device_counts_is_refused():
    X, y = make_blobs(50, random_state=0)
    with pytest.raises(ValueError, match="but X is sparse. Use device=None"):
        neighbor_votes(csr_array(X), y, 5, device="cpu")
    with pytest.raises(ValueError, match="but algorithm='approximate'"):
        neighbor_votes(X, y, 5, algorithm="approximate", device="cpu")
    with pytest.raises(ValueError, match="device='nowhere' is no device of torch"):
        DeepKNNFilter(k=5, device="nowhere").fit(X, y)

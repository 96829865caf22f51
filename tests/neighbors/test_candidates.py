"""Candidates: few voters, and never too few for the vote."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skpoison.neighbors import _candidates, neighbor_votes
from skpoison.neighbors._candidates import Candidates, SampledLevels, kth_largest
from skpoison.neighbors._reference_set import ReferenceSet

from ._reference import brute_force


def levels_for(n, rank, share):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((n, 2)), np.r_[0, 1, rng.choice(2, n - 2, p=share)]
    return SampledLevels(ReferenceSet.sort_by_class(X, y, np.ones(2)), rank)


@pytest.mark.parametrize("rank", [1, 20, 400, 3000])
@pytest.mark.parametrize("share", [[0.5, 0.5], [0.99, 0.01]])
def test_levels_let_enough_voters_through_and_few_more(rank, share):
    n = 4000
    nearness = np.random.default_rng(1).random((300, n)).astype(np.float32)
    levels = levels_for(n, rank, share).of(nearness)
    reach = (nearness >= levels[:, None]).sum(axis=1)
    assert np.mean(reach >= rank) > 0.99
    assert reach.mean() < 1.3 * rank + 150


def test_the_sample_of_sorted_rows_is_fair():
    # Rows that lie side by side in their class would all be near, or none of them.
    n = 4000
    labels = np.arange(n) // 2000
    reference = ReferenceSet.sort_by_class(np.zeros((n, 1)), labels, np.ones(2))
    nearness = -reference.rows[None].astype(np.float32)
    level = SampledLevels(reference, 400).of(nearness)
    assert 400 <= (nearness >= level).sum() < 900


def test_candidates_are_those_that_reach_the_level():
    rng = np.random.default_rng(0)
    nearness = rng.integers(0, 50, (6, 40)).astype(np.float32)
    levels = np.array([0, 60, 20, 30, 49, 25], dtype=np.float32)
    found = Candidates.reaching(levels, nearness, np.empty(nearness.shape, bool))
    kept = found.reach(levels + 5)
    for candidates, level in [(found, levels), (kept, levels + 5)]:
        for i, row in enumerate(nearness):
            flat, near = candidates.of(i)
            assert_array_equal(flat - 40 * i, np.flatnonzero(row >= level[i]))
            assert_array_equal(near, row[row >= level[i]])


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_the_kth_largest(dtype):
    values = np.random.default_rng(0).integers(-9, 9, 100).astype(dtype)
    for k in (1, 7, 100):
        assert kth_largest(values, k) == np.sort(values)[-k]


@pytest.mark.parametrize("weight", [None, [1.0, 2.5]])
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_levels_that_are_too_high_change_nothing(monkeypatch, weight, shift):
    of = SampledLevels.of
    monkeypatch.setattr(SampledLevels, "of", lambda *args: of(*args) + shift)
    monkeypatch.setattr(_candidates, "_SAMPLE_SIZE", 20)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((700, 4)), rng.integers(0, 2, 700)
    votes = neighbor_votes(X, y, 30, class_weight=weight)
    assert_array_equal(votes, brute_force(X, y, 30, weight=weight))

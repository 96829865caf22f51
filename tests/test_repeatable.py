"""Tests compute with one thread, and random numbers that nobody seeded repeat."""

import os

import pytest
import torch
from joblib import Parallel, delayed
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_info

drawn = []


def threads():
    pools = {pool["num_threads"] for pool in threadpool_info()}
    return max(pools | {torch.get_num_threads()})


def test_the_processes_of_the_tests_compute_with_one_thread():
    limit = int(os.environ["OMP_NUM_THREADS"])
    assert threads() <= limit
    in_workers = Parallel(n_jobs=2, backend="loky")(delayed(threads)() for _ in "ab")
    assert max(in_workers) <= limit


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_draws_the_same_numbers(time):
    drawn.append((check_random_state(None).random_sample(), torch.rand(1).item()))
    assert drawn[0] == drawn[-1]

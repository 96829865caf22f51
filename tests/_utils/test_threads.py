"""The threads of BLAS, which calls give back however they overlap, and of OpenMP."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skpoison._utils import threads
from skpoison._utils.threads import one_blas_thread, one_openmp_thread

from ._blas import blas_threads, set_blas_threads


@pytest.fixture(autouse=True)
def two_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    before = max(blas_threads())
    set_blas_threads(2)
    yield
    set_blas_threads(before)


def test_blas_has_one_thread_inside_and_two_again_outside():
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == {2}


@pytest.mark.parametrize("first_out", [0, 1])
def test_calls_that_overlap_in_two_threads_restore_the_number(first_out):
    calls = one_blas_thread(), one_blas_thread()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        threads = one, other
        for thread, call in zip(threads, calls):
            thread.submit(call.__enter__).result()
            assert blas_threads() == {1}
        for i in (first_out, 1 - first_out):
            threads[i].submit(calls[i].__exit__, None, None, None).result()
        assert blas_threads() == {2}
        with one_blas_thread():
            assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_an_error_inside_restores_the_number():
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            _ = 1 / 0
        assert blas_threads() == {2}


def test_the_libraries_are_looked_up_once_until_a_module_brings_new_ones(monkeypatch):
    looked_up = []

    class Controller(threads.ThreadpoolController):
        def __init__(self):
            looked_up.append(self)
            super().__init__()

    monkeypatch.setattr(threads, "ThreadpoolController", Controller)
    threads._controller.cache_clear()
    for _ in range(2):
        with one_blas_thread():
            assert blas_threads() == {1}
    assert len(looked_up) == 1
    monkeypatch.setitem(sys.modules, "brings_a_library", threads)
    with one_blas_thread():
        assert blas_threads() == {1}
    assert len(looked_up) == 2


def test_openmp_has_one_thread_in_the_thread_that_asks():
    def openmp_threads():
        libraries = threads.ThreadpoolController().info()
        return {x["num_threads"] for x in libraries if x["user_api"] == "openmp"}

    before = openmp_threads()
    with ThreadPoolExecutor(1, initializer=one_openmp_thread) as worker:
        assert worker.submit(openmp_threads).result() == {1}
    assert openmp_threads() == before

"""The threads of torch: a call limits its own thread, whatever others do meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from skpoison._torch.threads import one_thread


@pytest.fixture(autouse=True)
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def in_a_new_thread(function):
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function).result()


def number_inside():
    with one_thread():
        return torch.get_num_threads()


def test_the_thread_of_the_call_alone_is_limited():
    with one_thread():
        assert torch.get_num_threads() == 1
        assert in_a_new_thread(torch.get_num_threads) == 3
        assert in_a_new_thread(number_inside) == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("first_out", [0, 1])
def test_calls_that_overlap_in_two_threads_restore_the_number(first_out):
    calls = one_thread(), one_thread()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        threads = one, other
        for thread, call in zip(threads, calls):
            thread.submit(call.__enter__).result()
            assert thread.submit(torch.get_num_threads).result() == 1
        for i in (first_out, 1 - first_out):
            threads[i].submit(calls[i].__exit__, None, None, None).result()
            assert threads[i].submit(torch.get_num_threads).result() == 3
    assert torch.get_num_threads() == 3
    assert in_a_new_thread(torch.get_num_threads) == 3

"""How many threads torch computes with."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock

import torch

__all__ = ["one_thread"]

_lock = Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one core inside, where small networks are fastest.

    It also makes the outcome independent of the number of threads, which changes the
    order of sums. Other threads of the process, those that start meanwhile included,
    keep their numbers.
    """
    n_threads = torch.get_num_threads()
    _set_for_this_thread(1)
    try:
        yield
    finally:
        _set_for_this_thread(n_threads)


def _set_for_this_thread(n_threads: int) -> None:
    """Set the number for the calling thread alone.

    torch keeps a number for each thread, and the one that was set last, in any of them,
    for threads yet to come. A thread of its own sets that back to what it was: else one
    that starts while two calls overlap could be left with a single core for good.
    """
    with _lock, ThreadPoolExecutor(1) as newcomer:
        for_newcomers = newcomer.submit(torch.get_num_threads).result()
        torch.set_num_threads(n_threads)
        newcomer.submit(torch.set_num_threads, for_newcomers).result()

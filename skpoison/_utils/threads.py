"""How many threads BLAS and OpenMP compute with."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread", "one_openmp_thread"]

_limited = Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS compute with one thread inside, in the whole process.

    For callers with workers of their own, with which its threads would fight over the
    cores. Calls may overlap in several threads. The limit is then that of the first
    one, and ends with it: one that set it again would find one thread before, and
    restore that for good.
    """
    if not _limited.acquire(blocking=False):
        yield
        return
    try:
        with _controller(len(sys.modules)).limit(limits=1, user_api="blas"):
            yield
    finally:
        _limited.release()


def one_openmp_thread() -> None:
    """Let OpenMP compute with one thread for what this thread calls from now on."""
    _controller(len(sys.modules)).limit(limits=1, user_api="openmp")


# To look up the libraries takes milliseconds, as long as a vote of a thousand rows. New
# ones come with modules.
@lru_cache(maxsize=1)
def _controller(n_modules: int) -> ThreadpoolController:
    return ThreadpoolController()

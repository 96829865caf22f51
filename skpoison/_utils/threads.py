"""How many threads BLAS computes with."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import threadpool_limits

__all__ = ["one_blas_thread"]

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
        with threadpool_limits(1, "blas"):
            yield
    finally:
        _limited.release()

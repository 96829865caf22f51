"""How many threads torch computes on."""

from contextlib import contextmanager

import torch

__all__ = ["one_thread"]


@contextmanager
def one_thread():
    """Compute on one core inside, where small networks are fastest.

    It also makes the outcome independent of the number of threads, which changes the
    order of sums.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)

"""Wall time on a device, which works behind the caller's back."""

import time

import torch

__all__ = ["seconds"]


def seconds(work, device):
    """What some work returns, and the seconds until the device has done it."""
    _wait_for(device)
    start = time.perf_counter()
    result = work()
    _wait_for(device)
    return result, time.perf_counter() - start


def _wait_for(device):
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)

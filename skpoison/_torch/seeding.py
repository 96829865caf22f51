"""From which random numbers a net starts."""

from contextlib import contextmanager

import torch
from sklearn.utils import check_random_state

__all__ = ["seeded", "seeded_generator"]


@contextmanager
def seeded(seed, device):
    """Seed torch's generators inside; outside, their state is as it was."""
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus):
        # Not torch.manual_seed, which also seeds the devices that are not forked.
        torch.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        yield


def seeded_generator(random_state, device):
    """A generator of its own for a fit, on the device."""
    seed = check_random_state(random_state).randint(2**31 - 1)
    return torch.Generator(device).manual_seed(int(seed))

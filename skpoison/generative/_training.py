"""What every training loop needs: a thread, random numbers, and someone to tell."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils import check_random_state

__all__ = [
    "finite_curve",
    "frozen",
    "one_thread",
    "report_iterations",
    "seeded_generator",
]


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


def seeded_generator(random_state, device):
    """A generator of its own for a fit, on the device."""
    seed = check_random_state(random_state).randint(2**31 - 1)
    return torch.Generator(device).manual_seed(int(seed))


def report_iterations(context, estimator, iterations):
    """Count iterations, and tell the callbacks of each; any of them can end the count.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        Of the task that the iterations are part of.
    estimator : estimator
        The one that the callbacks were set on.
    iterations : range

    Yields
    ------
    int
    """
    for i in iterations:
        iteration = context.subcontext(task_name="iteration")
        iteration.call_on_fit_task_begin(estimator=estimator)
        yield i
        if iteration.call_on_fit_task_end(estimator=estimator):
            return


@contextmanager
def frozen(*modules):
    """Do not record operations for the weights of the modules inside."""
    for module in modules:
        module.requires_grad_(False)
    try:
        yield
    finally:
        for module in modules:
            module.requires_grad_(True)


def finite_curve(losses, estimator):
    """The losses of the iterations as an array.

    Raises
    ------
    ValueError
        When one is not finite: nothing that was learned could be relied on.
    """
    curve = torch.stack(losses).cpu().numpy()
    if not np.isfinite(curve).all():
        raise ValueError(
            f"The loss of {type(estimator).__name__} is not finite from iteration "
            f"{np.argmin(np.isfinite(curve))} on: lower the learning rate."
        )
    return curve

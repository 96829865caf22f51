"""What every training loop needs: frozen weights, and losses that are finite."""

from contextlib import contextmanager

import numpy as np

__all__ = ["finite_curve", "frozen"]


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

    Parameters
    ----------
    losses : list of tensor
        One number each.
    estimator : estimator
        Whose parameters should change where they led astray.

    Returns
    -------
    ndarray of float32 of shape (n_iterations,)

    Raises
    ------
    ValueError
        When one is not finite: nothing that was learned could be relied on.
    """
    curve = np.array([loss.item() for loss in losses], dtype=np.float32)
    if not np.isfinite(curve).all():
        raise ValueError(
            f"The loss of {type(estimator).__name__} is not finite from iteration "
            f"{np.argmin(np.isfinite(curve))} on: lower the learning rate."
        )
    return curve

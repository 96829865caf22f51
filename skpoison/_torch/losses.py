"""Losses of a training loop, which must be finite."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["finite_curve", "not_finite"]


def finite_curve(losses: list[Tensor], estimator: Any) -> NDArray[np.float32]:
    """The losses of the iterations as an array.

    Parameters
    ----------
    losses : list of tensor
        Of each iteration one number, or several.
    estimator : estimator
        Whose parameters should change where they led astray.

    Returns
    -------
    ndarray of float32 of shape (n_iterations, ...)

    Raises
    ------
    ValueError
        When one is not finite: nothing that was learned could be relied on.
    """
    curve = np.array([loss.tolist() for loss in losses], dtype=np.float32)
    finite = np.isfinite(curve).all(axis=tuple(range(1, curve.ndim)))
    if not finite.all():
        raise not_finite(estimator, int(np.argmin(finite)))
    return curve


def not_finite(estimator: Any, iteration: int) -> ValueError:
    """The error of a training that went astray in an iteration."""
    return ValueError(
        f"The loss of {type(estimator).__name__} is not finite from iteration "
        f"{iteration} on: lower the learning rate."
    )

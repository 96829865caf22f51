"""Projected gradient ascent: the worst inputs near the given ones."""

import torch

__all__ = ["worst_near"]


def worst_near(loss, X, *, eps, step_size, n_steps, random_start, bounds):
    """Inputs within eps of X, value by value, that raise a loss.

    Parameters
    ----------
    loss : callable
        Maps inputs to the sum or the mean of their losses.
    X : tensor
    eps, step_size : float
    n_steps : int
    random_start : bool
        Whether to start from a uniform draw, with torch's own generator, and not at X.
    bounds : tuple of two floats

    Returns
    -------
    tensor like X
    """
    low, high = (X - eps).clamp(min=bounds[0]), (X + eps).clamp(max=bounds[1])
    moved = X.detach()
    if random_start:
        moved = moved + eps * (2 * torch.rand_like(X) - 1)
    for _ in range(n_steps):
        moved = moved.clamp(low, high).requires_grad_()
        (slope,) = torch.autograd.grad(loss(moved), moved)
        moved = moved.detach() + step_size * slope.sign()
    return moved.clamp(low, high).detach()

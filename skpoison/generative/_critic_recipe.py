"""How a kind of critic learns."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

__all__ = ["CriticRecipe"]


@dataclass(frozen=True)
class CriticRecipe:
    """What tells one kind of critic from another, beside the parameters of a user.

    Attributes
    ----------
    loss : callable
        ``loss(real, negative)`` is the loss of each critic, of shape (n_critics,), from
        its scores of real rows and of negatives, both of shape (n_critics, n_rows).
    critic_optimizer, generator_optimizer : callable
        ``optimizer(weights, lr=learning_rate)``.
    generator_learning_rate : float or None, default=None
        None: that of the critics.
    falling_learning_rate : bool, default=False
        Whether the learning rate of the critics falls linearly to 0 over `max_iter`.
    critic_steps : int, default=1
        Steps of the critics per iteration.
    gradient_penalty : float, default=0.0
        Weight of the penalty on the gradient by the inputs.
    """

    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    critic_optimizer: Callable[..., torch.optim.Optimizer]
    generator_optimizer: Callable[..., torch.optim.Optimizer]
    generator_learning_rate: float | None = None
    falling_learning_rate: bool = False
    critic_steps: int = 1
    gradient_penalty: float = 0.0

"""Poisons that surround their targets: projected Adam on all of them at once."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, Literal

import torch
from numpy.typing import ArrayLike

from ..._torch.seeding import seeded
from ..._utils.parameters import Interval
from ..._utils.typing import Device, RandomState
from ._attack import CleanLabelAttack, features_of_targets, loss_and_gradient


class PolytopeAttack(CleanLabelAttack):
    """Base of the attacks whose poisons act together, within eps of their bases.

    A subclass writes `_objective`.
    """

    _parameter_constraints: dict = {
        **CleanLabelAttack._parameter_constraints,
        "eps": [Interval(Real, 0, 1, closed="right")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "dropout_draws": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        surrogates: Any,
        *,
        poison_class: Any,
        n_poisons: int = 5,
        eps: float = 0.1,
        lr: float = 0.01,
        max_iter: int = 800,
        bases: Literal["nearest", "reachable", "first", "random"]
        | ArrayLike = "nearest",
        insert: Literal["append", "replace"] = "append",
        dropout_draws: bool | int = 0,
        random_state: RandomState = None,
        device: Device = "auto",
        verbose: bool = False,
    ) -> None:
        self.surrogates = surrogates
        self.poison_class = poison_class
        self.n_poisons = n_poisons
        self.eps = eps
        self.lr = lr
        self.max_iter = max_iter
        self.bases = bases
        self.insert = insert
        self.dropout_draws = dropout_draws
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    @abstractmethod
    def _objective(self):
        """The objective of one surrogate.

        Returns
        -------
        callable
            Takes the features of the poisons, (n_targets, n_poisons, width), and of
            the targets, (n_targets, width); returns the loss of each target.
        """

    def _limits(self, bases):
        return (bases - self.eps).clip(0, 1), (bases + self.eps).clip(0, 1)

    def _perturb(self, nets, bases, targets, rng, n_steps):
        with self._dropout(nets, rng, bases.device):
            goals = [features_of_targets(net, targets) for net in nets]
            objectives = [self._objective() for _ in nets]
            low, high = self._limits(bases)
            poisons = bases.clone().requires_grad_()
            adam = torch.optim.Adam([poisons], lr=self.lr)
            for step in range(n_steps):
                loss, poisons.grad = loss_and_gradient(nets, goals, objectives, poisons)
                self._report(step, loss)
                adam.step()
                with torch.no_grad():
                    poisons.clamp_(low, high)
            loss, _ = loss_and_gradient(nets, goals, objectives, poisons)
        return poisons.detach(), loss

    @contextmanager
    def _dropout(self, nets, rng, device):
        """Dropout layers on, drawn from `rng`; torch's own random state is kept."""
        if self.dropout_draws == 0:
            yield
            return
        have_dropout = [net.enable_dropout(self.dropout_draws) for net in nets]
        if not any(have_dropout):
            raise ValueError(
                f"dropout_draws={self.dropout_draws}, but no surrogate has a dropout "
                "layer."
            )
        with seeded(rng.randint(2**31 - 1), device):
            yield

"""How far the gradient of the poisons points away from that of the target."""

import torch
from torch.func import grad, vmap
from torch.nn.functional import cross_entropy

__all__ = ["GradientMatch"]


class GradientMatch:
    """1 - the cosine between two gradients of the training loss, for one network.

    Parameters
    ----------
    victim : Victim
    target : tensor of shape (1, ...)
    code : int
        Position of the intended class among the outputs.
    """

    def __init__(self, victim, target, code):
        self._victim = victim
        self._code = code
        self._goal = self._gradient(victim.parameters, target.to(victim.dtype))
        self._goal_norm = _norm(self._goal)

    def __call__(self, trials):
        """The loss of each trial.

        Parameters
        ----------
        trials : tensor of shape (n_trials, n_poisons, ...)
            Sets of poisons, all of the intended class.

        Returns
        -------
        tensor of shape (n_trials,)
        """
        return vmap(self._loss)(trials.to(self._victim.dtype))

    def _loss(self, poisons):
        gradient = self._gradient(self._victim.parameters, poisons)
        product = sum((gradient[name] * self._goal[name]).sum() for name in gradient)
        return 1 - product / (_norm(gradient) * self._goal_norm)

    def _gradient(self, parameters, rows):
        return grad(self._training_loss)(parameters, rows)

    def _training_loss(self, parameters, rows):
        codes = torch.full((len(rows),), self._code, device=rows.device)
        return cross_entropy(self._victim.logits(parameters, rows), codes)


def _norm(gradient):
    return sum(part.square().sum() for part in gradient.values()).sqrt()

"""Adversarial training: a network learns from the worst images near each image."""

import torch
from skorch import NeuralNetClassifier
from skorch.dataset import unpack_data

__all__ = ["AdversarialNet"]


class AdversarialNet(NeuralNetClassifier):
    """A skorch net that trains on its images moved by projected gradient ascent [1]_.

    Parameters
    ----------
    module, **kwargs : as in skorch
    eps : float
        Largest change of an input value; inputs lie in [0, 1].
    n_steps : int
        Steps of the ascent, which starts at random and moves by 2.5 eps / n_steps.

    References
    ----------
    .. [1] A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu, "Towards Deep
       Learning Models Resistant to Adversarial Attacks", 2018, section 2.1.
    """

    def __init__(self, module, *args, eps=8 / 255, n_steps=20, **kwargs):
        super().__init__(module, *args, **kwargs)
        self.eps = eps
        self.n_steps = n_steps

    def train_step_single(self, batch, **fit_params):
        X, y = unpack_data(batch)
        return super().train_step_single((self._worst(X, y), y), **fit_params)

    def _worst(self, X, y):
        # In eval mode: running statistics are those of the images to train on.
        self._set_training(False)
        moved = X + self.eps * (2 * torch.rand_like(X) - 1)
        for _ in range(self.n_steps):
            moved = moved.clamp(0, 1).requires_grad_()
            loss = self.get_loss(self.infer(moved), y, X=moved, training=True)
            (slope,) = torch.autograd.grad(loss, moved)
            step = 2.5 * self.eps / self.n_steps * slope.sign()
            moved = X + (moved.detach() + step - X).clamp(-self.eps, self.eps)
        return moved.clamp(0, 1)

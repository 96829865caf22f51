"""The gradient of a critic by its inputs, and the penalty on its length.

The penalty is trained on, so it must be differentiable in the weights. Automatic
differentiation needs a second backward pass through the first one for that. Leaky ReLU
is linear on each side of zero: which side a unit is on does not change with an
infinitesimal step, so the gradient is a plain product of weights and constant slopes,
and one ordinary backward pass is enough.
"""

import torch

__all__ = ["gradient_penalty", "input_gradient"]


def input_gradient(critics, inputs, random=None):
    """Gradient of each critic's output by its inputs, differentiable in the weights.

    Parameters
    ----------
    critics : MLP
        With one output and no batch normalisation.
    inputs : tensor of shape (n_nets, n_rows, n_inputs)
    random : torch.Generator or None, default=None
        Draws dropout masks.

    Returns
    -------
    tensor of shape (n_nets, n_rows, n_inputs)
    """
    slopes = critics.local_slopes(inputs, random)
    gradient = critics.weights[-1].transpose(1, 2)
    for weight, local in zip(reversed(critics.weights[:-1]), reversed(slopes)):
        gradient = torch.bmm(gradient * local, weight.transpose(1, 2))
    return gradient


def gradient_penalty(gradient):
    """Mean of (length of the gradient - 1) squared, per critic.

    Parameters
    ----------
    gradient : tensor of shape (n_nets, n_rows, n_columns)

    Returns
    -------
    tensor of shape (n_nets,)
    """
    return ((torch.linalg.vector_norm(gradient, dim=2) - 1) ** 2).mean(dim=1)

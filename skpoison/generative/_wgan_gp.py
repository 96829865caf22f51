"""The Wasserstein GAN with gradient penalty, conditioned on the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch

from .._utils.typing import Device, RandomState
from ._base_critic import BaseCritic
from ._critic_recipe import CriticRecipe

__all__ = ["ConditionalWGANGP"]


def wasserstein_loss(real, negative):
    """How much higher negatives are scored than real rows, in the mean."""
    return negative.mean(dim=1) - real.mean(dim=1)


class ConditionalWGANGP(BaseCritic):
    r"""A conditional Wasserstein GAN with gradient penalty: the mimic of De-Pois.

    The critic D and the generator G, both fully connected, play

    .. math:: \min_D \; E[D(\tilde x | y)] - E[D(x | y)]
              + 10 E[(\| \nabla_{\hat x} D(\hat x | y) \|_2 - 1)^2]

    with rows x, rows G(z, y) in place of :math:`\tilde x`, and points
    :math:`\hat x` drawn uniformly between the two; D makes five steps for each of G.
    The gradient by :math:`\hat x` is computed by hand, and its derivative by the
    weights in one ordinary backward pass.

    A row and its generated counterpart share y, so D is fixed only up to an offset for
    each label, and it has never seen a wrong label: without "mismatch" among the
    negatives it cannot tell one.

    Parameters
    ----------
    negatives : sequence of {"generator", "mismatch"}, default=("generator",)
        What the critic learns to score below the rows: rows that the generator makes;
        rows with another label (of a regression: another row's target). With both, one
        in four is generated. With "mismatch" the penalty bounds the gradient by the
        label too.
    n_critics : int, default=1
        Number of critics, which are trained side by side and score as their mean.
    hidden_layer_sizes : sequence of int, default=(1024, 128, 16)
        Fully connected hidden layers of the critic.
    generator_layer_sizes : sequence of int, default=(256, 512, 1024)
        Fully connected hidden layers of the generator.
    noise_dim : int, default=100
        Number of noise variables z, standard normal.
    dropout : float in [0, 1), default=0.4
        Share of the critic's hidden units that are dropped while training.
    max_iter : int, default=2000
        Number of iterations, five steps of the critic each.
    batch_size : int, default=32
        Rows in a batch, drawn with replacement.
    learning_rate : float, default=5e-5
        Of RMSprop, for both networks.
    tol : float, default=1e-4
        Training ends once the critic's weights move by less than this share of their
        length in 50 iterations.
    task : {"auto", "classification", "regression"}, default="auto"
        What y holds. "auto" takes words, up to 20 different whole numbers, and up to
        100 of them on ten rows or more each, for labels, and other floats for the
        target values of a regression; it asks about other whole numbers.
    device : str or torch.device, default="auto"
        Where torch computes; "auto" is the first GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        Draws the weights, the batches and the noise.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; absent for a regression.
    loss_curve_ : ndarray of shape (`n_iter_`,)
        Loss of the critic at the last step of each iteration.
    n_iter_ : int
        Number of iterations, fewer than `max_iter` where `tol` or a callback ended
        them.
    n_features_in_ : int
        Number of features, or of channels of images, seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    ConditionalGAN : Makes rows for given labels.
    HingeCritic : A critic that converges faster and sees wrong labels.

    Notes
    -----
    X may hold images, of shape (n_samples, channels, height, width), with labels.
    Convolutions then come before the hidden layers, and after those of a generator. The
    critic scores an image x with a label y as c(x) + <y, v(x)>, where c and v are
    outputs of one network: the projection of [3]_, which looks at an image once for all
    labels.

    References
    ----------
    .. [1] I. Gulrajani et al., "Improved Training of Wasserstein GANs", 2017,
       algorithm 1.
    .. [2] J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning
       Attacks", 2021, section IV-B and equation 9.
    .. [3] T. Miyato, M. Koyama, "cGANs with Projection Discriminator", 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.generative import ConditionalWGANGP
    >>> X, y = load_iris(return_X_y=True)
    >>> gan = ConditionalWGANGP(
    ...     hidden_layer_sizes=(32, 32),
    ...     generator_layer_sizes=(32,),
    ...     max_iter=20,
    ...     random_state=0,
    ... )
    >>> gan.fit(X, y).sample([0, 1, 2], random_state=0).shape
    (3, 4)
    >>> gan.score_samples(X, y).shape
    (150,)
    """

    _span = 1.0
    _recipe = CriticRecipe(
        loss=wasserstein_loss,
        critic_optimizer=torch.optim.RMSprop,
        generator_optimizer=torch.optim.RMSprop,
        critic_steps=5,
        gradient_penalty=10.0,
    )

    def __init__(
        self,
        *,
        negatives: Sequence[Literal["mismatch", "generator"]] = ("generator",),
        n_critics: int = 1,
        hidden_layer_sizes: Sequence[int] = (1024, 128, 16),
        generator_layer_sizes: Sequence[int] = (256, 512, 1024),
        noise_dim: int = 100,
        dropout: float = 0.4,
        max_iter: int = 2000,
        batch_size: int = 32,
        learning_rate: float = 5e-5,
        tol: float = 1e-4,
        task: Literal["auto", "classification", "regression"] = "auto",
        device: Device = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.negatives = negatives
        self.n_critics = n_critics
        self.hidden_layer_sizes = hidden_layer_sizes
        self.generator_layer_sizes = generator_layer_sizes
        self.noise_dim = noise_dim
        self.dropout = dropout
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.tol = tol
        self.task = task
        self.device = device
        self.random_state = random_state

"""A conditional GAN, supervised by an authenticator."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from .._utils.callbacks import report_iterations
from .._utils.parameters import Interval, fit_context
from .._utils.typing import Device, MatrixLike, RandomState
from ._base import ConditionalNetwork
from ._cgan_training import CGANTraining

__all__ = ["ConditionalGAN"]


class ConditionalGAN(ConditionalNetwork):
    r"""A conditional GAN whose rows an authenticator must recognise by their label.

    The discriminator D learns to tell real rows from rows G(z, y). The generator G
    learns to fool it, and to make rows that the authenticator reads the right label
    off:

    .. math:: \min_G \; -E[\log D(G(z, y) | y)] + L_A

    :math:`L_A` is the cross-entropy of a classifier that learns from real and generated
    rows as the others learn, or, of a regression, the squared error of a LASSO of the
    real rows. [1]_ writes that G minimises :math:`L_{cGAN} - L_A`, which would reward
    rows with an unrecognisable label; the sign here is that of [2]_. The expectation
    maximisation of [1]_ comes to what is done here: gradient steps on batches of real
    and of generated rows.

    Parameters
    ----------
    authenticator : bool, default=True
        Whether there is an authenticator.
    hidden_layer_sizes : sequence of int, default=(512, 512, 512)
        Fully connected hidden layers of the discriminator and of the classifying
        authenticator.
    generator_layer_sizes : sequence of int, default=(256, 512, 1024)
        Fully connected hidden layers of the generator.
    noise_dim : int, default=100
        Number of noise variables z, standard normal.
    dropout : float in [0, 1), default=0.4
        Share of the discriminator's hidden units that are dropped while training.
    target_noise : float, default=0.05
        Regression only: deviation of the normal noise added to the targets that rows
        are generated for while training, as a share of half their range.
    max_iter : int, default=2000
        Number of iterations, one step of each network.
    batch_size : int, default=128
        Real rows in a batch, drawn with replacement, and as many generated ones.
    learning_rate : float, default=2e-4
        Of Adam, for all networks.
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
        Loss of the discriminator at each iteration.
    n_iter_ : int
        Number of iterations, fewer than `max_iter` where a callback ended them.
    n_features_in_ : int
        Number of features, or of channels of images, seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    skpoison.metrics.wasserstein_distance : How close the rows come to real ones.

    Notes
    -----
    X may hold images, of shape (n_samples, channels, height, width), with labels.
    Convolutions then come before the hidden layers, and after those of a generator. The
    discriminator scores an image x with a label y as c(x) + <y, v(x)>, where c and v
    are outputs of one network: the projection of [4]_.

    References
    ----------
    .. [1] J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning
       Attacks", 2021, section IV-A, equations 2 to 4.
    .. [2] A. Odena et al., "Conditional Image Synthesis with Auxiliary Classifier
       GANs", 2017, section 3.
    .. [3] T. Tran et al., "A Bayesian Data Augmentation Approach for Learning Deep
       Models", 2017 (the authenticator's model).
    .. [4] T. Miyato, M. Koyama, "cGANs with Projection Discriminator", 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skpoison.generative import ConditionalGAN
    >>> X, y = load_iris(return_X_y=True)
    >>> gan = ConditionalGAN(
    ...     hidden_layer_sizes=(32,),
    ...     generator_layer_sizes=(32,),
    ...     max_iter=20,
    ...     random_state=0,
    ... )
    >>> gan.fit(X, y).sample([0, 1, 2], random_state=0).shape
    (3, 4)
    """

    _parameter_constraints: dict = {
        **ConditionalNetwork._parameter_constraints,
        "authenticator": ["boolean"],
        "target_noise": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        authenticator: bool = True,
        hidden_layer_sizes: Sequence[int] = (512, 512, 512),
        generator_layer_sizes: Sequence[int] = (256, 512, 1024),
        noise_dim: int = 100,
        dropout: float = 0.4,
        target_noise: float = 0.05,
        max_iter: int = 2000,
        batch_size: int = 128,
        learning_rate: float = 2e-4,
        task: Literal["auto", "classification", "regression"] = "auto",
        device: Device = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.authenticator = authenticator
        self.hidden_layer_sizes = hidden_layer_sizes
        self.generator_layer_sizes = generator_layer_sizes
        self.noise_dim = noise_dim
        self.dropout = dropout
        self.target_noise = target_noise
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.task = task
        self.device = device
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: ArrayLike) -> Self:
        """Train the generator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)
        y : array-like of shape (n_samples,)
            Labels, or the target values of a regression.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For invalid input, or when the loss is not finite.
        """
        return self._fit(X, y)

    def sample(self, y: ArrayLike, *, random_state: RandomState = None) -> np.ndarray:
        """Make one row for each label or target value.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
        random_state : int, RandomState instance or None, default=None
            Draws the noise.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)

        Raises
        ------
        ValueError
            For a label that was not seen during `fit`.
        """
        return self._sample(y, random_state)

    def _train(self, encoder, X, y, random, context):
        training = CGANTraining(self, encoder, X, y, random)
        iterations = report_iterations(context, self, range(self.max_iter))
        self.loss_curve_ = training.run(iterations)
        self.n_iter_ = len(self.loss_curve_)
        self._encoder_, self._generator_ = encoder, training.generator

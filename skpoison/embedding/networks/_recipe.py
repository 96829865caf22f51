"""How the whitening net trains."""

from __future__ import annotations

import torch
from skorch import NeuralNetClassifier

from ._batches import AugmentedBatches
from ._callbacks import Lookahead, TriangularRate, Whitening
from ._whitening import WhiteningNet

__all__ = ["make_fast_classifier"]

MOMENTUM = 0.85
RATE = 11.5
WEIGHT_DECAY = 0.0153
BIAS_FACTOR = 64


def make_fast_classifier(
    n_classes: int = 10,
    *,
    in_channels: int = 3,
    max_epochs: int = 16,
    batch_size: int = 512,
) -> NeuralNetClassifier:
    """Return a skorch net that trains a WhiteningNet on small images, fast.

    Stochastic gradient descent with Nesterov momentum, label smoothing, moved and
    mirrored images, slow weights (lookahead), and a learning rate that rises over the
    first 23 % of the steps and then falls. After [1]_. All of it is tied to the number
    of steps: choose `max_epochs` before training.

    Give the net to :class:`~skpoison.embedding.NetEmbedding`, which computes in
    bfloat16 where the hardware does, fixes the random numbers, and can average over
    views.

    Parameters
    ----------
    n_classes : int, default=10
        Number of classes.
    in_channels : int, default=3
        Channels of an image.
    max_epochs : int, default=16
        Passes over the training rows.
    batch_size : int, default=512
        Rows per step. The learning rate is proportional to it.

    Returns
    -------
    skorch.NeuralNetClassifier
        Not fitted. It takes X of float32 of shape (n_samples, in_channels, height,
        width), height and width of 9 or more, and holds out no rows.

    See Also
    --------
    skpoison.embedding.networks.WhiteningNet : The network.

    Notes
    -----
    The first layer whitens patches of the training rows, poison included: the whitening
    directions are averages over 5,000 images, on which few poisons have little hold.

    References
    ----------
    .. [1] K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024,
       section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.embedding import NetEmbedding
    >>> from skpoison.embedding.networks import make_fast_classifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((40, 1, 16, 16), dtype=np.float32)
    >>> net = make_fast_classifier(2, in_channels=1, max_epochs=2, batch_size=20)
    >>> NetEmbedding(net, random_state=0).fit_transform(X, np.arange(40) % 2).shape
    (40, 256)
    """
    # Per summed loss a step of 1024 rows would move the weights by RATE, counting what
    # Nesterov momentum adds to it later; the loss here is a mean.
    rate = RATE * batch_size / (1024 * (1 + 1 / (1 - MOMENTUM)))
    weight_decay = WEIGHT_DECAY / RATE
    return NeuralNetClassifier(
        WhiteningNet,
        module__n_classes=n_classes,
        module__in_channels=in_channels,
        criterion=torch.nn.CrossEntropyLoss,
        criterion__label_smoothing=0.2,
        optimizer=torch.optim.SGD,
        optimizer__momentum=MOMENTUM,
        optimizer__nesterov=True,
        optimizer__weight_decay=weight_decay,
        optimizer__param_groups=[
            # The decay per step, rate times weight_decay, is the same for all.
            (
                "body.*.bias",
                {"lr": BIAS_FACTOR * rate, "weight_decay": weight_decay / BIAS_FACTOR},
            )
        ],
        lr=rate,
        max_epochs=max_epochs,
        batch_size=batch_size,
        iterator_train=AugmentedBatches,
        train_split=None,
        callbacks=[
            ("whitening", Whitening()),
            ("rate", TriangularRate()),
            ("lookahead", Lookahead()),
        ],
    )

"""Adversarial training: a network that learns from the worst inputs near each row."""

from __future__ import annotations

from numbers import Integral, Real
from os import PathLike
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from skorch import NeuralNetClassifier

from ..._torch.checkpoint import Checkpoint
from ..._torch.device import torch_device
from ..._torch.seeding import seeded
from ..._torch.training import encode_target, train
from ..._torch.weights_file import WeightsFileMixin
from ..._utils.bounds import check_bounds, within_bounds
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import check_two_classes, label_positions
from ..._utils.parameters import Interval, StrOptions, fit_context
from ..._utils.targets import target_column
from ..._utils.typing import Device, MatrixLike, RandomState
from ._pgd import worst_near

if TYPE_CHECKING:
    from torch import nn

__all__ = ["AdversarialTrainingClassifier"]


class AdversarialTrainingClassifier(ClassifierMixin, WeightsFileMixin):
    r"""Train a network on the worst inputs near each training row.

    The weights :math:`\theta` solve the saddle point problem of [1]_,

    .. math:: \min_\theta \; E \Bigl[ \max_{\|\delta\|_\infty \le eps}
              L_\theta(x + \delta, y) \Bigr],

    whose inner maximum is approached by projected gradient ascent: from a random point
    near x, `n_steps` steps along the sign of the gradient, each followed by a
    projection to within `eps` of x and to the bounds. Poison that differs little from
    clean rows then moves the features little: [2]_ found 98.6 % of the targets of a
    clean-label attack saved where the victim's features were trained in this way.

    No row is removed. What breaks it: poison that is moved further than `eps`,
    or with rightful content (a watermark, a real image of another class); wrong labels.
    An attacker who has the network fooled it on 148 of 150 digits by feature collision,
    on 22 and 37 by the polytopes, where one who has that of ordinary training fooled it
    on 37, 2 and 2 (doc/results/deep_knn_digits.md). It costs accuracy on clean rows,
    and `n_steps` + 1 times the passes of ordinary training. Where a network is trained
    on rows that cannot be trusted, filter them first.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier
        A clone of it is trained. Its module maps rows to logits, or to probabilities
        where the criterion is NLLLoss.
    eps : float, default=8/255
        Largest change of a value of X; 0 is ordinary training.
    step_size : float, default=2/255
        Length of a step of the ascent. A single step of 1.25 `eps`, with ``n_steps=1``,
        is the fast variant of [3]_.
    n_steps : int, default=20
        Steps of the ascent.
    random_start : bool, default=True
        Whether the ascent starts from a uniform draw near the row, and not at the row.
    bounds : tuple of two floats, default=(0, 1)
        Least and largest value of X.
    device : str or torch.device, default="auto"
        Where torch computes; "auto" is the first GPU where there is one.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the products, as in
        :class:`~skpoison.embedding.NetEmbedding`.
    random_state : int, RandomState instance or None, default=None
        Fixes the initial weights, the batches, and the starts of the ascent. The state
        of torch's own generators is neither used nor changed.
    verbose : int, default=0
        1 prints skorch's table while training.
    checkpoint : str or path, default=None
        A file that keeps the state of the training after each epoch. Where it exists
        `fit` goes on from it, to the very network that a fit in one piece gives. It
        needs a `random_state`, and stays when the fit is done. Callbacks of the net
        that change while it trains, beside those of
        :mod:`skpoison.embedding.networks`, need `state_dict` and `load_state_dict`, or
        start anew.

    Attributes
    ----------
    net_ : skorch.NeuralNetClassifier
        The trained net, which knows labels by their position in `classes_`. As
        ``NetEmbedding(classifier.net_, frozen=True)`` it makes features.
    module_ : torch.nn.Module
        The torch module of `net_`.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        ``X.shape[1]``: features of a table, channels of images.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    DeepKNNFilter : Removes clean-label poison at no cost in accuracy.

    Notes
    -----
    The ascent runs in eval mode, so that the running statistics of batch normalization
    are those of the inputs that are learned from, and dropout does not blur the
    gradient.

    References
    ----------
    .. [1] A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu, "Towards Deep
       Learning Models Resistant to Adversarial Attacks", ICLR 2018, equation 2.1.
    .. [2] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 4 and table 2.
    .. [3] E. Wong, L. Rice, J. Z. Kolter, "Fast Is Better than Free: Revisiting
       Adversarial Training", ICLR 2020, algorithm 3.

    Examples
    --------
    >>> import torch
    >>> from skorch import NeuralNetClassifier
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.defenses import AdversarialTrainingClassifier
    >>> from skpoison.embedding import MLP
    >>> X, y = load_digits(return_X_y=True)
    >>> net = NeuralNetClassifier(
    ...     MLP,
    ...     module__n_features=64,
    ...     module__n_classes=10,
    ...     criterion=torch.nn.CrossEntropyLoss,
    ...     optimizer=torch.optim.Adam,
    ...     max_epochs=5,
    ...     train_split=None,
    ... )
    >>> robust = AdversarialTrainingClassifier(
    ...     net, eps=0.1, step_size=0.04, n_steps=5, random_state=0
    ... )
    >>> robust.fit(X / 16, y).perturb(X[:2] / 16, y[:2]).shape
    (2, 64)
    """

    _parameter_constraints: dict = {
        "net": [NeuralNetClassifier],
        "eps": [Interval(Real, 0, None, closed="left")],
        "step_size": [Interval(Real, 0, None, closed="neither")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "random_start": ["boolean"],
        "bounds": [tuple, list],
        "device": [str, torch.device],
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "checkpoint": [str, PathLike, None],
    }

    _beside_the_weights = ("classes_", "n_features_in_", "feature_names_in_")

    def __init__(
        self,
        net: NeuralNetClassifier,
        *,
        eps: float = 8 / 255,
        step_size: float = 2 / 255,
        n_steps: int = 20,
        random_start: bool = True,
        bounds: tuple[float, float] = (0, 1),
        device: Device = "auto",
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        random_state: RandomState = None,
        verbose: int = 0,
        checkpoint: str | PathLike[str] | None = None,
    ) -> None:
        self.net = net
        self.eps = eps
        self.step_size = step_size
        self.n_steps = n_steps
        self.random_start = random_start
        self.bounds = bounds
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose
        self.checkpoint = checkpoint

    @unfitted_by_failure
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: MatrixLike, y: ArrayLike) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Numbers within `bounds`; images as (n_samples, channels, height, width).
        y : array-like of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For values outside the bounds, one class, a net with fewer outputs than
            classes, weights that training made infinite, a checkpoint of another
            training or without a `random_state`, besides invalid input.
        KeyboardInterrupt
            On Ctrl-C, which leaves the estimator unfitted.
        """
        X, y = self._validate(X, y, reset=True)
        self.classes_, target = encode_target(self.net, y)
        check_two_classes(self.classes_, type(self).__name__)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self.net_ = train(
            self.net,
            X,
            target,
            seed=seed,
            device=torch_device(self.device),
            precision=self.precision,
            verbose=self.verbose,
            perturb=self._worst if self.eps else None,
            checkpoint=self._checkpoint(X, target, seed),
        )
        return self

    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Class probabilities, in the order of `classes_`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)

        Returns
        -------
        ndarray of float32 of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        (X,) = self._validate(X, reset=False)
        P = self.net_.predict_proba(X)[:, : len(self.classes_)]
        # The net may have more outputs than there are classes.
        return P / P.sum(axis=1, keepdims=True)

    def predict(self, X: MatrixLike) -> np.ndarray:
        """The most probable labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def perturb(self, X: MatrixLike, y: ArrayLike) -> np.ndarray:
        """Move rows to the worst place near them, for the network as it is now.

        The accuracy on such rows is the robust accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        ndarray of float32 of the shape of X
            Each value within `eps` of that of X, and within the bounds.

        Raises
        ------
        ValueError
            For a label that was not seen during `fit`, besides invalid input.
        """
        check_is_fitted(self)
        X, y = self._validate(X, y, reset=False)
        target = label_positions(y, self.classes_)
        device = torch_device(self.device)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        size = self.net_.batch_size if self.net_.batch_size > 0 else len(X)
        moved = []
        with seeded(seed, device):
            for start in range(0, len(X), size):
                rows, labels = (
                    torch.as_tensor(part[start : start + size], device=device)
                    for part in (X, target)
                )
                moved.append(self._worst(self.net_, rows, labels).cpu().numpy())
        return np.concatenate(moved)

    @property
    def module_(self) -> nn.Module:
        """The torch module of `net_`."""
        check_is_fitted(self)
        return self.net_.module_

    def _checkpoint(self, X, target, seed):
        if self.checkpoint is None:
            return None
        if self.random_state is None:
            raise ValueError(
                "checkpoint needs a random_state: without, every fit is another one, "
                "and none can go on."
            )
        ascent = self.eps, self.step_size, self.n_steps, self.random_start, self.bounds
        return Checkpoint(
            self.checkpoint, self.net, (X, target, seed, ascent, self.precision)
        )

    def _worst(self, net, X, target):
        net.module_.eval()

        def loss(moved):
            return net.get_loss(net.infer(moved), target, X=moved, training=False)

        return worst_near(
            loss,
            X,
            eps=self.eps,
            step_size=self.step_size,
            n_steps=self.n_steps,
            random_start=self.random_start,
            bounds=self.bounds,
        )

    def _validate(self, X, *y, reset):
        y = [target_column(labels) for labels in y]
        checked = validate_data(
            self, X, *y, reset=reset, dtype=np.float32, allow_nd=True
        )
        X, *y = checked if y else (checked,)
        X = within_bounds(
            X,
            check_bounds(self.bounds),
            name="X",
            advice="scale X, divide bytes by 255, or say what the bounds are.",
        )
        return X, *y

"""Gradient matching: poisons that train the network as the target would."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike

from ..._torch.device import torch_device
from ..._torch.seeding import seeded_generator
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import check_two_classes, distinct_labels, position_of
from ..._utils.parameters import Interval, StrOptions, fit_context
from ..._utils.targets import target_column
from ..._utils.typing import Device, MatrixLike, RandomState
from .._clean_label._attack import CleanLabelAttack
from .._gradient._victim import Victim
from ._augmentation import RandomViews
from ._matching import GradientMatch

if TYPE_CHECKING:
    from skorch import NeuralNet
    from torch import nn

__all__ = ["GradientMatchingAttack"]

# The step falls to a tenth after these shares of the iterations.
_DECAYS = (3 / 8, 5 / 8, 7 / 8)


class GradientMatchingAttack(CleanLabelAttack):
    r"""Perturb correctly labelled rows until they train as the target would (GM).

    The poisons :math:`x_1, \ldots, x_P` of the class c minimise

    .. math:: 1 - \cos\Bigl(\nabla_\theta L(x_t, c),
        \; \nabla_\theta \frac{1}{P} \sum_j L(x_j, c)\Bigr)

    within eps of their bases, where :math:`x_t` is the target, L the cross-entropy and
    :math:`\theta` all parameters of a network that was trained on the clean rows. A
    victim that trains its whole network on the poisoned set, from scratch, then learns
    to take the target for c without having seen it: each step that lowers the loss of
    the poisons lowers that of the target too ("Witches' Brew" [1]_).

    Steps follow the sign of the gradient, by Adam, and fall to a tenth three times on
    the way. Of several restarts from random perturbations the best is kept.

    The attack assumes that the victim trains a network like one of the surrogates. A
    victim that keeps its features and learns a linear head alone is fooled by fewer
    poisons of :class:`BullseyePolytopeAttack`.

    Parameters
    ----------
    surrogates : torch.nn.Module, skorch.NeuralNet, or list of them
        Trained networks that give one logit per class. They are copied and used in eval
        mode, their losses averaged. A skorch net must have its weights and may give
        probabilities where its criterion is NLLLoss.
    poison_class : label
        The class of the bases and of the poisons, and what the victim shall answer for
        the target.
    n_poisons : int
        Poisons per target; 1 % of the training rows in [1]_.
    eps : float in (0, 1], default=16/255
        Largest change of an input value, where inputs lie in [0, 1].
    lr : float, default=0.025
        First step of Adam, in the units of the input; .1 in [1]_, in units of the
        standard deviation of a pixel.
    max_iter : int, default=250
        Steps of Adam.
    n_restarts : int, default=8
        Random perturbations to start from.
    max_shift : int, default=0
        Pixels by which the victim's training shifts images at random, which the poisons
        then allow for; 4 for images of 32 x 32 pixels in [1]_.
    flip : bool, default=False
        Whether the victim's training mirrors images at random.
    bases : {"random", "first"} or array-like of int, default="random"
        The rows of `poison_class` to start from: random ones, the first ones, or the
        given ones, of shape (n_poisons,) or (n_targets, n_poisons).
    insert : {"append", "replace"}, default="replace"
        Whether `fit_poison` puts the poisons in the place of their bases, as in [1]_,
        or adds them.
    classes : array-like of shape (n_classes,), default=None
        The labels in the order of the outputs of the network. None: the labels in y,
        sorted.
    random_state : int, RandomState instance or None, default=None
        Draws the random bases, the perturbations and the views of images.
    device : str or torch.device, default="auto"
        "auto" is the GPU where there is one.
    verbose : bool or int, default=False
        Whether to print the mean loss of the restarts every 100 steps.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels in the order of the outputs.
    base_indices_ : ndarray of int of shape (n_targets, n_poisons)
        Row of X that each poison started from.
    loss_ : ndarray of shape (n_targets,)
        The objective at the poisons: 0 where the gradients point the same way, 1 where
        they have nothing in common.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison; after `fit_poison`.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows; after `fit_poison`.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels, all `poison_class`; after `fit_poison`.

    References
    ----------
    .. [1] J. Geiping, L. Fowl, W. R. Huang, W. Czaja, G. Taylor, M. Moeller,
       T. Goldstein, "Witches' Brew: Industrial Scale Data Poisoning via Gradient
       Matching", ICLR 2021.

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_digits
    >>> from skorch import NeuralNetClassifier
    >>> from skpoison.attacks import GradientMatchingAttack
    >>> from skpoison.embedding import MLP
    >>> X, y = load_digits(return_X_y=True)
    >>> X = (X / 16).astype("float32")
    >>> _ = torch.manual_seed(0)
    >>> net = NeuralNetClassifier(
    ...     MLP(64, 10), criterion=torch.nn.CrossEntropyLoss, lr=0.5, verbose=0
    ... ).fit(X, y)
    >>> attack = GradientMatchingAttack(
    ...     net, poison_class=8, n_poisons=20, eps=0.3, max_iter=50, random_state=0
    ... )
    >>> poisoned = attack.fit_poison(X, y, X_target=X[3])
    >>> poisoned.X.shape, poisoned.is_poison.sum(), bool(attack.loss_[0] < 0.5)
    ((1797, 64), np.int64(20), True)
    """

    _parameter_constraints: dict = {
        **CleanLabelAttack._parameter_constraints,
        "eps": [Interval(Real, 0, 1, closed="right")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "n_restarts": [Interval(Integral, 1, None, closed="left")],
        "max_shift": [Interval(Integral, 0, None, closed="left")],
        "flip": ["boolean"],
        "bases": [StrOptions({"random", "first"}), "array-like"],
        "classes": ["array-like", None],
    }

    def __init__(
        self,
        surrogates: nn.Module | NeuralNet | list[Any],
        *,
        poison_class: Any,
        n_poisons: int,
        eps: float = 16 / 255,
        lr: float = 0.025,
        max_iter: int = 250,
        n_restarts: int = 8,
        max_shift: int = 0,
        flip: bool = False,
        bases: Literal["random", "first"] | ArrayLike = "random",
        insert: Literal["append", "replace"] = "replace",
        classes: ArrayLike | None = None,
        random_state: RandomState = None,
        device: Device = "auto",
        verbose: bool | int = False,
    ) -> None:
        self.surrogates = surrogates
        self.poison_class = poison_class
        self.n_poisons = n_poisons
        self.eps = eps
        self.lr = lr
        self.max_iter = max_iter
        self.n_restarts = n_restarts
        self.max_shift = max_shift
        self.flip = flip
        self.bases = bases
        self.insert = insert
        self.classes = classes
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def craft(self, X: MatrixLike, y: ArrayLike, X_targets: ArrayLike) -> np.ndarray:
        """Craft the poisons against several targets, each in an attack of its own.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The clean training rows, as the surrogates take them, with values in
            [0, 1].
        y : array-like of shape (n_samples,)
            Their labels.
        X_targets : array-like of shape (n_targets, ...)
            The rows that the victims shall take for `poison_class`.

        Returns
        -------
        ndarray of shape (n_targets, n_poisons, ...)
            The poisons of each target, in the floating type of X.

        Raises
        ------
        ValueError
            For values outside [0, 1], rows and targets of different shapes, a
            `poison_class` that y lacks or that has too few rows, bases of another
            class, rows that are no images where `max_shift` or `flip` is set, or a
            surrogate that does not give one logit per class.
        TypeError
            For a surrogate that is no network.
        """
        self.classes_ = (
            distinct_labels(np.asarray(target_column(y)))[0]
            if self.classes is None
            else np.asarray(self.classes)
        )
        check_two_classes(self.classes_, type(self).__name__)
        return super().craft(X, y, X_targets)

    def _load(self, targets):
        if (self.max_shift or self.flip) and targets.ndim != 4:
            raise ValueError(
                f"max_shift={self.max_shift} and flip={self.flip} are for images of "
                "shape (channels, height, width); the rows have the shape "
                f"{tuple(targets.shape[1:])}."
            )
        listed = self.surrogates
        if not isinstance(listed, list | tuple):
            listed = [listed]
        if not listed:
            raise ValueError("surrogates is an empty list: pass at least one network.")
        victims = [Victim(net, torch_device(self.device)) for net in listed]
        for victim in victims:
            victim.check_outputs(targets[:1].to(victim.dtype), len(self.classes_))
        return victims

    def _limits(self, bases):
        return (bases - self.eps).clip(0, 1), (bases + self.eps).clip(0, 1)

    def _perturb(self, nets, bases, targets, rng, n_steps):
        code = position_of(self.poison_class, self.classes_, "poison_class")
        poisons, losses = [], []
        for own_bases, target in zip(bases, targets):
            random = seeded_generator(rng, bases.device)
            matches = [GradientMatch(net, target[None], code) for net in nets]
            trials, loss = self._craft_trials(matches, own_bases, random, n_steps)
            best = loss.nan_to_num(torch.inf).argmin()
            poisons.append(trials[best])
            losses.append(loss[best])
        return torch.stack(poisons), torch.stack(losses)

    def _craft_trials(self, matches, bases, random, n_steps):
        """The poisons after each restart, and the losses of the restarts."""
        low, high = self._limits(bases)
        shape = (self.n_restarts, *bases.shape)
        noise = torch.randn(shape, generator=random, device=bases.device)
        trials = bases + self.eps * noise.clamp(-1, 1)
        trials = trials.clamp(low, high).requires_grad_()
        views = RandomViews(max_shift=self.max_shift, flip=self.flip, random=random)
        adam = torch.optim.Adam([trials], lr=self.lr)
        decays = [int(share * n_steps) for share in _DECAYS]
        schedule = torch.optim.lr_scheduler.MultiStepLR(adam, decays)
        for step in range(n_steps):
            seen = views(trials.flatten(0, 1)).unflatten(0, trials.shape[:2])
            loss = self._mean_loss(matches, seen)
            (gradient,) = torch.autograd.grad(loss.sum(), trials)
            self._report(step, loss)
            trials.grad = gradient.sign()
            adam.step()
            schedule.step()
            with torch.no_grad():
                trials.clamp_(low, high)
        with torch.no_grad():
            return trials.detach(), self._mean_loss(matches, trials)

    def _mean_loss(self, matches, trials):
        return torch.stack([match(trials) for match in matches]).mean(dim=0)

"""Poisons that collide with their target in feature space."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import torch
from numpy.typing import ArrayLike

from ..._utils.parameters import Interval
from ..._utils.typing import Device, RandomState
from ._attack import CleanLabelAttack, features_of_targets, loss_and_gradient

if TYPE_CHECKING:
    from torch import nn


class FeatureCollisionAttack(CleanLabelAttack):
    """Perturb correctly labelled rows until each has the features of the target.

    For each target t and each base b, with the watermarked base
    w = watermark x t + (1 - watermark) x b as the start, the poison x minimises::

        mean over surrogates of  || phi(x) - phi(t) ||^2  +  beta / 2  || x - w ||^2

    over values in [0, 1]. A victim that trains a linear head on these features cannot
    tell the poisons, labelled `poison_class`, from the target. Each poison works alone,
    and how far it moves is limited by `beta` and not by a bound.

    The attack assumes that the victim's features resemble those of some surrogate and
    stay fixed while it learns; it is weak against a victim that trains the whole
    network. The watermark shows in the input. In feature space the poisons lie in the
    midst of another class, which :class:`~skpoison.defenses.DeepKNNFilter` finds when k
    exceeds twice `n_poisons`.

    Parameters
    ----------
    surrogates : torch.nn.Module, fitted NetEmbedding, or list of them
        Networks that map float32 inputs to features. They are copied and used in eval
        mode; what they normalise is their own business.
    poison_class : label
        The class of the bases and of the poisons, and what the victim shall answer for
        the target.
    n_poisons : int
        Poisons per target; 50 in [2]_.
    watermark : float in [0, 1], default=0.3
        Opacity of the target in the row that a poison starts from and is held to.
    beta : float, default=0.1
        Weight of the distance to the watermarked base, relative to the squared distance
        of the features. [1]_ uses .25 (width of the features / number of inputs)^2 for
        a single poison without a watermark.
    lr : float, default=0.01
        Step of Adam, in the units of the input.
    max_iter : int, default=1000
        Steps of Adam.
    bases : {"nearest", "reachable", "first", "random"} or array-like of int, \
            default="nearest"
        The rows of `poison_class` to start from: those nearest to the target in feature
        space; of 4 `n_poisons` of these the ones that a third of the steps brings
        nearest, each by itself; the first ones; random ones as in [2]_; or the given
        ones, of shape (n_poisons,) or (n_targets, n_poisons).
    insert : {"append", "replace"}, default="append"
        Whether `fit_poison` adds the poisons or puts them in the place of their bases.
    random_state : int, RandomState instance or None, default=None
        Draws the random bases.
    device : str or torch.device, default="auto"
        "auto" is the GPU where there is one.
    verbose : bool or int, default=False
        Whether to print the mean loss every 100 steps.

    Attributes
    ----------
    base_indices_ : ndarray of int of shape (n_targets, n_poisons)
        Row of X that each poison started from.
    loss_ : ndarray of shape (n_targets, n_poisons)
        The objective at the poisons.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison; after `fit_poison`.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows; after `fit_poison`.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels, all `poison_class`; after `fit_poison`.

    Notes
    -----
    As in [1]_ a gradient step on the features alternates with the proximal step
    (x + s beta w) / (1 + s beta) of the distance to w. That step belongs to beta / 2,
    not to the beta of the objectives printed in [1]_ and [2]_. The gradient step is one
    of Adam, and s is, value by value, the length of it per unit of gradient: with the
    learning rate for s, the iteration would settle where the objective is not at its
    minimum. Of each poison the best iterate is returned.

    References
    ----------
    .. [1] A. Shafahi, W. R. Huang, M. Najibi, O. Suciu, C. Studer, T. Dumitras,
       T. Goldstein, "Poison Frogs! Targeted Clean-Label Poisoning Attacks on Neural
       Networks", NeurIPS 2018, equation 1 and algorithm 1.
    .. [2] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 5.1.

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.attacks import FeatureCollisionAttack
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU())
    >>> attack = FeatureCollisionAttack(net, poison_class=8, n_poisons=5, max_iter=100)
    >>> poisoned = attack.fit_poison(X, y, X_target=X[3])
    >>> poisoned.X.shape, poisoned.is_poison.sum(), attack.loss_.shape
    ((1802, 64), np.int64(5), (1, 5))
    """

    _parameter_constraints: dict = {
        **CleanLabelAttack._parameter_constraints,
        "watermark": [Interval(Real, 0, 1, closed="both")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        surrogates: nn.Module | Any | list[Any],
        *,
        poison_class: Any,
        n_poisons: int,
        watermark: float = 0.3,
        beta: float = 0.1,
        lr: float = 0.01,
        max_iter: int = 1000,
        bases: Literal["nearest", "reachable", "first", "random"]
        | ArrayLike = "nearest",
        insert: Literal["append", "replace"] = "append",
        random_state: RandomState = None,
        device: Device = "auto",
        verbose: bool | int = False,
    ) -> None:
        self.surrogates = surrogates
        self.poison_class = poison_class
        self.n_poisons = n_poisons
        self.watermark = watermark
        self.beta = beta
        self.lr = lr
        self.max_iter = max_iter
        self.bases = bases
        self.insert = insert
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    def _perturb(self, nets, bases, targets, rng, n_steps):
        goals = [features_of_targets(net, targets) for net in nets]
        objectives = [_squared_distances] * len(nets)
        marked = self.watermark * targets[:, None] + (1 - self.watermark) * bases
        poisons = best = marked
        lowest = torch.full(bases.shape[:2], torch.inf, device=bases.device)
        adam = _AdamStep(self.lr)
        for step in range(n_steps + 1):
            loss, gradient = loss_and_gradient(nets, goals, objectives, poisons)
            loss = loss + self.beta / 2 * _squared_norms(poisons - marked)
            self._report(step, loss)
            # Not "loss < lowest", which would pass over a loss that is not a number.
            fell = ~(loss >= lowest)
            best = torch.where(_like_rows(fell, poisons), poisons, best)
            lowest = torch.where(fell, loss, lowest)
            direction, scale = adam(gradient)
            pull = scale * self.beta
            forward = poisons - scale * direction
            poisons = ((forward + pull * marked) / (1 + pull)).clamp(0, 1)
        return best, lowest


class _AdamStep:
    """Adam's step as a direction and the length per value to go along it."""

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8):
        self._lr, self._betas, self._eps = lr, betas, eps
        self._moments = (0.0, 0.0)
        self._n_steps = 0

    def __call__(self, gradient):
        self._n_steps += 1
        powers = (gradient, gradient.square())
        self._moments = tuple(
            beta * moment + (1 - beta) * power
            for beta, moment, power in zip(self._betas, self._moments, powers)
        )
        first, second = (
            moment / (1 - beta**self._n_steps)
            for beta, moment in zip(self._betas, self._moments)
        )
        return first, self._lr / (second.sqrt() + self._eps)


def _squared_distances(features, goal):
    return (features - goal[:, None]).square().sum(dim=2)


def _squared_norms(rows):
    return rows.square().flatten(2).sum(dim=2)


def _like_rows(flags, rows):
    return flags.reshape(*flags.shape, *[1] * (rows.ndim - 2))

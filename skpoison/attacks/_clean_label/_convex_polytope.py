"""Poisons whose convex hull holds the target."""

import numpy as np
import torch

from ..._utils.simplex import nearest_hull_weights
from ._polytope import PolytopeAttack


class ConvexPolytopeAttack(PolytopeAttack):
    """Perturb correctly labelled rows until their convex hull reaches the target.

    For each target t the poisons x_1 .. x_P minimise::

        mean over surrogates of  min_c || sum_j c_j phi(x_j) - phi(t) ||^2
                                 / (2 || phi(t) ||^2)

    over weights c >= 0 that sum to one, each surrogate having its own, within eps of
    rows of `poison_class`. A victim that trains a linear head on these features and
    fits its poisons takes every point of their hull for `poison_class`. Each step of
    Adam follows the gradient at the best weights, which projected gradients find to
    within 1e-7 of the objective.

    The hull asks less than the mean of :class:`BullseyePolytopeAttack`, and a target at
    its very edge is easily lost: prefer that attack, unless this is the one to study.
    Both assume that the victim's features resemble those of some surrogate and stay
    fixed while it learns, and both are found by
    :class:`~skpoison.defenses.DeepKNNFilter` when k exceeds twice `n_poisons`.

    Parameters
    ----------
    surrogates : torch.nn.Module, fitted NetEmbedding, or list of them
        Networks that map float32 inputs to features. They are copied and used in eval
        mode; what they normalise is their own business.
    poison_class : label
        The class of the bases and of the poisons, and what the victim shall answer for
        the target.
    n_poisons : int, default=5
        Poisons per target.
    eps : float in (0, 1], default=0.1
        Largest change of an input value, where inputs lie in [0, 1].
    lr : float, default=0.01
        Step of Adam, in the units of the input. (The .04 of [1]_ are in units of the
        standard deviation of CIFAR-10, .25.)
    max_iter : int, default=800
        Steps of Adam.
    bases : {"nearest", "reachable", "first", "random"} or array-like of int, \
            default="nearest"
        The rows of `poison_class` to start from: those nearest to the target in feature
        space; of 4 `n_poisons` of these the ones that a third of the steps brings
        nearest, each by itself, which fools more victims where `eps` binds and takes up
        to 2.3 times as long; the first ones; random ones; or the given ones, of shape
        (n_poisons,) or (n_targets, n_poisons).
    insert : {"append", "replace"}, default="append"
        Whether `fit_poison` adds the poisons or puts them in the place of their bases.
    dropout_draws : int, default=0
        0 crafts with the surrogates as they predict. Otherwise their dropout layers
        stay on, the features of the poisons are averaged over this many draws per step,
        and those of the target over draws made once; 1 is the setting of [1]_.
    random_state : int, RandomState instance or None, default=None
        Draws the random bases and the dropout.
    device : str or torch.device, default="auto"
        "auto" is the GPU where there is one.
    verbose : bool or int, default=False
        Whether to print the mean loss every 100 steps.

    Attributes
    ----------
    base_indices_ : ndarray of int of shape (n_targets, n_poisons)
        Row of X that each poison started from.
    loss_ : ndarray of shape (n_targets,)
        The objective at the poisons.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison; after `fit_poison`.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows; after `fit_poison`.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels, all `poison_class`; after `fit_poison`.

    References
    ----------
    .. [1] C. Zhu, W. R. Huang, A. Shafahi, H. Li, G. Taylor, C. Studer, T. Goldstein,
       "Transferable Clean-Label Poisoning Attacks on Deep Neural Nets", ICML 2019,
       section 3, equation 2.
    .. [2] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 5.2.

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.attacks import ConvexPolytopeAttack
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU())
    >>> attack = ConvexPolytopeAttack(net, poison_class=8, eps=0.3, max_iter=50)
    >>> attack.craft(X, y, X_targets=X[[3, 13, 23]]).shape
    (3, 5, 64)
    """

    def _objective(self):
        return _DistanceToHull()


class _DistanceToHull:
    """Squared relative distance of the targets to the hulls of their poisons, halved.

    Successive calls start from the last weights. The weights count as constants in the
    gradient, which at the best weights is exact.
    """

    def __init__(self):
        self._weights = None

    def __call__(self, features, goal):
        goal = goal[:, None]
        offsets = features - goal
        offsets = offsets / torch.linalg.vector_norm(goal, dim=2, keepdim=True)
        weights = torch.as_tensor(self._nearest(offsets.detach())).to(offsets)
        return torch.einsum("tp,tpw->tw", weights, offsets).square().sum(dim=1) / 2

    def _nearest(self, offsets):
        # A few numbers per target, for which numpy is faster than any torch device.
        gram = (offsets @ offsets.mT).cpu().double().numpy()
        # Weights of no meaning, since the loss will not be finite either.
        gram[~np.isfinite(gram)] = 0
        if self._weights is None:
            self._weights = np.full(gram.shape[:2], 1 / gram.shape[1])
        self._weights = nearest_hull_weights(gram, self._weights, tol=1e-7)
        return self._weights

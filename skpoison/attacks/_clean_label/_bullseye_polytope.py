"""Poisons whose mean is the target."""

import torch

from ._polytope import PolytopeAttack


class BullseyePolytopeAttack(PolytopeAttack):
    """Perturb correctly labelled rows until their mean feature is the target's.

    For each target t the poisons x_1 .. x_P minimise::

        mean over surrogates of  || mean_j phi(x_j) - phi(t) || / || phi(t) ||

    within eps of rows of `poison_class`, by Adam and clipping. A victim that trains a
    linear head on these features and fits its poisons takes the target for
    `poison_class`, since a linear score of the mean is the mean of the scores. It needs
    no inner optimisation, and with several surrogates it transfers better than
    :class:`ConvexPolytopeAttack`.

    The attack assumes that the victim's features resemble those of some surrogate and
    stay fixed while it learns. It gives itself away in feature space: the poisons
    surround a row of another class, which :class:`~skpoison.defenses.DeepKNNFilter`
    finds when k exceeds twice `n_poisons`.

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
        Step of Adam, in the units of the input.
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
        stay on, the features of the poisons are averaged over this many draws per step
        (`net_repeat` in [1]_), and those of the target over draws made once.
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
    .. [1] H. Aghakhani, D. Meng, Y.-X. Wang, C. Kruegel, G. Vigna, "Bullseye Polytope:
       A Scalable Clean-Label Poisoning Attack with Improved Transferability", EuroS&P
       2021, equation 2.

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.attacks import BullseyePolytopeAttack
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU())
    >>> attack = BullseyePolytopeAttack(net, poison_class=8, eps=0.3, max_iter=50)
    >>> poisoned = attack.fit_poison(X, y, X_target=X[3])
    >>> poisoned.X.shape, poisoned.is_poison.sum(), attack.y_poison_
    ((1802, 64), np.int64(5), array([8, 8, 8, 8, 8]))
    """

    def _objective(self):
        return _distance_of_mean


def _distance_of_mean(features, goal):
    error = torch.linalg.vector_norm(features.mean(dim=1) - goal, dim=1)
    return error / torch.linalg.vector_norm(goal, dim=1)

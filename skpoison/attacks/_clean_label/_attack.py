"""What the clean-label attacks share: all targets' poisons are crafted at once."""

from __future__ import annotations

from abc import abstractmethod
from math import ceil
from numbers import Integral

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from ..._torch.device import torch_device
from ..._torch.shapes import conversion
from ..._utils.bounds import within_bounds
from ..._utils.containers import check_rows
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import distinct_labels
from ..._utils.messages import plain
from ..._utils.parameters import Interval, StrOptions, fit_context
from ..._utils.targets import target_column
from ..._utils.typing import MatrixLike
from ...base import PoisonAttack, PoisonedData
from ._surrogates import load_surrogates

# With bases="reachable" so many times n_poisons rows are tried, with this share of the
# steps.
_TRIED, _TRIAL_STEPS = 4, 1 / 3


class CleanLabelAttack(PoisonAttack):
    """Base of the targeted attacks that perturb rows and keep their true label.

    A subclass writes `_perturb`, which moves the bases of all targets at once.
    Validation, the choice of the bases, the surrogates and the assembly of the
    poisoned set live here.
    """

    _parameter_constraints: dict = {
        "surrogates": "no_validation",
        "poison_class": "no_validation",
        "n_poisons": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "bases": [
            StrOptions({"nearest", "reachable", "first", "random"}),
            "array-like",
        ],
        "insert": [StrOptions({"append", "replace"})],
        "random_state": ["random_state"],
        "device": "no_validation",
        "verbose": ["verbose"],
    }

    @abstractmethod
    def _perturb(self, nets, bases, targets, rng, n_steps):
        """Craft the poisons.

        Parameters
        ----------
        nets : list of Surrogate
        bases : tensor of shape (n_targets, n_poisons, ...)
        targets : tensor of shape (n_targets, ...)
        rng : RandomState
        n_steps : int

        Returns
        -------
        poisons : tensor like bases
        loss : tensor of shape (n_targets,) or (n_targets, n_poisons)
            The objective at the poisons.
        """

    def _load(self, targets):
        """The networks that the poisons are crafted against."""
        nets = load_surrogates(self.surrogates, targets)
        with torch.enable_grad():
            _check_gradient(nets, targets)
        return nets

    def _limits(self, bases):
        """Lowest and highest allowed values of the poisons; arrays or tensors."""
        return 0.0, 1.0

    def _report(self, step, loss):
        if self.verbose and step % 100 == 0:
            print(f"step {step}: mean loss {loss.mean():.4f}")

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def fit_poison(  # type: ignore[override]  # has a target
        self, X: MatrixLike, y: ArrayLike, X_target: ArrayLike
    ) -> PoisonedData:
        """Poison a training set against one target.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The clean training rows, as the surrogates take them, with values in
            [0, 1].
        y : array-like of shape (n_samples,)
            Their labels.
        X_target : array-like of shape (...) or (1, ...)
            The row that the victim shall take for `poison_class`.

        Returns
        -------
        PoisonedData
            X, y and is_poison of the poisoned set.

        Raises
        ------
        ValueError
            As `craft`.
        """
        check_rows(X)
        y = target_column(y)
        X_target = np.asarray(X_target)
        if X_target.ndim == np.ndim(X) - 1:
            X_target = X_target[None]
        if len(X_target) != 1:
            raise ValueError(
                f"X_target must hold one row; it holds {len(X_target)}. For several "
                "targets use craft."
            )
        X_poison = self.craft(X, y, X_target)[0]
        rows = self.base_indices_[0]
        y_poison = np.asarray(y)[rows]
        if self.insert == "replace":
            return self._replace(X, y, rows, X_poison, y_poison)
        return self._append(X, y, X_poison, y_poison)

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def craft(self, X: MatrixLike, y: ArrayLike, X_targets: ArrayLike) -> np.ndarray:
        """Craft the poisons against several targets, all at once.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The clean training rows, as the surrogates take them, with values in
            [0, 1].
        y : array-like of shape (n_samples,)
            Their labels.
        X_targets : array-like of shape (n_targets, ...)
            The rows that the victims shall take for `poison_class`, each of them in
            an attack of its own.

        Returns
        -------
        ndarray of shape (n_targets, n_poisons, ...)
            The poisons of each target, in the floating type of X.

        Raises
        ------
        ValueError
            For values outside [0, 1], rows and targets of different shapes, a
            `poison_class` that y lacks or that has too few rows, bases of another
            class, or a surrogate that cannot be attacked by its gradient.
        TypeError
            For a surrogate that is no network.
        """
        X, y, X_targets = _validated(X, y, X_targets)
        rng = check_random_state(self.random_state)
        device = torch_device(self.device)
        targets = _tensor(X_targets, device)
        nets = self._load(targets)
        with torch.enable_grad():
            self.base_indices_ = self._choose_bases(X, y, targets, nets, rng)
            bases = X[self.base_indices_]
            poisons, loss = self._perturb(
                nets, _tensor(bases, device), targets, rng, self.max_iter
            )
        if not loss.isfinite().all():
            raise ValueError(
                f"The objective of {type(self).__name__} is not finite after crafting. "
                "Lower lr, or look for overflow in the surrogates."
            )
        self.loss_ = loss.cpu().numpy()
        # Once more in the type of X, where the limits differ by a rounding error.
        return np.clip(poisons.cpu().numpy().astype(X.dtype), *self._limits(bases))

    def _choose_bases(self, X, y, targets, nets, rng):
        """Rows of the poison class to start from, (n_targets, n_poisons)."""
        n_targets, n_poisons = len(targets), self.n_poisons
        candidates = np.flatnonzero(y == self.poison_class)
        if len(candidates) == 0:
            raise ValueError(
                f"poison_class={plain(self.poison_class)!r} is not among the labels in "
                f"y: {distinct_labels(y)[0].tolist()}."
            )
        if not isinstance(self.bases, str):
            return self._given_bases(candidates, n_targets)
        if len(candidates) < n_poisons:
            raise ValueError(
                f"n_poisons={n_poisons} needs as many bases, but class "
                f"{plain(self.poison_class)!r} has {len(candidates)} rows."
            )
        if self.bases == "first":
            return np.tile(candidates[:n_poisons], (n_targets, 1))
        if self.bases == "random":
            drawn = [
                rng.choice(candidates, n_poisons, replace=False)
                for _ in range(n_targets)
            ]
            return np.array(drawn)
        distance = _relative_distances(
            nets, _tensor(X[candidates], targets.device), targets
        )
        order = np.argsort(distance, axis=1, kind="stable")
        if self.bases == "nearest":
            return candidates[order[:, :n_poisons]]
        tried = candidates[order[:, : _TRIED * n_poisons]]
        loss = self._approach(_tensor(X[tried], targets.device), targets, nets, rng)
        best = np.argsort(loss, axis=1, kind="stable")[:, :n_poisons]
        return np.take_along_axis(tried, best, axis=1)

    def _approach(self, tried, targets, nets, rng):
        """The objective of each row, were it the only poison: (n_targets, n_tried)."""
        n_targets, n_tried = tried.shape[:2]
        n_steps = ceil(_TRIAL_STEPS * self.max_iter)
        alone = tried.flatten(0, 1)[:, None]
        goals = targets.repeat_interleave(n_tried, dim=0)
        _, loss = self._perturb(nets, alone, goals, rng, n_steps)
        return loss.reshape(n_targets, n_tried).cpu().numpy()

    def _given_bases(self, candidates, n_targets):
        given = np.asarray(self.bases)
        shapes = {(self.n_poisons,), (n_targets, self.n_poisons)}
        if given.shape not in shapes or given.dtype.kind not in "iu":
            raise ValueError(
                f"bases must hold n_poisons={self.n_poisons} row indices, for all "
                f"targets or for each of the {n_targets}; got {given.dtype} of shape "
                f"{given.shape}."
            )
        given = np.broadcast_to(given, (n_targets, self.n_poisons)).copy()
        strangers = np.setdiff1d(given, candidates)
        if len(strangers):
            raise ValueError(
                "bases must be indices of rows of class "
                f"{plain(self.poison_class)!r}; {strangers[:5].tolist()} are not."
            )
        if (np.diff(np.sort(given, axis=1)) == 0).any():
            raise ValueError("bases must not name a row twice for the same target.")
        return given


def features_of_targets(net, targets):
    """Features of the targets, (n_targets, width), none of them zero."""
    features = net.constant_features(targets)
    zero = ~features.any(dim=1)
    if zero.any():
        raise ValueError(
            f"{net.name} maps target {int(zero.nonzero()[0, 0])} to features that are "
            "all zero: nothing is near them in relative terms. Use another layer."
        )
    return features


def loss_and_gradient(nets, goals, objectives, poisons):
    """The objective, averaged over the surrogates, and its gradient.

    One surrogate at a time, so that the graph of one alone is in memory.

    Parameters
    ----------
    nets : list of Surrogate
    goals : list of tensor of shape (n_targets, width)
        Features of the targets, per surrogate.
    objectives : list of callable
        Per surrogate: takes the features of the poisons, (n_targets, n_poisons, width),
        and the goal; returns a loss per target or per poison.
    poisons : tensor of shape (n_targets, n_poisons, ...)

    Returns
    -------
    loss : tensor
        Like what the objectives return.
    gradient : tensor like poisons
    """
    poisons = poisons.detach().requires_grad_()
    losses, gradient = [], torch.zeros_like(poisons)
    for net, goal, objective in zip(nets, goals, objectives):
        features = net(poisons.flatten(0, 1)).unflatten(0, poisons.shape[:2])
        loss = objective(features, goal)
        gradient += torch.autograd.grad(loss.sum(), poisons)[0] / len(nets)
        losses.append(loss.detach())
    return torch.stack(losses).mean(dim=0), gradient


def _relative_distances(nets, rows, targets):
    """Distance of each row to each target in feature space, in units of the target's
    norm, averaged over the surrogates: ndarray of shape (n_targets, n_rows).
    """
    total = torch.zeros(len(targets), len(rows), device=rows.device)
    for net in nets:
        goal = features_of_targets(net, targets)
        distance = torch.cdist(
            goal,
            net.constant_features(rows),
            compute_mode="donot_use_mm_for_euclid_dist",
        )
        total += distance / torch.linalg.vector_norm(goal, dim=1, keepdim=True)
    return (total / len(nets)).cpu().numpy()


def _validated(X, y, X_targets):
    """X and the targets as arrays of one floating type, y as an array."""
    check_rows(X)
    X = check_array(X, dtype=(np.float64, np.float32), allow_nd=True, input_name="X")
    y = column_or_1d(target_column(y))
    check_consistent_length(X, y)
    X_targets = check_array(
        X_targets, dtype=X.dtype, ensure_2d=False, allow_nd=True, input_name="X_targets"
    )
    if X_targets.shape[1:] != X.shape[1:]:
        raise ValueError(
            f"X holds rows of shape {X.shape[1:]}, but X_targets has the shape "
            f"{X_targets.shape}."
            + conversion("X_targets", X_targets.shape, X.shape[1:])
        )
    X, X_targets = (
        within_bounds(
            values,
            (0.0, 1.0),
            name=name,
            advice=f"for pixels up to 255 pass {name} / 255; values that were "
            "normalised leave to the surrogate to normalise.",
        )
        for name, values in (("X", X), ("X_targets", X_targets))
    )
    return X, y, X_targets


def _check_gradient(nets, targets):
    row = targets[:1].clone().requires_grad_()
    for net in nets:
        if not net(row).requires_grad:
            raise ValueError(
                f"{net.name} returns features without a gradient with respect to its "
                "input. Its forward must not detach them nor run under torch.no_grad."
            )


def _tensor(rows, device):
    return torch.tensor(rows, dtype=torch.float32, device=device)

"""Poison for the fine-tuning of a network, by the gradient through its steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from ..._torch.device import torch_device
from ..._torch.seeding import seeded_generator
from ..._utils.bounds import check_bounds, within_bounds
from ..._utils.callbacks import report_iterations
from ..._utils.canonical_order import canonical_order
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import check_two_classes, distinct_labels
from ..._utils.messages import plain
from ..._utils.parameters import Interval, StrOptions, fit_context
from ..._utils.shares import count_poisons
from ..._utils.targets import target_column
from ..._utils.typing import Device, RandomState
from ...base import PoisonAttack, PoisonedData
from ._fine_tuning import FineTuning
from ._points import FreePoints, GeneratedPoints
from ._victim import Victim

if TYPE_CHECKING:
    from skorch import NeuralNet
    from torch import nn

__all__ = ["GradientPoisoningAttack"]


class GradientPoisoningAttack(CallbackSupportMixin, PoisonAttack):
    r"""Poison the fine-tuning of a network by the gradient through its steps (GP).

    The victim has a network with parameters :math:`\theta_0` and fine-tunes it on the
    poison alone, :math:`T` steps of gradient descent on the mean cross-entropy L of all
    the poison rows:

    .. math:: \theta_{t + 1} = \theta_t - \eta \nabla_\theta L(\theta_t; x_p, y_p)

    The attacker chooses wrong labels :math:`y_p`, and then rows :math:`x_p` within the
    bounds that make the loss :math:`L_{val}(\theta_T)` on other rows as large as
    possible. The gradient is exact, through all the steps, for all the rows at once;
    [1]_ has one row and one step, and finite differences in its code.

    `method="direct"` moves every row by ``step`` along the sign of its gradient, and
    clips to the bounds. `method="generative"` makes the rows by an auto-encoder, which
    first learns to reproduce the clean rows and then moves its weights by what it is
    told of the rows it makes. With `feedback="heuristic"` that is, as in the code of
    the authors, one row for all points, :math:`-\mathrm{sign}(\sum dL_{val} / dx)
    \, \mathrm{sign}(L_{val} - L_{val}^{prev})`, summed over the judged rows, which
    looks at how the loss falls on clean rows, not at the poison. `feedback="exact"` is
    the gradient of the direct method, which is our own improvement. Of all rows on the
    way those are kept that do the most harm.

    The attack is one on a fine-tuning step. It does not survive retraining from
    scratch, where the poison is a small share of what the network learns from, and it
    loses most of its force where the victim mixes clean rows into the fine-tuning.
    Much of the harm is done by the wrong labels alone: `initial_data_` holds them
    with the rows as they were, and `initial_loss_` tells what they do.

    The network is in eval mode throughout: no dropout, batch norms with the
    statistics that they have, of which the affine parameters move. Parameters that do
    not require a gradient stay; freeze a body to attack the fine-tuning of its head.

    Parameters
    ----------
    net : torch.nn.Module or skorch.NeuralNet
        The trained network under attack. It is copied and never changed. A module
        gives one logit per class; a skorch net must have its weights and may give
        probabilities where its criterion is NLLLoss. Clones of skorch nets have no
        weights: where the attack will be cloned, pass the module.
    method : {"direct", "generative"}, default="direct"
        Whether the rows move themselves or the weights of an auto-encoder do.
    rate : float, default=None
        Number of poison rows as a share of the rows given.
    n_poisons : int, default=None
        Number of poison rows. Give either this or `rate`.
    y_poison : {"next", "random"} or array-like of shape (n_poisons,), default="next"
        The wrong labels. "next": of each initial row the class after its own, the first
        after the last, as in [1]_. "random": another class. An array: these labels, of
        initial rows that have others.
    inner_steps : int, default=10
        The victim's steps T.
    inner_lr : float, default=0.05
        The victim's learning rate :math:`\eta`.
    step : float, default=0.1
        Length of a step of the direct method, in the units of X.
    max_iter : int, default=20
        Number of steps of the rows or of the auto-encoder.
    feedback : {"exact", "heuristic"}, default="exact"
        What the auto-encoder learns from.
    hidden_layer_sizes : sequence of int, default=(128, 32, 128)
        Hidden layers of the auto-encoder.
    learning_rate : float, default=3e-3
        Of Adam, for the auto-encoder.
    bounds : tuple of two floats, default=(0, 1)
        Least and largest value of the poison.
    classes : array-like of shape (n_classes,), default=None
        The labels in the order of the outputs of the network. None: the labels in y,
        sorted.
    device : str or torch.device, default="auto"
        Where torch computes; "auto" is the first GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        Draws the initial rows, random labels and the auto-encoder.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels in the order of the outputs.
    initial_data_ : PoisonedData
        The poisoned set with the initial rows in place of the poison: training rows
        with the wrong labels.
    clean_loss_ : float
        :math:`L_{val}` before the fine-tuning.
    initial_loss_ : float
        After fine-tuning on the initial rows.
    loss_ : float
        After fine-tuning on the poison.
    loss_curve_ : ndarray of shape (`n_iter_` + 1,)
        The same for the rows before the first step and after each.
    n_iter_ : int
        Number of steps, fewer than `max_iter` where a callback ended them.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison: the last ones.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels.

    See Also
    --------
    PGANAttack : Poisons training from scratch.

    References
    ----------
    .. [1] C. Yang, Q. Wu, H. Li, Y. Chen, "Generative Poisoning Attack Method Against
       Neural Networks", 2017 (arXiv 1703.01340).
    .. [2] J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning
       Attacks", 2021, sections V and VI-G (GP-attack).

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_digits
    >>> from skorch import NeuralNetClassifier
    >>> from skpoison.attacks import GradientPoisoningAttack
    >>> from skpoison.embedding import MLP
    >>> X, y = load_digits(return_X_y=True)
    >>> X = (X / 16).astype("float32")
    >>> _ = torch.manual_seed(0)
    >>> net = NeuralNetClassifier(
    ...     MLP(64, 10), criterion=torch.nn.CrossEntropyLoss, lr=0.5, verbose=0
    ... ).fit(X, y)
    >>> attack = GradientPoisoningAttack(net, n_poisons=20, random_state=0)
    >>> poisoned = attack.fit_poison(X, y)
    >>> poisoned.X.shape, poisoned.is_poison.sum()
    ((1817, 64), np.int64(20))
    >>> attack.clean_loss_ < attack.initial_loss_ < attack.loss_
    True
    >>> victim = attack.fine_tune(attack.X_poison_, attack.y_poison_)
    >>> bool((victim(torch.tensor(X)).argmax(1).numpy() == y).mean() < 0.5)
    True
    """

    _parameter_constraints: dict = {
        "net": "no_validation",
        "method": [StrOptions({"direct", "generative"})],
        "rate": [Interval(Real, 0, None, closed="neither"), None],
        "n_poisons": [Interval(Integral, 1, None, closed="left"), None],
        "y_poison": [StrOptions({"next", "random"}), "array-like"],
        "inner_steps": [Interval(Integral, 1, None, closed="left")],
        "inner_lr": [Interval(Real, 0, None, closed="neither")],
        "step": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "feedback": [StrOptions({"exact", "heuristic"})],
        "hidden_layer_sizes": ["array-like"],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "bounds": [tuple, list],
        "classes": ["array-like", None],
        "device": [str, object],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        net: nn.Module | NeuralNet,
        *,
        method: Literal["direct", "generative"] = "direct",
        rate: float | None = None,
        n_poisons: int | None = None,
        y_poison: Literal["next", "random"] | ArrayLike = "next",
        inner_steps: int = 10,
        inner_lr: float = 0.05,
        step: float = 0.1,
        max_iter: int = 20,
        feedback: Literal["exact", "heuristic"] = "exact",
        hidden_layer_sizes: Sequence[int] = (128, 32, 128),
        learning_rate: float = 3e-3,
        bounds: tuple[float, float] = (0, 1),
        classes: ArrayLike | None = None,
        device: Device = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.net = net
        self.method = method
        self.rate = rate
        self.n_poisons = n_poisons
        self.y_poison = y_poison
        self.inner_steps = inner_steps
        self.inner_lr = inner_lr
        self.step = step
        self.max_iter = max_iter
        self.feedback = feedback
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate = learning_rate
        self.bounds = bounds
        self.classes = classes
        self.device = device
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def fit_poison(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> PoisonedData:
        """Add poison rows to a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows within the bounds, as the network takes them.
        y : array-like of shape (n_samples,)
            Their labels.
        X_val : array-like of shape (n_validation, ...), default=None
            Rows on which the attacker wants a high loss. None: the rows given.
        y_val : array-like of shape (n_validation,), default=None
            Their labels.

        Returns
        -------
        PoisonedData
            The rows given, then the poison.

        Raises
        ------
        ValueError
            For values outside the bounds, a network that does not give one logit per
            class or has no weights, labels that are none of the classes, a loss that is
            not finite, and when neither or both of `rate` and `n_poisons` are given.
        TypeError
            For a `net` that is no network.
        """
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        bounds = check_bounds(self.bounds)
        rows, labels = self._validate(X, y, bounds)
        classes = self._find_classes(labels)
        codes = _positions(labels, classes, "y")
        order = canonical_order(rows, codes)
        rows, codes = rows[order], codes[order]
        judged, judged_codes = rows, codes
        if X_val is not None and y_val is not None:
            judged, judged_labels = self._validate(X_val, y_val, bounds)
            judged_codes = _positions(judged_labels, classes, "y_val")
        elif X_val is not None or y_val is not None:
            raise ValueError("Give both X_val and y_val, or neither.")

        rng = check_random_state(self.random_state)
        n_poisons = count_poisons(self.rate, self.n_poisons, len(codes))
        drawn, poison_codes = self._first_poison(codes, n_poisons, classes, rng)

        victim = Victim(self.net, torch_device(self.device))
        clean, judged, first = (
            self._tensor(values, victim) for values in (rows, judged, rows[drawn])
        )
        victim.check_outputs(first[:2], len(classes))
        fine_tuning = self._fine_tuning(victim, judged, judged_codes)
        poison_labels = self._tensor(poison_codes)
        with torch.enable_grad():
            points = self._points(first, clean, bounds, rng)
            iterations = report_iterations(context, self, range(self.max_iter))
            poison, curve = self._climb(points, fine_tuning, poison_labels, iterations)
            clean_loss, _ = fine_tuning.harm(victim.parameters)
            initial_loss, _ = fine_tuning.harm_after(first, poison_labels)

        self.classes_ = classes
        self.clean_loss_, self.initial_loss_ = clean_loss, initial_loss
        self.loss_, self.loss_curve_ = float(curve.max()), curve
        self.n_iter_ = len(curve) - 1
        y_poison = classes[poison_codes]
        self.initial_data_ = self._append(X, y, rows[drawn], y_poison)
        # Once more in the type of X, where the bounds differ by a rounding error.
        written = np.clip(poison.cpu().numpy().astype(rows.dtype), *bounds)
        poisoned = self._append(X, y, written, y_poison)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return poisoned

    def fine_tune(self, X: ArrayLike, y: ArrayLike) -> nn.Module:
        """Make the victim's steps on other rows, as the attack assumes them.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
        y : array-like of shape (n_samples,)

        Returns
        -------
        torch.nn.Module
            A copy of the network, in eval mode on `device`, that gives what the network
            gives.

        Raises
        ------
        ValueError
            For labels that are none of the classes, besides invalid input.
        sklearn.exceptions.NotFittedError
            Before `fit_poison`.
        """
        if not hasattr(self, "classes_"):
            raise NotFittedError(
                "Call fit_poison first: it tells which classes there are."
            )
        rows, labels = self._validate(X, y, (-math.inf, math.inf))
        codes = _positions(labels, self.classes_, "y")
        victim = Victim(self.net, torch_device(self.device))
        x = self._tensor(rows, victim)
        fine_tuning = self._fine_tuning(victim, x, codes)
        with torch.no_grad():
            tuned = fine_tuning.parameters_after(x, self._tensor(codes))
        return victim.with_parameters(tuned)

    def _validate(self, X, y, bounds):
        X = check_array(
            X, dtype=(np.float64, np.float32), allow_nd=True, input_name="X"
        )
        y = column_or_1d(target_column(y))
        check_consistent_length(X, y)
        X = within_bounds(
            X,
            bounds,
            name="X",
            advice="scale X into the bounds, or set bounds to what the attacker may "
            "write.",
        )
        return X, y

    def _find_classes(self, y):
        classes = (
            distinct_labels(y)[0] if self.classes is None else np.asarray(self.classes)
        )
        check_two_classes(classes, type(self).__name__)
        return classes

    def _first_poison(self, codes, n_poisons, classes, rng):
        """The rows to start from, and the positions of their wrong labels."""
        if isinstance(self.y_poison, str):
            drawn = rng.choice(len(codes), n_poisons, replace=n_poisons > len(codes))
            shift = 1
            if self.y_poison == "random":
                shift = rng.randint(1, len(classes), size=n_poisons)
            return drawn, (codes[drawn] + shift) % len(classes)
        labels = np.asarray(self.y_poison)
        if labels.shape != (n_poisons,):
            raise ValueError(
                f"y_poison must hold {n_poisons} labels, one per poison row; its shape "
                f"is {labels.shape}."
            )
        wanted = _positions(labels, classes, "y_poison")
        others = [np.flatnonzero(codes != code) for code in range(len(classes))]
        return np.array([rng.choice(others[code]) for code in wanted]), wanted

    def _fine_tuning(self, victim, judged, judged_codes):
        return FineTuning(
            victim,
            judged,
            self._tensor(judged_codes),
            n_steps=self.inner_steps,
            lr=self.inner_lr,
        )

    def _points(self, first, clean, bounds, rng):
        if self.method == "direct":
            return FreePoints(first, step=self.step, bounds=bounds)
        return GeneratedPoints(
            first,
            clean,
            hidden_layer_sizes=self.hidden_layer_sizes,
            learning_rate=self.learning_rate,
            bounds=bounds,
            random=seeded_generator(rng, first.device),
        )

    def _climb(self, points, fine_tuning, labels, iterations):
        """The rows that did the most harm, and the harm after each step."""
        heuristic = self.method == "generative" and self.feedback == "heuristic"
        evaluate = fine_tuning.harm_after
        if heuristic:
            evaluate = fine_tuning.harm_by_judged_rows
        best = points.values
        harm, gradient = evaluate(best, labels)
        curve = [_finite(harm, 0)]
        direction = 1.0
        for i in iterations:
            if heuristic:
                gradient = direction * gradient.sign().expand_as(best)
            points.climb(gradient)
            harm, gradient = evaluate(points.values, labels)
            direction = 1.0 if harm > curve[-1] else -1.0
            if harm > max(curve):
                best = points.values
            curve.append(_finite(harm, i + 1))
        return best, np.array(curve)

    def _tensor(self, values, victim=None):
        device = torch_device(self.device)
        dtype = torch.int64 if victim is None else victim.dtype
        return torch.tensor(values, dtype=dtype, device=device)


def _positions(labels, classes, name):
    """Positions of labels among classes in any order."""
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(
            f"{name} holds labels that are none of the classes: "
            f"{plain(unknown[:5])!r}. The classes are {plain(classes)!r}."
        )
    order = np.argsort(classes)
    return order[np.searchsorted(classes, labels, sorter=order)]


def _finite(loss, i):
    if not math.isfinite(loss):
        raise ValueError(
            f"The loss of the fine-tuned network is not finite after step {i}: lower "
            "inner_lr or inner_steps, or look for overflow in net."
        )
    return loss

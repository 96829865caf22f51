"""Poison made by a generative adversarial network (pGAN)."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import column_or_1d

from ..._torch.device import torch_device
from ..._torch.losses import finite_curve, not_finite
from ..._torch.seeding import seeded_generator
from ..._torch.threads import one_thread
from ..._utils.callbacks import report_iterations
from ..._utils.canonical_order import canonical_order
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import encode_labels, position_of
from ..._utils.messages import plain, warn
from ..._utils.parameters import Interval, StrOptions, fit_context
from ..._utils.shares import count_poisons
from ..._utils.targets import target_column
from ..._utils.typing import Device, RandomState
from ...base import PoisonAttack, PoisonedData
from ...exceptions import CollapsedGeneratorWarning
from ._game import PGANGame
from ._row_scale import RowScale

__all__ = ["PGANAttack"]

# Poison rows nearer to one another than this share of the distance of clean rows are
# all the same.
_COLLAPSED = 0.1


class PGANAttack(CallbackSupportMixin, PoisonAttack):
    r"""Poison made by a generator that plays against two networks (pGAN).

    The generator G makes rows that carry the label `poison_class`. A discriminator D
    tells them from true rows of that class. A classifier C stands for the victim: it
    learns from the clean rows and from the poison. The game is

    .. math:: \min_G \max_{D, C} \; \alpha V + (1 - \alpha) W

    .. math:: V = E \log D(x) + E \log (1 - D(G(z)))

    .. math:: W = -\lambda E\, L_C(G(z)) - (1 - \lambda) E\, L_C(x)

    where V is over rows of `poison_class`, L_C is the cross-entropy by the given label
    and :math:`\lambda` the share of the poison in the poisoned set. With `alpha=1` it
    is a GAN of `poison_class`, whose rows harm nobody; with `alpha=0` detection is of
    no concern, and the rows are such that C would give them to another class. What is
    between trades harm for stealth.

    The structure of the game is that of [1]_, but the losses are our reading of it, as
    is all that follows: they could not be checked against the original. G minimises
    :math:`-E \log D(G(z))` in place of the last term of V, which gives a gradient early
    on. The gradient of D by a generated row is often many times that of C, such that
    `alpha` is a switch; `balance="gradient"` brings both to length 1, row by row,
    before they are weighted. C makes several steps at a faster rate for each of G.
    With a slow C the generator is content with rows beyond all others, which C takes
    for another class and no victim minds; a fast one gives these to `poison_class`,
    and leaves to the generator the places where true rows of other classes are.

    Parameters
    ----------
    alpha : float in [0, 1]
        Weight of being hard to detect against doing harm.
    rate : float
        Number of poison rows as a share of the rows given: the share of the poison in
        the poisoned set is rate / (1 + rate), a fifth at .25.
    poison_class : label
        The label of the poison. The victim takes rows of other classes for it.
    target_class : label, default=None
        The class whose rows the victim should take for `poison_class`: G minimises the
        cross-entropy of C by this label. None: G maximises that by `poison_class`,
        which with two classes is nearly the same.
    balance : {"gradient", "none"}, default="gradient"
        Whether the two gradients are brought to one length, or taken as they are.
    hidden_layer_sizes : sequence of int, default=(128,)
        Hidden layers of D and C; for images they follow two convolutions.
    generator_layer_sizes : sequence of int, default=(128, 128)
        Hidden layers of G; for images two convolutions follow.
    noise_dim : int, default=32
        Number of noise variables z, standard normal.
    max_iter : int, default=600
        Number of steps of G.
    n_judge_steps : int, default=3
        Steps of D and of C for each of G.
    batch_size : int, default=256
        Clean rows in a batch, drawn with replacement, and as many generated ones.
    learning_rate : float, default=5e-3
        Of Adam, for D and C. It falls to a tenth in the course of the game.
    generator_learning_rate : float, default=1e-3
        Of Adam, for G; it falls likewise.
    device : str or torch.device, default="auto"
        Where torch computes; "auto" is the first GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        Draws the weights, the batches and the noise.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    loss_curve_ : ndarray of shape (`n_iter_`, 2)
        The losses of D and of C after each step of G.
    n_iter_ : int
        Number of steps of G, fewer than `max_iter` where a callback ended them.
    spread_ : float
        Mean distance of two poison rows, relative to that of two rows of
        `poison_class`.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison: the last ones.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows, each value within the range of the rows given.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels, all `poison_class`.

    Warns
    -----
    CollapsedGeneratorWarning
        When the poison rows are nearly all the same.

    See Also
    --------
    GradientPoisoningAttack : Poisons a fine-tuning step.

    References
    ----------
    .. [1] L. Munoz-Gonzalez, B. Pfitzner, M. Russo, J. Carnerero-Cano, E. C. Lupu,
       "Poisoning Attacks with Generative Adversarial Nets", 2019 (arXiv 1906.07773).
    .. [2] J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning
       Attacks", 2021, sections II-B and VI-D (pGAN-attack).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skpoison.attacks import PGANAttack
    >>> X, y = load_digits(return_X_y=True)
    >>> X, y = X[y > 7], y[y > 7]
    >>> attack = PGANAttack(
    ...     alpha=0.0, rate=0.25, poison_class=8, max_iter=20, random_state=0
    ... )
    >>> poisoned = attack.fit_poison(X, y)
    >>> poisoned.X.shape, poisoned.is_poison.sum(), set(attack.y_poison_.tolist())
    ((442, 64), np.int64(88), {8})
    """

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "rate": [Interval(Real, 0, None, closed="neither")],
        "poison_class": "no_validation",
        "target_class": "no_validation",
        "balance": [StrOptions({"gradient", "none"})],
        "hidden_layer_sizes": ["array-like"],
        "generator_layer_sizes": ["array-like"],
        "noise_dim": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "n_judge_steps": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "generator_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "device": [str, object],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        alpha: float,
        rate: float,
        poison_class: Any,
        target_class: Any = None,
        balance: Literal["gradient", "none"] = "gradient",
        hidden_layer_sizes: Sequence[int] = (128,),
        generator_layer_sizes: Sequence[int] = (128, 128),
        noise_dim: int = 32,
        max_iter: int = 600,
        n_judge_steps: int = 3,
        batch_size: int = 256,
        learning_rate: float = 5e-3,
        generator_learning_rate: float = 1e-3,
        device: Device = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.alpha = alpha
        self.rate = rate
        self.poison_class = poison_class
        self.target_class = target_class
        self.balance = balance
        self.hidden_layer_sizes = hidden_layer_sizes
        self.generator_layer_sizes = generator_layer_sizes
        self.noise_dim = noise_dim
        self.max_iter = max_iter
        self.n_judge_steps = n_judge_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.generator_learning_rate = generator_learning_rate
        self.device = device
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def fit_poison(self, X: ArrayLike, y: ArrayLike) -> PoisonedData:
        """Add poison rows to a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)
            Vectors or images.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        PoisonedData
            The rows given, then the poison.

        Raises
        ------
        ValueError
            For fewer than two classes, a `poison_class` or `target_class` that y
            lacks or that are the same, rows that are neither vectors nor images, and
            losses that are not finite.
        """
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        rows = check_array(
            X, dtype=(np.float64, np.float32), allow_nd=True, input_name="X"
        )
        _check_shape(rows)
        labels = column_or_1d(target_column(y))
        check_consistent_length(rows, labels)
        classes, codes = encode_labels(labels, type(self).__name__)
        poison_code, target_code = self._codes(classes)
        n_poisons = count_poisons(self.rate, None, len(codes))
        order = canonical_order(rows, codes)
        rows, codes = rows[order], codes[order]

        random = seeded_generator(self.random_state, torch_device(self.device))
        scale = RowScale(rows, random.device)
        with one_thread(), torch.enable_grad():
            game = PGANGame(
                self,
                scale.scaled(rows),
                torch.tensor(codes, device=random.device),
                n_classes=len(classes),
                poison_code=poison_code,
                target_code=target_code,
                share=n_poisons / (n_poisons + len(codes)),
                random=random,
            )
            iterations = report_iterations(context, self, range(self.max_iter))
            curve = finite_curve(game.run(iterations), self)
            written = scale.original(game.sample(n_poisons))

        if not np.isfinite(written).all():
            raise not_finite(self, len(curve))
        spread = _spread(written, rows[codes == poison_code])
        if n_poisons > 1 and spread < _COLLAPSED:
            warn(
                f"The generator of PGANAttack has collapsed: its {n_poisons} rows are "
                f"as far apart as {spread:.1%} of the distance of two clean rows. "
                "Raise noise_dim or lower generator_learning_rate.",
                CollapsedGeneratorWarning,
            )
        self.classes_, self.spread_ = classes, spread
        self.loss_curve_, self.n_iter_ = curve, len(curve)
        poisoned = self._append(
            X, y, written, np.repeat(classes[poison_code], n_poisons)
        )
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return poisoned

    def _codes(self, classes):
        """Positions of the poison's class and of the target's."""
        codes: list[int | None] = []
        for name in ("poison_class", "target_class"):
            label = getattr(self, name)
            if label is None and name == "target_class":
                codes.append(None)
            else:
                codes.append(position_of(label, classes, name))
        if codes[0] == codes[1]:
            raise ValueError(
                f"poison_class and target_class are both {plain(self.poison_class)!r}: "
                "rows of that class would harm nobody."
            )
        return codes


def _check_shape(X):
    if X.ndim not in (2, 4):
        raise ValueError(
            "PGANAttack takes vectors, an X of shape (n_samples, n_features), or "
            "images, (n_samples, channels, height, width); X has the shape "
            f"{X.shape}."
        )


def _spread(rows, others):
    """Mean distance of two rows of a set, relative to that of another set."""
    return float(_mean_distance(rows) / max(_mean_distance(others), 1e-300))


def _mean_distance(rows):
    rows = rows.reshape(len(rows), -1)
    return np.linalg.norm(rows - np.roll(rows, len(rows) // 2, axis=0), axis=1).mean()

"""Victims that fine-tune the head of a frozen network, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state, check_X_y
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._torch.device import torch_device
from .._utils.parameters import Interval, fit_context
from .._utils.typing import Device, MatrixLike, RandomState
from ._batched_probes import train_probes


class LinearProbes(BaseEstimator):
    """Linear probes on fixed features, one per training set, all trained at once.

    The victim of a transfer-learning attack keeps the features of a pre-trained network
    and goes on training its last layer, a linear probe of these features, on a few
    hundred rows. Attack tables need many such victims: for every set of poisons and
    every defense another one. Their training sets are masks over one pool of rows, and
    their probes are the slices of one batched matrix product; Adam works value by
    value, so each probe is exactly the one that would be trained alone on its rows.

    The loss is the cross-entropy of the softmax, averaged over a batch.

    Parameters
    ----------
    lr : float, default=0.1
        Step of Adam.
    batch_size : int, default=64
        Rows per step.
    max_epochs : int, default=60
        Passes over the rows of each training set.
    milestones : sequence of int, default=(30, 45)
        Epochs after which the step is divided by 10.
    random_state : int, RandomState instance or None, default=None
        Draws the order of the pool in each epoch. All probes see their rows in this
        order, so that two training sets differ by their rows alone.
    device : str or torch.device, default="auto"
        "auto" is the GPU where there is one.

    Attributes
    ----------
    coef_ : ndarray of shape (n_sets, n_classes, n_features)
        Weights of the probes.
    intercept_ : ndarray of shape (n_sets, n_classes)
        Their biases.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of features.

    References
    ----------
    .. [1] C. Zhu et al., "Transferable Clean-Label Poisoning Attacks on Deep Neural
       Nets", ICML 2019, section 4.2 (transfer learning).
    .. [2] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, section 6.

    Examples
    --------
    Two clean rows of each class and, for each of two targets, one poison of class 1
    that lies where the target does. Each victim trains on the clean rows and on its
    own poison, then on the clean rows alone.

    >>> import numpy as np
    >>> from skpoison.evaluation import LinearProbes
    >>> clean = np.array([[0.0, 0.1], [0.2, 0.0], [4.0, 4.1], [4.2, 4.0]])
    >>> targets = np.array([[0.1, 0.9], [0.9, 0.1]])
    >>> pool = np.vstack([clean, targets])
    >>> y = np.array([0, 0, 1, 1, 1, 1])
    >>> poisoned = np.array([[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 0, 1]], dtype=bool)
    >>> defended = np.array([[1, 1, 1, 1, 0, 0]], dtype=bool)
    >>> probes = LinearProbes(random_state=0)
    >>> probes.fit(pool, y, np.vstack([poisoned, defended])).predict(targets)
    array([[1, 0],
           [0, 1],
           [0, 0]])
    """

    _parameter_constraints: dict = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "milestones": ["array-like"],
        "random_state": ["random_state"],
        "device": "no_validation",
    }

    def __init__(
        self,
        *,
        lr: float = 0.1,
        batch_size: int = 64,
        max_epochs: int = 60,
        milestones: Sequence[int] = (30, 45),
        random_state: RandomState = None,
        device: Device = "auto",
    ) -> None:
        self.lr = lr
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.milestones = milestones
        self.random_state = random_state
        self.device = device

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        keep_masks: ArrayLike,
        *,
        coef_init: ArrayLike | None = None,
        intercept_init: ArrayLike | None = None,
    ) -> Self:
        """Train one probe per mask.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features of the pool: the clean rows and the poisons of all sets.
        y : array-like of shape (n_samples,)
            Their labels, those of the poisons as the attacker gives them.
        keep_masks : array-like of bool of shape (n_sets, n_samples)
            Which rows each probe is trained on: those of its training set that its
            defense keeps.
        coef_init : array-like of shape (n_classes, n_features), default=None
            Weights of the pre-trained head, from which all go on. None: zeros.
        intercept_init : array-like of shape (n_classes,), default=None
            Its biases. None: zeros.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For masks of another length or without any row, a pre-trained head of
            another shape, or probes that training made infinite.
        """
        X, y = check_X_y(X, y, dtype=np.float32)
        check_classification_targets(y)
        self.classes_, y = np.unique(y, return_inverse=True)
        self.n_features_in_ = X.shape[1]
        keep_masks = _validated_masks(keep_masks, len(y))
        head = self._initial_head(coef_init, intercept_init)
        seed = check_random_state(self.random_state).randint(2**31 - 1)

        probes = train_probes(
            _with_ones(X),
            y,
            keep_masks,
            head,
            lr=self.lr,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            milestones=list(self.milestones),
            seed=seed,
            device=torch_device(self.device),
        )
        if not np.isfinite(probes).all():
            raise ValueError(
                "Training made probes infinite: lower lr, or scale the features."
            )
        self.coef_ = probes[:, :-1].transpose(0, 2, 1)
        self.intercept_ = probes[:, -1]
        return self

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Predict with every probe.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_sets, n_samples)
            The label that each probe gives to each row.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float32)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but the probes were trained on "
                f"{self.n_features_in_}."
            )
        winners = [
            (X @ coef.T + intercept).argmax(axis=1)
            for coef, intercept in zip(self.coef_, self.intercept_)
        ]
        return self.classes_[np.array(winners)]

    def _initial_head(self, coef, intercept):
        """The pre-trained weights, transposed, above the biases."""
        shape = len(self.classes_), self.n_features_in_
        coef = np.zeros(shape) if coef is None else np.asarray(coef)
        intercept = np.zeros(shape[0]) if intercept is None else np.asarray(intercept)
        if coef.shape != shape or intercept.shape != shape[:1]:
            raise ValueError(
                f"y holds {shape[0]} classes and X {shape[1]} features, but coef_init "
                f"has the shape {coef.shape} and intercept_init {intercept.shape}."
            )
        return np.vstack([coef.T, intercept]).astype(np.float32)


def _validated_masks(keep_masks, n_samples):
    keep_masks = np.asarray(keep_masks)
    if keep_masks.dtype != bool or keep_masks.ndim != 2:
        raise ValueError(
            "keep_masks must be booleans of shape (n_sets, n_samples); got "
            f"{keep_masks.dtype} of shape {keep_masks.shape}."
        )
    if keep_masks.shape[1] != n_samples:
        raise ValueError(
            f"keep_masks covers {keep_masks.shape[1]} rows, but X has {n_samples}."
        )
    empty = ~keep_masks.any(axis=1)
    if empty.any():
        raise ValueError(
            f"keep_masks keeps no row for the training sets "
            f"{np.flatnonzero(empty)[:5].tolist()}."
        )
    return keep_masks


def _with_ones(X):
    return np.hstack([X, np.ones((len(X), 1), dtype=X.dtype)])

"""Critics of labelled rows: D(x | y), higher for rows that belong."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .._torch.seeding import seeded_generator
from .._torch.threads import one_thread
from .._utils.callbacks import report_iterations
from .._utils.fitted_state import unfitted_by_failure
from .._utils.parameters import Interval, StrSubset, fit_context
from .._utils.typing import MatrixLike, RandomState
from ._base import ConditionalNetwork
from ._critic_ensemble import CriticEnsemble
from ._critic_recipe import CriticRecipe
from ._critic_training import CriticTraining

__all__ = ["BaseCritic"]

_HOLD_NETWORKS = {"_training_", "_ensemble_", "_generator_"}


def _has_a_generator(critic):
    if "generator" not in critic.negatives:
        raise AttributeError(
            f"{type(critic).__name__} has a generator only where negatives holds "
            "'generator'."
        )
    return True


def _knows_labels(critic):
    if hasattr(critic, "n_features_in_") and not hasattr(critic, "classes_"):
        raise AttributeError(
            f"{type(critic).__name__} was fitted to target values: there are no labels "
            "to score."
        )
    return True


class BaseCritic(ConditionalNetwork):
    """Base of the critics: a subclass gives the recipe and the defaults."""

    _recipe: CriticRecipe

    _parameter_constraints: dict = {
        **ConditionalNetwork._parameter_constraints,
        "n_critics": [Interval(Integral, 1, None, closed="left")],
        "negatives": [StrSubset({"mismatch", "generator"})],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: ArrayLike) -> Self:
        """Train the critic.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)
        y : array-like of shape (n_samples,)
            Labels, or the target values of a regression.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For invalid input, or when the loss is not finite.
        """
        return self._fit(X, y)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: MatrixLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        iterations: Iterable[int] | None = None,
    ) -> Self:
        """Train the critics by some of their iterations.

        Whoever chooses the rows as training goes on calls it for each part in turn; the
        first call fixes the labels, and the scale of the features by the rows that have
        a weight. Unlike `fit`, it tells no callbacks and takes the rows in the order
        in which they come.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)
        y : array-like of shape (n_samples,)
            Labels or target values.
        sample_weight : array-like of shape (n_samples,) or (n_critics, n_samples), \
                default=None
            How often a row is drawn, up to a factor; a critic of its own weights learns
            from the rows where they are positive alone. None: all equally often.
        iterations : iterable of int, default=None
            Which of the `max_iter` iterations. It can be a generator, which learns how
            far training has come and may end it. None is the next one; after the last
            the first follows, at its learning rate.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For invalid input, labels that the first call had none of, an iteration
            that is none of `max_iter`, or when the loss is not finite.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from skpoison.generative import HingeCritic
        >>> X, y = load_iris(return_X_y=True)
        >>> fold = np.arange(150) % 3
        >>> critics = HingeCritic(n_critics=3, max_iter=200, random_state=0)
        >>> critics.partial_fit(
        ...     X, y, sample_weight=fold != [[0], [1], [2]], iterations=range(200)
        ... ).n_iter_
        200
        >>> critics.critic_scores(X, y).shape
        (3, 150)
        """
        if hasattr(self, "_training_"):
            X, y = self._validate_pairs(X, y)
            weights = self._validate_weights(sample_weight, len(y))
        else:
            X, y, weights = self._start_on(X, y, sample_weight)
        if iterations is None:
            iterations = [self.n_iter_ % self.max_iter]
        with one_thread():
            self._run(X, y, weights, iterations)
        return self

    @unfitted_by_failure
    def _start_on(self, X, y, sample_weight):
        """Validate the first part, which fixes the labels and the scale."""
        X, y = self._validate_rows(X, y)
        weights = self._validate_weights(sample_weight, len(y))
        shown = weights.any(axis=0)
        encoder = self._encoder(X[shown], y[shown], self._n_classes)
        self._start(encoder, seeded_generator(self.random_state, encoder.device))
        return X, y, weights

    def _validate_weights(self, sample_weight, n_samples):
        shape = (self.n_critics, n_samples)
        if sample_weight is None:
            return np.ones(shape)
        weights = check_array(
            sample_weight,
            ensure_2d=False,
            dtype=np.float64,
            ensure_non_negative=True,
            input_name="sample_weight",
        )
        if weights.shape not in (shape, shape[1:]):
            raise ValueError(
                f"sample_weight has the shape {weights.shape}: with {n_samples} rows "
                f"and n_critics={self.n_critics} it must be {shape[1:]} or {shape}."
            )
        if not weights.any(axis=-1).all():
            raise ValueError("sample_weight leaves a critic without any row.")
        return np.ones(shape) * weights

    def _train(self, encoder, X, y, random, context):
        self._start(encoder, random)
        weights = np.ones((self.n_critics, len(y)))
        iterations = range(self.max_iter)
        self._run(X, y, weights, report_iterations(context, self, iterations))

    def __getstate__(self):
        """Bytes in place of the networks: any device reads them, and runs no code."""
        state = super().__getstate__()
        if hasattr(self, "_training_"):
            state = {k: v for k, v in state.items() if k not in _HOLD_NETWORKS}
            state["_networks"] = self._training_.state()
        return state

    def __setstate__(self, state):
        networks = state.get("_networks")
        super().__setstate__({k: v for k, v in state.items() if k != "_networks"})
        if networks is not None:
            encoder = self._encoder_
            self._build(encoder, seeded_generator(0, encoder.device))
            self._training_.restore(networks)

    def _build(self, encoder, random):
        self._training_ = CriticTraining(self, self._recipe, encoder, random)
        self._encoder_ = encoder
        self._ensemble_ = CriticEnsemble(encoder, self._training_.critics)
        self._generator_ = self._training_.generators

    def _start(self, encoder, random):
        self._build(encoder, random)
        self.loss_curve_ = np.empty(0, dtype=np.float32)
        self.n_iter_ = 0

    @unfitted_by_failure
    def _run(self, X, y, weights, iterations):
        losses = self._training_.run(X, y, weights, iterations)
        self.loss_curve_ = np.concatenate([self.loss_curve_, losses])
        self.n_iter_ = len(self.loss_curve_)

    def score_samples(self, X: MatrixLike, y: ArrayLike) -> np.ndarray:
        """Score labelled rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)
        y : array-like of shape (n_samples,)
            Labels or target values.

        Returns
        -------
        ndarray of shape (n_samples,)
            D(x | y), the mean over the critics; lower is more suspect.

        Raises
        ------
        ValueError
            For a label that was not seen during `fit`, besides invalid input.
        """
        return self.critic_scores(X, y).mean(axis=0)

    def critic_scores(self, X: MatrixLike, y: ArrayLike) -> np.ndarray:
        """Score labelled rows by each critic.

        Parameters
        ----------
        X, y : as in `score_samples`

        Returns
        -------
        ndarray of shape (n_critics, n_samples)
        """
        return self._ensemble_.scores(*self._validate_pairs(X, y))

    @available_if(_knows_labels)
    def label_scores(self, X: MatrixLike) -> np.ndarray:
        """Score rows with every label, by each critic.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)

        Returns
        -------
        ndarray of shape (n_critics, n_samples, n_classes)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        X = validate_data(
            self, X, reset=False, dtype=(np.float64, np.float32), allow_nd=True
        )
        self._check_row_shape(X)
        return self._ensemble_.label_scores(X)

    def score_gradient(self, X: MatrixLike, y: ArrayLike) -> np.ndarray:
        """Gradient of `score_samples` by the features: what an evading row follows.

        Parameters
        ----------
        X, y : as in `score_samples`

        Returns
        -------
        ndarray of the shape of X
            0 for a feature beyond twice its range in training, where the score no
            longer depends on it.
        """
        return self._ensemble_.gradient(*self._validate_pairs(X, y))

    @available_if(_has_a_generator)
    def sample(self, y: ArrayLike, *, random_state: RandomState = None) -> np.ndarray:
        """Make one row for each label or target value.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
        random_state : int, RandomState instance or None, default=None
            Draws the noise.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features) or \
                (n_samples, channels, height, width)

        Raises
        ------
        ValueError
            For a label that was not seen during `fit`.
        """
        return self._sample(y, random_state)

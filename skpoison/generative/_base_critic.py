"""Critics of labelled rows: D(x | y), higher for rows that belong."""

from abc import abstractmethod
from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils.metaestimators import available_if

from .._utils.messages import plain
from .._utils.parameters import Interval
from ._base import ConditionalNetwork
from ._critic_ensemble import CriticEnsemble
from ._critic_training import CriticTraining
from ._training import finite_curve

__all__ = ["BaseCritic", "check_negatives"]

_NEGATIVES = frozenset({"mismatch", "generator"})


def _has_a_generator(critic):
    if "generator" not in critic.negatives:
        raise AttributeError(
            f"{type(critic).__name__} has a generator only where negatives holds "
            "'generator'."
        )
    return True


class BaseCritic(ConditionalNetwork):
    """Base of the critics: a subclass gives the loss, the optimisers and the defaults.

    Attributes
    ----------
    _critic_steps : int
        Steps of the critic per iteration.
    _penalty : float
        Weight of the gradient penalty.
    """

    _critic_steps = 1
    _penalty = 0.0

    _parameter_constraints: dict = {
        **ConditionalNetwork._parameter_constraints,
        "negatives": [tuple, list],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    @abstractmethod
    def _loss(self, real, negative):
        """Loss of each critic, from scores of shape (n_nets, n_rows)."""

    @abstractmethod
    def _critic_optimizer(self, weights):
        """Optimiser of the critics."""

    @abstractmethod
    def _generator_optimizer(self, weights):
        """Optimiser of the generators."""

    def _learning_rate_at(self, iteration):
        """Learning rate of the critics; constant unless a subclass says otherwise."""
        return self.learning_rate

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Train the critic.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
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

    def _train(self, encoder, X, y, random, context):
        training = self._start_training(encoder, X, y, n_nets=1, random=random)
        training.run(np.ones((1, len(y))), range(self.max_iter), context, self)
        self._keep(training)

    def _start_training(self, encoder, X, y, *, n_nets, random):
        check_negatives(self.negatives)
        return CriticTraining(self, encoder, X, y, n_nets=n_nets, random=random)

    def _adopt(self, training, owner):
        """Become the fitted critic of an estimator that ran the training itself."""
        for name in ("classes_", "n_features_in_", "feature_names_in_"):
            if hasattr(owner, name):
                setattr(self, name, getattr(owner, name))
        self._keep(training)
        return self

    def _keep(self, training):
        self._encoder_ = training.encoder
        self._critics_ = CriticEnsemble(training.encoder, training.critics)
        self._generator_ = training.generators
        self.n_iter_ = len(training.losses)
        self.loss_curve_ = finite_curve(training.losses, self)

    def score_samples(self, X, y):
        """Score labelled rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels or target values.

        Returns
        -------
        ndarray of shape (n_samples,)
            D(x | y); lower is more suspect.

        Raises
        ------
        ValueError
            For a label that was not seen during `fit`, besides invalid input.
        """
        X, y = self._validate_pairs(X, y)
        return self._critics_.scores(X, y).mean(axis=0)

    def score_gradient(self, X, y):
        """Gradient of `score_samples` by the features: what an evading row follows.

        Parameters
        ----------
        X, y : as in `score_samples`

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            0 for a feature beyond twice its range in training, where the score no
            longer depends on it.
        """
        X, y = self._validate_pairs(X, y)
        return self._critics_.gradient(X, y)

    @available_if(_has_a_generator)
    def sample(self, y, *, random_state=None):
        """Make one row for each label or target value.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
        random_state : int, RandomState instance or None, default=None
            Draws the noise.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            For a label that was not seen during `fit`.
        """
        return self._sample(y, random_state)


def check_negatives(negatives):
    """Refuse an empty or unknown choice of negatives."""
    if not negatives or not set(negatives) <= _NEGATIVES:
        raise ValueError(
            "negatives must hold 'mismatch', 'generator' or both; got "
            f"{plain(tuple(negatives))}."
        )

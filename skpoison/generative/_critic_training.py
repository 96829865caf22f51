"""How critics are trained, and generators against them."""

from typing import Any

import torch

from .._utils.callbacks import report_iterations
from ._generator import Generator
from ._gradient_penalty import gradient_penalty
from ._networks import MLP
from ._training import frozen

__all__ = ["CriticTraining"]

_ITERATIONS_BETWEEN_LOOKS = 50


class CriticTraining:
    """One training run of critics side by side, each on rows of its own.

    A critic learns to score rows with their labels above negatives: rows with another
    label ("mismatch"), and rows that a generator made for the label ("generator").

    Parameters
    ----------
    settings : critic estimator
        Its parameters, loss and optimisers.
    encoder : Encoder
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
        Positions of labels, or target values.
    n_nets : int
    random : torch.Generator
    """

    def __init__(self, settings, encoder, X, y, *, n_nets, random):
        self.settings = settings
        self.encoder = encoder
        self.random = random
        self.x, self.conditions = encoder.rows(X), encoder.conditions(y)
        self.critics = MLP(
            (
                encoder.n_features + encoder.n_conditions,
                *settings.hidden_layer_sizes,
                1,
            ),
            random,
            n_nets=n_nets,
            dropout=settings.dropout,
        )
        self.critic_optimizer = settings._critic_optimizer(self.critics.parameters())
        self.generators: Any = None
        if "generator" in settings.negatives:
            self.generators = Generator(encoder, settings, random, n_nets=n_nets)
            self.generator_optimizer = settings._generator_optimizer(
                self.generators.parameters()
            )
        self.losses = []

    def run(self, weights, iterations, context, estimator):
        """Train until the iterations are over, or until the weights come to rest.

        Parameters
        ----------
        weights : ndarray of shape (n_nets, n_samples)
            How often each critic is shown each row, up to a factor.
        iterations : range
            Of those that the learning rate is spread over.
        context : sklearn.callback.CallbackContext
        estimator : estimator
            The one whose callbacks are told.
        """
        draw = _RowSampler(weights, self.settings.batch_size, self.random)
        rest = _Rest(self.critics, self.settings.tol)
        for i in report_iterations(context, estimator, iterations):
            self._set_learning_rate(self.settings._learning_rate_at(i))
            for _ in range(self.settings._critic_steps):
                loss = self._critic_step(draw)
            if self.generators is not None:
                self._generator_step(draw)
            self.losses.append(loss)
            if rest.reached():
                return

    def _set_learning_rate(self, rate):
        for group in self.critic_optimizer.param_groups:
            group["lr"] = rate

    def _critic_step(self, draw):
        rows = draw()
        x, conditions = self.x[rows], self.conditions[rows]
        real = torch.cat([x, conditions], dim=2)
        negative = torch.cat(list(self._negatives(x, conditions, draw)), dim=1)
        scores = self.critics(torch.cat([real, negative], dim=1), self.random)[..., 0]
        n_real = real.shape[1]
        loss = self.settings._loss(scores[:, :n_real], scores[:, n_real:])
        if self.settings._penalty:
            loss = loss + self.settings._penalty * self._gradient_penalty(
                real, negative
            )
        self.critic_optimizer.zero_grad()
        loss.sum().backward()
        self.critic_optimizer.step()
        return loss.detach().mean()

    def _negatives(self, x, conditions, draw):
        """Rows with another label, and a generator's rows for the labels at hand."""
        n_generated = len(x[0])
        if "mismatch" in self.settings.negatives:
            yield torch.cat([x, self._other_conditions(conditions, draw)], dim=2)
            # One negative in four is generated.
            n_generated //= 3
        if self.generators is not None:
            conditions = conditions[:, : max(n_generated, 2)]
            with torch.no_grad():
                x = self.generators(conditions, self.random)
            yield torch.cat([x, conditions], dim=2)

    def _other_conditions(self, conditions, draw):
        """Another label for each; for a regression the target of a row drawn anew."""
        if self.encoder.n_classes is None:
            return self.conditions[draw()]
        shape, n_classes = conditions.shape[:2], conditions.shape[2]
        step = torch.randint(
            1, n_classes, shape, generator=self.random, device=self.x.device
        )
        label = (conditions.argmax(dim=2) + step) % n_classes
        return torch.nn.functional.one_hot(label, n_classes).to(conditions.dtype)

    def _gradient_penalty(self, real, negative):
        """Penalty at random points between the real rows and the negatives."""
        real = real[:, torch.arange(negative.shape[1]) % real.shape[1]]
        share = torch.rand(
            (*negative.shape[:2], 1), generator=self.random, device=self.x.device
        )
        between = torch.lerp(negative, real, share)
        # A wrong label moves the condition alone, so its gradient must be bounded too.
        wrong_labels = "mismatch" in self.settings.negatives
        n_columns = between.shape[2] if wrong_labels else self.encoder.n_features
        return gradient_penalty(self.critics, between, n_columns, self.random)

    def _generator_step(self, draw):
        conditions = self.conditions[draw()]
        x = self.generators(conditions, self.random)
        with frozen(self.critics):
            scores = self.critics(torch.cat([x, conditions], dim=2), self.random)
        self.generator_optimizer.zero_grad()
        # Summed over the pairs of networks, which have no weights in common.
        (-scores.mean(dim=1).sum()).backward()
        self.generator_optimizer.step()


class _Rest:
    """Tells when a network's weights hardly move any more."""

    def __init__(self, network, tol):
        self.network = network
        self.tol = tol
        self.calls = 0
        self.before = self._weights()

    def reached(self):
        self.calls += 1
        if self.calls % _ITERATIONS_BETWEEN_LOOKS:
            return False
        now = self._weights()
        moved = torch.linalg.vector_norm(now - self.before)
        self.before = now
        return bool(moved < self.tol * torch.linalg.vector_norm(now))

    def _weights(self):
        with torch.no_grad():
            return torch.cat([w.flatten() for w in self.network.parameters()])


class _RowSampler:
    """Draws batches of row numbers for each network, in proportion to weights."""

    def __init__(self, weights, batch_size, random):
        self.random = random
        self.cumulated = torch.as_tensor(weights, device=random.device).cumsum(dim=1)
        self.shape = (len(weights), batch_size)

    def __call__(self):
        share = torch.rand(
            self.shape,
            dtype=self.cumulated.dtype,
            generator=self.random,
            device=self.random.device,
        )
        return torch.searchsorted(
            self.cumulated, share * self.cumulated[:, -1:], right=True
        )

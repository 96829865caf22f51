"""How critics are trained, and generators against them."""

import io
from typing import Any

import torch

from .._torch.losses import finite_curve
from ._critic import make_critic
from ._generator import Generator
from ._gradient_penalty import gradient_penalty
from ._row_batches import RowBatches
from ._training import frozen

__all__ = ["CriticTraining"]

_ITERATIONS_BETWEEN_LOOKS = 50


class CriticTraining:
    """Trains critics side by side, each on rows of its own.

    A critic learns to score rows with their labels above negatives: rows with another
    label ("mismatch"), and rows that a generator made for the label ("generator").

    Parameters
    ----------
    settings : HingeCritic or ConditionalWGANGP
        Its parameters are those of every critic.
    recipe : CriticRecipe
    encoder : Encoder
    random : torch.Generator

    Attributes
    ----------
    critics : VectorCritic or ImageCritic
    generators : Generator or None
        One for each critic; None without generated negatives.
    """

    def __init__(self, settings, recipe, encoder, random):
        self.settings = settings
        self.recipe = recipe
        self.encoder = encoder
        self.random = random
        self.critics = make_critic(encoder, settings, random, n_nets=settings.n_critics)
        self.critic_optimizer = recipe.critic_optimizer(
            self.critics.parameters(), lr=settings.learning_rate
        )
        self.generators: Any = None
        if "generator" in settings.negatives:
            self.generators = Generator(
                encoder, settings, random, n_nets=settings.n_critics
            )
            learning_rate = recipe.generator_learning_rate or settings.learning_rate
            self.generator_optimizer = recipe.generator_optimizer(
                self.generators.parameters(), lr=learning_rate
            )

    def state(self):
        """Weights, optimizers and random numbers, as bytes that hold tensors alone."""
        file = io.BytesIO()
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save({**parts, "random": self.random.get_state()}, file)
        return file.getvalue()

    def restore(self, state):
        """Take over what `state` returned, on whatever device.

        A device of another kind than that of the state draws other random numbers.
        """
        parts = torch.load(io.BytesIO(state), map_location="cpu", weights_only=True)
        random = parts.pop("random")
        for name, part in self._parts().items():
            part.load_state_dict(parts[name])
        if len(random) == len(self.random.get_state()):
            self.random.set_state(random)

    def _parts(self):
        parts = {"critics": self.critics, "critic_optimizer": self.critic_optimizer}
        if self.generators is not None:
            parts["generators"] = self.generators
            parts["generator_optimizer"] = self.generator_optimizer
        return parts

    def run(self, X, y, weights, iterations):
        """Train until the iterations are over, or until the weights come to rest.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...)
        y : ndarray of shape (n_samples,)
            Positions of labels, or target values.
        weights : ndarray of shape (n_critics, n_samples)
            How often each critic is shown each row, up to a factor.
        iterations : iterable of int
            Numbers below `max_iter`, which a falling learning rate is spread over.

        Returns
        -------
        ndarray of float32 of shape (n_iterations,)
            The mean loss of the critics at the last step of each iteration.

        Raises
        ------
        ValueError
            When a loss is not finite.
        """
        x, conditions = self.encoder.rows(X), self.encoder.conditions(y)
        batch_size = self.settings.batch_size
        batches = RowBatches(x, conditions, weights, batch_size, self.random)
        if self.generators is not None:
            self.generators.train()
        rest = _Rest(self.critics, self.settings.tol)
        losses = []
        for i in iterations:
            self._set_learning_rate(i)
            for _ in range(self.recipe.critic_steps):
                loss = self._critic_step(batches)
            if self.generators is not None:
                self._generator_step(batches)
            losses.append(loss)
            if rest.reached():
                break
        return finite_curve(losses, self.settings)

    def _set_learning_rate(self, iteration):
        rate, n_iterations = self.settings.learning_rate, self.settings.max_iter
        if not 0 <= iteration < n_iterations:
            raise ValueError(
                f"Iteration {iteration} is none of the max_iter={n_iterations} that "
                "are numbered from 0: pass others, or raise max_iter."
            )
        if self.recipe.falling_learning_rate:
            rate = rate * (1 - iteration / n_iterations)
        for group in self.critic_optimizer.param_groups:
            group["lr"] = float(rate)

    def _critic_step(self, batches):
        x, conditions = batches.rows()
        negatives = list(self._negatives(x, conditions, batches))
        scores = self.critics([(x, conditions), *negatives], self.random)
        n_real = x.shape[1]
        loss = self.recipe.loss(scores[:, :n_real], scores[:, n_real:])
        if self.recipe.gradient_penalty:
            penalty = self._gradient_penalty((x, conditions), negatives)
            loss = loss + self.recipe.gradient_penalty * penalty
        self.critic_optimizer.zero_grad()
        loss.sum().backward()
        self.critic_optimizer.step()
        return loss.detach().mean()

    def _negatives(self, x, conditions, batches):
        """Rows with another label, and a generator's rows for the labels at hand."""
        n_generated = len(x[0])
        if "mismatch" in self.settings.negatives:
            yield x, self._other_conditions(conditions, batches)
            # One negative in four is generated.
            n_generated //= 3
        if self.generators is not None:
            conditions = conditions[:, : max(n_generated, 2)]
            with torch.no_grad():
                x = self.generators(conditions, self.random)
            yield x, conditions

    def _other_conditions(self, conditions, batches):
        """Another label for each; for a regression the target of a row drawn anew."""
        if self.encoder.n_classes is None:
            return batches.conditions()
        shape, n_classes = conditions.shape[:2], conditions.shape[2]
        step = torch.randint(
            1, n_classes, shape, generator=self.random, device=conditions.device
        )
        label = (conditions.argmax(dim=2) + step) % n_classes
        return torch.nn.functional.one_hot(label, n_classes).to(conditions.dtype)

    def _gradient_penalty(self, real, negatives):
        """Penalty at random points between the real rows and the negatives."""
        negative = [torch.cat(column, dim=1) for column in zip(*negatives)]
        n_nets, n_rows = negative[0].shape[:2]
        rows = torch.arange(n_rows) % real[0].shape[1]
        share = torch.rand(
            (n_nets, n_rows), generator=self.random, device=real[0].device
        )
        between = [
            torch.lerp(n, r[:, rows], share.view(*share.shape, *[1] * (n.ndim - 2)))
            for r, n in zip(real, negative)
        ]
        gradient = self.critics.gradient(*between, self.random)
        # A wrong label moves the condition alone, so its gradient must be bounded too.
        wrong_labels = "mismatch" in self.settings.negatives
        n_columns = None if wrong_labels else self.encoder.n_features
        return gradient_penalty(gradient[..., :n_columns])

    def _generator_step(self, batches):
        conditions = batches.conditions()
        x = self.generators(conditions, self.random)
        with frozen(self.critics):
            scores = self.critics([(x, conditions)], self.random)
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

"""How the conditional GAN and its authenticator are trained."""

from typing import Any

import torch
from torch.nn.functional import softplus

from .._torch.losses import finite_curve
from ._authenticator import LabelAuthenticator, TargetAuthenticator
from ._critic import make_critic
from ._generator import Generator
from ._training import frozen

__all__ = ["CGANTraining"]


class CGANTraining:
    """Trains a generator, a discriminator and, where asked for, an authenticator.

    Parameters
    ----------
    settings : ConditionalGAN
    encoder : Encoder
    X : ndarray of shape (n_samples, ...)
    y : ndarray of shape (n_samples,)
        Positions of labels, or target values.
    random : torch.Generator
    """

    def __init__(self, settings, encoder, X, y, random):
        self.settings = settings
        self.random = random
        self.x, self.conditions = encoder.rows(X), encoder.conditions(y)
        self.regression = encoder.n_classes is None
        self.discriminator = make_critic(encoder, settings, random)
        self.generator = Generator(encoder, settings, random)
        self.authenticator = self._make_authenticator(encoder)
        self.learns = not self.regression and self.authenticator is not None
        self.discriminator_step = self._stepper(self.discriminator)
        self.generator_step = self._stepper(self.generator)
        if self.learns:
            self.authenticator_step = self._stepper(self.authenticator)

    def _make_authenticator(self, encoder) -> Any:
        if not self.settings.authenticator:
            return None
        if self.regression:
            return TargetAuthenticator(self.x, self.conditions)
        sizes = self.settings.hidden_layer_sizes
        return LabelAuthenticator(encoder, sizes, self.random)

    def run(self, iterations):
        """Train until the iterations are over.

        Parameters
        ----------
        iterations : iterable

        Returns
        -------
        ndarray of float32 of shape (n_iterations,)
            The loss of the discriminator at each iteration.

        Raises
        ------
        ValueError
            When a loss is not finite.
        """
        losses = []
        for _ in iterations:
            rows = torch.randint(
                len(self.x),
                (self.settings.batch_size,),
                generator=self.random,
                device=self.x.device,
            )
            real, given = self.x[rows], self.conditions[rows]
            wanted = self._wanted(given)
            fake = self.generator(wanted[None], self.random)[0]
            losses.append(self._discriminate(real, given, fake.detach(), wanted))
            self._generate(fake, wanted)
        return finite_curve(losses, self.settings)

    def _wanted(self, conditions):
        """Conditions to generate rows for."""
        if not self.regression:
            return conditions
        noise = torch.empty_like(conditions).normal_(generator=self.random)
        return conditions + self.settings.target_noise * noise

    def _discriminate(self, real, given, fake, wanted):
        loss = softplus(-self._realness(real, given)).mean()
        loss = loss + softplus(self._realness(fake, wanted)).mean()
        self.discriminator_step(loss)
        if self.learns:
            self.authenticator_step(
                self.authenticator(real, given) + self.authenticator(fake, wanted)
            )
        return loss.detach()

    def _generate(self, fake, wanted):
        judges = [self.discriminator, *([self.authenticator] if self.learns else [])]
        with frozen(*judges):
            loss = softplus(-self._realness(fake, wanted)).mean()
            if self.authenticator is not None:
                loss = loss + self.authenticator(fake, wanted)
        self.generator_step(loss)

    def _realness(self, x, conditions):
        """Log-odds of each row to be real, as the discriminator sees it."""
        return self.discriminator([(x[None], conditions[None])], self.random)[0]

    def _stepper(self, network):
        """A function that makes one step of a network down a loss."""
        optimizer = torch.optim.Adam(
            network.parameters(), lr=self.settings.learning_rate, betas=(0.5, 0.999)
        )

        def step(loss):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return step

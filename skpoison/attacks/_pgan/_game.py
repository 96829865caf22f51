"""The game of generator, discriminator and classifier."""

import torch
from torch.nn.functional import cross_entropy, softplus

from ..._torch.weights import drawn
from ._networks import generator, judge

__all__ = ["PGANGame"]


class PGANGame:
    """Trains the three networks against one another.

    Parameters
    ----------
    settings : PGANAttack
    x : tensor of shape (n_samples, ...)
        Clean rows, scaled to [-1, 1].
    labels : tensor of int of shape (n_samples,)
        Positions of their labels.
    n_classes : int
    poison_code : int
        Position of the poison's label.
    target_code : int or None
        Position of the label that the poison should look like, if there is one.
    share : float
        Of the poison in the poisoned set.
    random : torch.Generator
    """

    def __init__(
        self,
        settings,
        x,
        labels,
        *,
        n_classes,
        poison_code,
        target_code,
        share,
        random,
    ):
        self._settings = settings
        self._x, self._labels = x, labels
        self._of_poison_class = x[labels == poison_code]
        self._poison_code, self._target_code = poison_code, target_code
        self._share = share
        self._random = random
        shape, sizes = tuple(x.shape[1:]), settings.hidden_layer_sizes
        self._generator = drawn(
            lambda: generator(
                settings.noise_dim, settings.generator_layer_sizes, shape
            ),
            random,
        )
        self._discriminator = drawn(lambda: judge(shape, sizes, 1), random)
        self._classifier = drawn(lambda: judge(shape, sizes, n_classes), random)
        self._step_generator = _stepper(
            self._generator, settings.generator_learning_rate
        )
        self._step_discriminator = _stepper(self._discriminator, settings.learning_rate)
        self._step_classifier = _stepper(self._classifier, settings.learning_rate)

    def run(self, iterations):
        """Play until the iterations are over.

        Parameters
        ----------
        iterations : iterable

        Returns
        -------
        list of list of tensor
            Of each iteration the losses of the discriminator and of the classifier.
        """
        losses = []
        for _ in iterations:
            for _ in range(self._settings.n_judge_steps):
                with torch.no_grad():
                    fake = self._generate(self._settings.batch_size)
                last = [self._discriminate(fake), self._classify(fake)]
            losses.append(last)
            self._improve_generator()
        return losses

    def sample(self, n_rows):
        """Scaled rows of the generator, without a graph."""
        self._generator.eval()
        with torch.no_grad():
            return self._generate(n_rows)

    def _generate(self, n_rows):
        noise = torch.randn(
            (n_rows, self._settings.noise_dim),
            generator=self._random,
            device=self._random.device,
        )
        return self._generator(noise)

    def _discriminate(self, fake):
        (real,) = self._draw(self._of_poison_class)
        loss = softplus(-self._discriminator(real)).mean()
        loss = loss + softplus(self._discriminator(fake)).mean()
        self._step_discriminator(loss)
        return loss.detach()

    def _classify(self, fake):
        x, labels = self._draw(self._x, self._labels)
        loss = (1 - self._share) * cross_entropy(self._classifier(x), labels)
        loss = loss + self._share * self._poison_loss(fake)
        self._step_classifier(loss)
        return loss.detach()

    def _poison_loss(self, fake):
        """The classifier's loss on poison that carries its label."""
        return self._loss_as(self._poison_code, fake)

    def _loss_as(self, code, fake):
        wanted = torch.full((len(fake),), code, device=fake.device)
        return cross_entropy(self._classifier(fake), wanted)

    def _improve_generator(self):
        fake = self._generate(self._settings.batch_size)
        seen = fake.detach().requires_grad_()
        realness = softplus(-self._discriminator(seen)).mean()
        if self._target_code is None:
            harmlessness = -self._poison_loss(seen)
        else:
            harmlessness = self._loss_as(self._target_code, seen)
        (by_realness,) = torch.autograd.grad(realness, seen)
        (by_harm,) = torch.autograd.grad(self._share * harmlessness, seen)
        if self._settings.balance == "gradient":
            by_realness, by_harm = map(_of_length_one, (by_realness, by_harm))
        alpha = self._settings.alpha
        self._step_generator(fake, alpha * by_realness + (1 - alpha) * by_harm)

    def _draw(self, *arrays):
        """The same rows of every array, drawn with replacement."""
        rows = torch.randint(
            len(arrays[0]),
            (self._settings.batch_size,),
            generator=self._random,
            device=self._random.device,
        )
        return [array[rows] for array in arrays]


def _of_length_one(gradients):
    """The gradient of each row at length 1."""
    lengths = torch.linalg.vector_norm(gradients.flatten(1), dim=1)
    tiny = torch.finfo(gradients.dtype).tiny
    return gradients / lengths.clamp(min=tiny).reshape(-1, *[1] * (gradients.ndim - 1))


def _stepper(network, learning_rate):
    """A function that makes one step of a network down a loss, or a gradient."""
    optimizer = torch.optim.Adam(
        network.parameters(), lr=learning_rate, betas=(0.5, 0.999)
    )

    def step(outputs, gradient=None):
        optimizer.zero_grad()
        outputs.backward(gradient)
        optimizer.step()

    return step

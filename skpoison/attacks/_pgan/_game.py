"""The game of generator, discriminator and classifier."""

import torch
from torch.nn.functional import cross_entropy, softplus

from ..._torch.weights import drawn
from ._networks import generator, judge

__all__ = ["PGANGame"]


# Share of the learning rates that is left for the last steps.
_LAST_RATE = 0.1


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
        n_steps = settings.max_iter
        self._step_generator = _stepper(
            self._generator, settings.generator_learning_rate, n_steps
        )
        n_steps *= settings.n_judge_steps
        self._step_discriminator, self._step_classifier = (
            _stepper(network, settings.learning_rate, n_steps)
            for network in (self._discriminator, self._classifier)
        )

    def run(self, iterations):
        """Play until the iterations are over.

        Parameters
        ----------
        iterations : iterable

        Returns
        -------
        list of tensor of shape (2,)
            Of each iteration the losses of the discriminator and of the classifier.
        """
        losses = []
        for _ in iterations:
            for _ in range(self._settings.n_judge_steps):
                with torch.no_grad():
                    fake = self._generate(self._settings.batch_size)
                last = self._discriminate(fake), self._classify(fake)
            losses.append(torch.stack(last))
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
        # One pass for both halves takes less time than two.
        of_real, of_fake = self._discriminator(torch.cat([real, fake])).chunk(2)
        loss = softplus(-of_real).mean() + softplus(of_fake).mean()
        self._step_discriminator(loss)
        return loss.detach()

    def _classify(self, fake):
        x, labels = self._draw(self._x, self._labels)
        of_clean, of_fake = self._classifier(torch.cat([x, fake])).chunk(2)
        loss = (1 - self._share) * cross_entropy(of_clean, labels)
        loss = loss + self._share * _loss_as(self._poison_code, of_fake)
        self._step_classifier(loss)
        return loss.detach()

    def _improve_generator(self):
        fake = self._generate(self._settings.batch_size)
        seen = fake.detach().requires_grad_()
        realness = softplus(-self._discriminator(seen)).mean()
        given = self._classifier(seen)
        if self._target_code is None:
            harmlessness = -_loss_as(self._poison_code, given)
        else:
            harmlessness = _loss_as(self._target_code, given)
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


def _loss_as(code, logits):
    """The loss of rows that should all have one label."""
    return cross_entropy(logits, torch.full((len(logits),), code, device=logits.device))


def _of_length_one(gradients):
    """The gradient of each row at length 1."""
    lengths = torch.linalg.vector_norm(gradients.flatten(1), dim=1)
    tiny = torch.finfo(gradients.dtype).tiny
    return gradients / lengths.clamp(min=tiny).reshape(-1, *[1] * (gradients.ndim - 1))


def _stepper(network, learning_rate, n_steps):
    """A function that makes one step of a network down a loss, or a gradient.

    The steps become ever smaller, without which the game ends where it happens to be.
    """
    optimizer = torch.optim.Adam(
        network.parameters(), lr=learning_rate, betas=(0.5, 0.999), fused=True
    )
    rate = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1.0, end_factor=_LAST_RATE, total_iters=n_steps
    )

    def step(outputs, gradient=None):
        optimizer.zero_grad()
        outputs.backward(gradient)
        optimizer.step()
        rate.step()

    return step

"""The victim's fine-tuning, and what the attacker gains from it."""

import torch
from torch.func import grad, grad_and_value, vjp
from torch.nn.functional import cross_entropy

__all__ = ["FineTuning"]

# Rows whose loss is computed at once.
_CHUNK = 1024


class FineTuning:
    """Steps of gradient descent on the poison, differentiable by the poison.

    Parameters
    ----------
    victim : Victim
    judged_x : tensor of shape (n_judged, ...)
        Rows on which the attacker wants a high loss.
    judged_labels : tensor of int of shape (n_judged,)
        Positions of their labels.
    n_steps : int
    lr : float
    """

    def __init__(self, victim, judged_x, judged_labels, *, n_steps, lr):
        self._victim = victim
        self._chunks = list(zip(judged_x.split(_CHUNK), judged_labels.split(_CHUNK)))
        self._n_judged = len(judged_x)
        self._n_steps = n_steps
        self._lr = lr

    def parameters_after(self, x, labels):
        """The parameters after all steps, each on all the rows.

        Parameters
        ----------
        x : tensor of shape (n_rows, ...)
        labels : tensor of int of shape (n_rows,)

        Returns
        -------
        dict of tensor
        """

        def loss(parameters):
            return cross_entropy(self._victim.logits(parameters, x), labels)

        parameters = self._victim.parameters
        for _ in range(self._n_steps):
            slopes = grad(loss)(parameters)
            parameters = {
                name: values - self._lr * slopes[name]
                for name, values in parameters.items()
            }
        return parameters

    def harm(self, parameters):
        """The mean loss on the judged rows, and its gradient by the parameters."""
        harm, slopes = 0.0, dict.fromkeys(parameters, 0.0)
        for x, labels in self._chunks:
            by_parameters, part = grad_and_value(self._loss_sum)(parameters, x, labels)
            harm += part.item() / self._n_judged
            for name, slope in by_parameters.items():
                slopes[name] = slopes[name] + slope / self._n_judged
        return harm, slopes

    def harm_after(self, x, labels):
        """The harm of fine-tuning on rows, and its exact gradient by them.

        The chain rule in two parts: the gradient by the parameters is gathered over
        chunks of the judged rows, then pulled back through the unrolled steps.

        Parameters
        ----------
        x : tensor of shape (n_rows, ...)
        labels : tensor of int of shape (n_rows,)

        Returns
        -------
        harm : float
        gradient : tensor like x
        """
        parameters, pull_back, *_ = vjp(lambda x: self.parameters_after(x, labels), x)
        harm, slopes = self.harm({n: p.detach() for n, p in parameters.items()})
        (gradient,) = pull_back(slopes)
        return harm, gradient.detach()

    def harm_by_judged_rows(self, x, labels):
        """The harm, and the sum of its gradients by the judged rows themselves.

        Returns
        -------
        harm : float
        gradient : tensor of shape (...)
            Like one row.
        """
        with torch.no_grad():
            parameters = self.parameters_after(x, labels)
        harm, total = 0.0, torch.zeros_like(x[0])
        for judged_x, judged_labels in self._chunks:
            by_rows, part = grad_and_value(self._loss_sum, argnums=1)(
                parameters, judged_x, judged_labels
            )
            harm += part.item() / self._n_judged
            total += by_rows.sum(dim=0) / self._n_judged
        return harm, total

    def _loss_sum(self, parameters, x, labels):
        logits = self._victim.logits(parameters, x)
        return cross_entropy(logits, labels, reduction="sum")

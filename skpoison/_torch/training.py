"""Training a skorch net the way an embedding needs it."""

from functools import partial

import numpy as np
import torch
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils.multiclass import check_classification_targets
from skorch import NeuralNet, NeuralNetBinaryClassifier, NeuralNetClassifier
from skorch.utils import to_tensor
from torch import nn

from .._utils.labels import distinct_labels
from .checkpoint import ResumableTraining
from .interrupts import interrupts_raised
from .precision import as_float32, forward_precision, in_fastest_format
from .seeding import seeded
from .shapes import explain_shape_errors

__all__ = ["encode_target", "train"]


def encode_target(net, y):
    """The target in the form that the net's loss takes.

    Parameters
    ----------
    net : skorch.NeuralNet
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Labels of any type for a classifier, values for a regressor. For a plain
        `NeuralNet` floats and columns are values and anything else labels.

    Returns
    -------
    classes : ndarray of shape (n_classes,) or None
    target : ndarray
        Positions in `classes`, or the values as float32 columns.
    """
    if is_regressor(net) or (
        not is_classifier(net) and (y.dtype.kind == "f" or y.ndim > 1)
    ):
        return None, y.astype(np.float32).reshape(len(y), -1)
    classes, target = distinct_labels(y)
    check_classification_targets(y)
    if isinstance(net, NeuralNetBinaryClassifier):
        if len(classes) > 2:
            raise ValueError(
                f"y holds {len(classes)} classes, but net is a "
                "NeuralNetBinaryClassifier: use a NeuralNetClassifier."
            )
        return classes, target.astype(np.float32)
    return classes, target.astype(np.int64)


def train(
    net, X, target, *, seed, device, precision, verbose, perturb=None, checkpoint=None
):
    """Train a clone of the net, with random numbers of its own.

    Parameters
    ----------
    net : skorch.NeuralNet
    X : ndarray of float32 of shape (n_samples, ...)
    target : ndarray
        From `encode_target`.
    seed : int
    device : torch.device
    precision : {"auto", "float32", "bfloat16"}
    verbose : int
    perturb : callable, default=None
        ``perturb(net, X, target)`` is what each training step learns from in place of
        the tensor X.
    checkpoint : Checkpoint, default=None
        Where the state is kept after each epoch, and taken up.

    Returns
    -------
    skorch.NeuralNet
        Fitted.

    Raises
    ------
    ValueError
        For weights or a loss that are not finite at the end.
    KeyboardInterrupt
        On Ctrl-C.
    """
    net = clone(net).set_params(device=str(device), verbose=verbose)
    net.infer = _TrainingPass(net, precision, target)
    if perturb is not None:
        net.train_step_single = _PerturbedStep(net, perturb)
    n_epochs = {}
    if checkpoint is not None:
        resumable = ResumableTraining(net, checkpoint)
        net.notify, net.get_iterator = resumable.notify, resumable.get_iterator
        n_epochs = {"epochs": resumable.n_epochs}
    with seeded(seed, device), interrupts_raised():
        net.fit(X, target, **n_epochs)
    for replaced in ("infer", "train_step_single", "notify", "get_iterator"):
        net.__dict__.pop(replaced, None)
    last_loss = [epoch.get("train_loss", 0.0) for epoch in net.history[-1:]]
    weights = net.module_.parameters()
    if not (np.isfinite(last_loss).all() and all(w.isfinite().all() for w in weights)):
        raise ValueError(
            "Training the net led to a loss or to weights that are not finite: scale X "
            "or lower the learning rate of the net."
        )
    return net


class _PerturbedStep:
    """One training step of a net, in place of `net.train_step_single`."""

    def __init__(self, net, perturb):
        self.net = net
        self.step = net.train_step_single
        self.perturb = perturb

    def __call__(self, batch, **fit_params):
        X, target = (to_tensor(part, device=self.net.device) for part in batch)
        return self.step((self.perturb(self.net, X, target), target), **fit_params)


class _TrainingPass:
    """One forward pass of a net while it trains, in place of `net.infer`.

    Only this pass runs in the chosen precision: the weights and the loss are float32.
    """

    def __init__(self, net, precision, target):
        self.net = net
        self.infer = net.infer
        self.precision = precision
        self.target_shape = target.shape[1:]
        one_output_per_class = is_classifier(net) and not isinstance(
            net, NeuralNetBinaryClassifier
        )
        self.n_classes = target.max() + 1 if one_output_per_class else 0

    def __call__(self, x, **fit_params):
        module, device = self.net.module_, torch.device(self.net.device)
        with (
            explain_shape_errors(module, x),
            forward_precision(self.precision, module, device),
        ):
            output = as_float32(in_fastest_format(partial(self.infer, **fit_params), x))
        if not self._loss_takes_a_tensor():
            return output
        if isinstance(output, tuple):
            # As skorch does at prediction time.
            output = output[0]
        self._check(output, len(x))
        return output

    def _loss_takes_a_tensor(self):
        """Whether torch's and skorch's own code alone computes the loss."""
        own_loss = type(self.net).get_loss in (
            NeuralNet.get_loss,
            NeuralNetClassifier.get_loss,
        )
        return own_loss and type(self.net.criterion_).__module__.startswith("torch.nn.")

    def _takes_the_log(self):
        """Whether skorch takes the log of the outputs before the loss."""
        return type(self.net).get_loss is NeuralNetClassifier.get_loss and isinstance(
            self.net.criterion_, nn.NLLLoss
        )

    def _check(self, output, n_samples):
        if not torch.is_tensor(output):
            raise ValueError(
                f"The module of the net returns {type(output).__name__}: its forward "
                "must return a tensor, or a tuple that starts with the logits."
            )
        shape = tuple(output.shape)
        if self.n_classes and (len(shape) < 2 or shape[1] < self.n_classes):
            raise ValueError(
                f"The net turns {n_samples} rows into outputs of shape {shape}, but y "
                f"holds {self.n_classes} classes: give its last layer "
                f"{self.n_classes} outputs."
            )
        if is_regressor(self.net) and shape != (n_samples, *self.target_shape):
            raise ValueError(
                f"The net turns {n_samples} rows into outputs of shape {shape}, but "
                f"the target has the shape {(n_samples, *self.target_shape)}."
            )
        if self._takes_the_log() and not _are_probabilities(output.detach()):
            # The log of a negative logit has a finite gradient: it would train on.
            raise ValueError(
                "The criterion of the net is NLLLoss, skorch's default, which expects "
                "probabilities, but the module returns others. For logits set "
                "criterion=torch.nn.CrossEntropyLoss."
            )


def _are_probabilities(output):
    return output.min() >= 0 and (output.sum(dim=1) - 1).abs().max() < 0.05

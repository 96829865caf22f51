"""The network under attack, as a function of its parameters."""

from copy import deepcopy

import torch
from skorch import NeuralNet
from torch import nn
from torch.func import functional_call

from ..._torch.shapes import explain_shape_errors

__all__ = ["Victim"]


class Victim:
    """A private copy of a network in eval mode, as a function of its parameters.

    Parameters
    ----------
    net : torch.nn.Module or skorch.NeuralNet
    device : torch.device

    Attributes
    ----------
    parameters : dict of tensor
        Those that fine-tuning moves, at their present values.
    dtype : torch.dtype
        Of the first of them.
    """

    def __init__(self, net, device):
        self._module = deepcopy(_module_of(net)).to(device).eval()
        # skorch takes the log of the outputs for this criterion, and so does the loss.
        self._takes_the_log = isinstance(net, NeuralNet) and isinstance(
            net.criterion_, nn.NLLLoss
        )
        self.parameters = {
            name: values.detach()
            for name, values in self._module.named_parameters()
            if values.requires_grad
        }
        if not self.parameters:
            raise ValueError(
                "No parameter of net requires a gradient: fine-tuning would change "
                "nothing. Call net.requires_grad_() on the layers that it trains."
            )
        self.dtype = next(iter(self.parameters.values())).dtype

    def logits(self, parameters, x):
        """Outputs of the network with other parameters.

        Parameters
        ----------
        parameters : dict of tensor
        x : tensor of shape (n_rows, ...)

        Returns
        -------
        tensor of shape (n_rows, n_classes)
        """
        outputs = functional_call(self._module, parameters, (x,))
        if isinstance(outputs, tuple):
            # As skorch does at prediction time.
            outputs = outputs[0]
        return torch.log(outputs + 1e-12) if self._takes_the_log else outputs

    def with_parameters(self, parameters):
        """A module of its own with these parameters."""
        module = deepcopy(self._module)
        module.load_state_dict(parameters, strict=False)
        return module

    def check_outputs(self, x, n_classes):
        """Refuse a network that does not give one output per class."""
        with torch.no_grad(), explain_shape_errors(self._module, x, "net"):
            outputs = self.logits(self.parameters, x)
        if not torch.is_tensor(outputs) or outputs.shape != (len(x), n_classes):
            given = getattr(outputs, "shape", type(outputs).__name__)
            raise ValueError(
                f"net must give one logit per class, an output of shape "
                f"{(len(x), n_classes)} for {len(x)} rows of {n_classes} classes; it "
                f"gives {tuple(given) if torch.is_tensor(outputs) else given}. Where y "
                "lacks some of its classes, pass all of them as classes, in the order "
                "of the outputs."
            )


def _module_of(net):
    if isinstance(net, nn.Module):
        return net
    if not isinstance(net, NeuralNet):
        raise TypeError(
            f"net is of type {type(net).__name__}. Pass a torch.nn.Module or a skorch "
            "net that has its weights."
        )
    if not net.initialized_:
        raise ValueError(
            "This skorch net has no weights: fit or initialize it first. Clones of "
            "skorch nets lose theirs; where the attack is cloned, pass net.module_."
        )
    return net.module_

"""The activations inside a torch module."""

from copy import deepcopy

import torch
from torch import nn

from .._torch.precision import as_float32, forward_precision, in_fastest_format
from .._torch.shapes import explain_shape_errors
from ._views import resolve_views

__all__ = ["FeatureExtractor", "find_layer"]


class _Reached(Exception):
    """Carries the activations out of a forward pass, of which the rest is not needed.

    A hook that stored them instead would need a place that threads do not share.
    """

    def __init__(self, activations):
        self.activations = activations


def _stop_before(layer, args, kwargs):
    raise _Reached(args[0] if args else kwargs["input"])


def _stop_after(layer, args, output):
    raise _Reached(output)


class FeatureExtractor(nn.Module):
    """A torch module that maps inputs to the features of one of its layers.

    It holds a copy of the module, in eval mode, that shares the parameters' memory but
    requires no grad for them.

    Parameters
    ----------
    module : torch.nn.Module
    layer : str
        Name of the layer.
    before : bool
        Whether the features are the layer's input instead of its output.
    precision : {"auto", "float32", "bfloat16"}
    views : as in NetEmbedding
    """

    def __init__(self, module, layer, *, before, precision, views):
        super().__init__()
        self.module = _frozen_copy(module)
        self.layer = layer
        self.precision = precision
        self.views = resolve_views(views)
        part = self.module.get_submodule(layer)
        if before:
            part.register_forward_pre_hook(_stop_before, with_kwargs=True)
        else:
            part.register_forward_hook(_stop_after)
        self.eval()

    def forward(self, x):
        """Return the features, float32 of shape (n_samples, n_features_out)."""
        total = sum(self._features(self._view(view, x)) for view in self.views)
        return total / len(self.views)

    def _view(self, view, x):
        seen = view(x)
        if len(seen) != len(x):
            raise ValueError(f"A view turns {len(x)} rows into {len(seen)}.")
        return seen

    def _features(self, x):
        try:
            with forward_precision(self.precision, self.module, x.device):
                in_fastest_format(self.module, x)
        except _Reached as reached:
            return self._checked(reached.activations, len(x))
        raise RuntimeError(f"The forward pass did not reach the layer {self.layer!r}.")

    def _checked(self, activations, n_samples):
        if not torch.is_tensor(activations):
            raise ValueError(
                f"The layer {self.layer!r} returns no tensor but "
                f"{type(activations).__name__}: set layer to the name of one that "
                "returns a tensor."
            )
        if activations.ndim == 0 or len(activations) != n_samples:
            raise ValueError(
                f"The layer {self.layer!r} turns {n_samples} rows into activations of "
                f"shape {tuple(activations.shape)}: set layer to the name of one that "
                "has one row of activations per row of X."
            )
        return as_float32(activations).flatten(1)


def find_layer(module, layer, x):
    """Name of the layer whose activations are the features.

    Parameters
    ----------
    module : torch.nn.Module
    layer : str or None
        None for the nn.Linear that makes the logits, the module's first output.
    x : tensor of shape (n_samples, ...)
        Some rows.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        When the module has no such layer, does not call it exactly once, or cannot
        take x; without `layer`, when there is no such nn.Linear.
    """
    module = _frozen_copy(module).to(x.device)
    parts = dict(module.named_modules())
    if layer is None:
        watched = [name for name, part in parts.items() if isinstance(part, nn.Linear)]
    elif layer in parts:
        watched = [layer]
    else:
        raise ValueError(
            f"layer={layer!r} is no layer of the module, which has {_names(parts)}."
        )
    calls = []
    for name in watched:
        parts[name].register_forward_hook(
            lambda _, args, output, name=name: calls.append(
                (name, getattr(output, "grad_fn", None))
            )
        )
    if layer is None:
        logits, x = _recorded_pass(module, x)
        layer = _feeds_the_logits(calls, logits, x, parts)
    else:
        with torch.no_grad(), explain_shape_errors(module, x):
            module(x)
    n_calls = [name for name, _ in calls].count(layer)
    if n_calls != 1:
        raise ValueError(
            f"The forward pass of the module calls the layer {layer!r} {n_calls} times "
            "instead of once: set layer to the name of another, one of "
            f"{_names(parts)}."
        )
    return layer


def _recorded_pass(module, x):
    """The logits, and the leaf of the graph of operations that made them from x."""
    with torch.inference_mode(False), torch.enable_grad():
        for weights in module.parameters():
            # What the last layer does is known even where those before it run without
            # a graph.
            weights.requires_grad_(weights.is_floating_point())
        x = x.clone().requires_grad_()
        with explain_shape_errors(module, x):
            # Not the leaf itself, which no layer may change in place.
            output = module(x.clone())
    return output[0] if isinstance(output, tuple | list) else output, x


def _feeds_the_logits(calls, logits, x, parts):
    """Name of the nn.Linear that all ways from the logits back to x meet first.

    Parameters
    ----------
    calls : list of (str, torch.autograd.graph.Node or None)
        The calls of each nn.Linear, and the operation that made its output.
    logits : tensor
    x : tensor
    parts : dict of str -> torch.nn.Module

    Returns
    -------
    str
    """
    if not calls:
        raise ValueError(
            "The forward pass of the module calls no torch.nn.Linear, whose input "
            "would be the features: set layer to the name of the layer whose output "
            f"they are, one of {_names(parts)}."
        )
    linear = {operation: name for name, operation in calls if operation is not None}
    nearest, around = set(), False
    pending, seen = [getattr(logits, "grad_fn", None)], set()
    while pending:
        operation = pending.pop()
        if operation is None or operation in seen:
            continue
        seen.add(operation)
        if operation in linear:
            nearest.add(linear[operation])
        else:
            around |= getattr(operation, "variable", None) is x
            pending += [earlier for earlier, _ in operation.next_functions]
    if len(nearest) == 1 and not around:
        return nearest.pop()
    found = " and of ".join(map(repr, sorted(nearest))) or "no torch.nn.Linear"
    raise ValueError(
        "By default the features are the input of the torch.nn.Linear that makes the "
        "logits: the output of the module, or the first element of it. This module "
        f"makes them of {found}{' and of layers besides' if around else ''}: set layer "
        f"to the name of the layer whose output are the features, one of "
        f"{_names(parts)}."
    )


def _frozen_copy(module):
    """A copy in eval mode that shares the parameters, but requires no grad for them."""
    # A compiled module may not call the hooks of its layers: take what it compiled.
    module = getattr(module, "_orig_mod", module)
    shared = {
        id(weights): nn.Parameter(weights.detach(), requires_grad=False)
        for weights in module.parameters()
    }
    return deepcopy(module, shared).eval()


def _names(parts):
    return ", ".join(repr(name) for name in parts if name)

"""Batch normalisation of a frozen network, folded into its convolutions."""

from collections import Counter
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

__all__ = ["fold_batch_norms"]

_NORM_OF: dict = {
    nn.Conv1d: nn.BatchNorm1d,
    nn.Conv2d: nn.BatchNorm2d,
    nn.Conv3d: nn.BatchNorm3d,
}


def fold_batch_norms(module, rows):
    """Multiply batch norms into the convolutions they follow, in place.

    In eval mode a batch norm is a linear map per channel. It is folded where it takes
    all that one convolution returns and nothing else uses that, as the graph of a
    forward pass shows; an identity takes its place. The features change by rounding
    alone, and crafting takes up to a quarter less time.

    Parameters
    ----------
    module : torch.nn.Module
        In eval mode, its parameters frozen.
    rows : tensor of shape (n_rows, ...)
        Some rows.
    """
    calls = _Calls()
    with torch.enable_grad(), calls.recorded(module):
        features = module(rows.detach().requires_grad_())
    if not torch.is_tensor(features) or features.grad_fn is None:
        return  # What cannot be attacked is refused later.
    n_uses = _uses(features.grad_fn)
    for norm, inputs in calls.inputs.items():
        convolution = calls.makers.get(inputs[0])
        if (
            convolution is not None
            and _NORM_OF[type(convolution)] is type(norm)
            and calls.n_outputs[convolution] == len(inputs)
            and all(calls.makers.get(x) is convolution for x in inputs)
            and all(n_uses[x] == 1 for x in inputs)
        ):
            fused = fuse_conv_bn_eval(convolution, norm).requires_grad_(False)
            _replace(module, convolution, fused)
            _replace(module, norm, nn.Identity())


class _Calls:
    """What convolutions return and batch norms take, as nodes of the graph.

    Not as tensors, which a layer that works in place changes and passes on.
    """

    def __init__(self):
        self.makers: dict = {}
        self.n_outputs: Counter = Counter()
        self.inputs: dict = {}

    @contextmanager
    def recorded(self, module):
        handles = []
        for part in module.modules():
            # A part with a hook is where someone else looks.
            if part._forward_hooks or part._forward_pre_hooks:
                continue
            if type(part) in _NORM_OF:
                handles.append(part.register_forward_hook(self._made))
            elif type(part) in _NORM_OF.values() and part.running_mean is not None:
                handles.append(part.register_forward_pre_hook(self._taken))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _made(self, convolution, args, output):
        self.makers[output.grad_fn] = convolution
        self.n_outputs[convolution] += 1

    def _taken(self, norm, args):
        node = args[0].grad_fn if args else None
        self.inputs.setdefault(norm, []).append(node)


def _uses(root):
    """How often each node of a graph is used by those above it."""
    n_uses: Counter = Counter()
    seen, left = set(), [root]
    while left:
        node = left.pop()
        if node in seen:
            continue
        seen.add(node)
        for used, _ in node.next_functions:
            if used is not None:
                n_uses[used] += 1
                left.append(used)
    return n_uses


def _replace(module, part, other):
    for parent in module.modules():
        for name, child in parent.named_children():
            if child is part:
                setattr(parent, name, other)

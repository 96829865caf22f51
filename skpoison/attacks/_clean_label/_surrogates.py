"""The networks an attacker crafts against."""

from contextlib import suppress
from copy import deepcopy

import torch
from torch import nn

from ..._torch.shapes import explain_shape_errors
from ._folding import fold_batch_norms

_DROPOUT = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)


def load_surrogates(surrogates, sample):
    """Frozen copies of the surrogates, on one device.

    Parameters
    ----------
    surrogates : module, object with a `feature_extractor` method, or list of them
    sample : tensor of shape (n_rows, ...)
        Rows like those to come, on the device to use.

    Returns
    -------
    list of Surrogate
    """
    listed = surrogates if isinstance(surrogates, list | tuple) else [surrogates]
    if not listed:
        raise ValueError("surrogates is an empty list: pass at least one network.")
    return [Surrogate(s, f"surrogates[{i}]", sample) for i, s in enumerate(listed)]


class Surrogate:
    """A private copy of a network, frozen in eval mode, that maps rows to features.

    The copy leaves the mode, the gradients and the device of the given network alone.

    Parameters
    ----------
    surrogate : torch.nn.Module, or object with a `feature_extractor` method
    name : str
        What error messages call it.
    sample : tensor of shape (n_rows, ...)
    """

    def __init__(self, surrogate, name, sample):
        module = surrogate
        if not isinstance(module, nn.Module) and hasattr(module, "feature_extractor"):
            module = module.feature_extractor()
        if not isinstance(module, nn.Module):
            raise TypeError(
                f"{name} is of type {type(surrogate).__name__}. Pass a torch.nn.Module "
                "that maps inputs to features, a fitted NetEmbedding, or a list of "
                "them."
            )
        self.name = name
        self._module = deepcopy(module).to(sample.device).eval().requires_grad_(False)
        floats = (p.dtype for p in module.parameters() if p.is_floating_point())
        self._dtype = next(floats, torch.float32)
        self._n_draws = 1
        rows = torch.cat([sample[:1], sample[:1]]).to(self._dtype)
        self._memory_format = self._fastest_format(rows)
        fold_batch_norms(self._module, rows)

    def _fastest_format(self, rows):
        """Channels last where convolutions are at stake and the module allows it.

        The `view` in the forward of many modules takes the usual format alone.
        """
        if rows.ndim == 4:
            with torch.no_grad(), suppress(RuntimeError):
                self._module(rows.contiguous(memory_format=torch.channels_last))
                return torch.channels_last
        with torch.no_grad(), explain_shape_errors(self._module, rows, self.name):
            self._module(rows)
        return torch.contiguous_format

    def enable_dropout(self, n_draws):
        """From now on average the features over draws of the dropout layers.

        Returns
        -------
        bool
            Whether the network has such layers.
        """
        layers = [m for m in self._module.modules() if isinstance(m, _DROPOUT)]
        for layer in layers:
            layer.train()
        self._n_draws = n_draws if layers else 1
        return bool(layers)

    def __call__(self, rows):
        """Features of the rows, differentiable.

        Parameters
        ----------
        rows : tensor of shape (n_rows, ...)

        Returns
        -------
        tensor of float32 of shape (n_rows, width)
        """
        n_draws, n_rows = self._n_draws, len(rows)
        draws = rows.to(self._dtype).repeat(n_draws, *[1] * (rows.ndim - 1))
        features = self._module(draws.contiguous(memory_format=self._memory_format))
        if not torch.is_tensor(features) or len(features) != len(draws):
            raise ValueError(
                f"{self.name} must return one tensor with a row of features per input "
                f"row; it returned {_described(features)} for {len(draws)} rows."
            )
        return features.float().reshape(n_draws, n_rows, -1).mean(dim=0)

    def constant_features(self, rows, chunk_size=512):
        """Features of many rows, without a graph, by chunks.

        Parameters
        ----------
        rows : tensor of shape (n_rows, ...)

        Returns
        -------
        tensor of float32 of shape (n_rows, width)

        Raises
        ------
        ValueError
            For features that are not finite.
        """
        with torch.no_grad():
            features = torch.cat([self(chunk) for chunk in rows.split(chunk_size)])
        if not features.isfinite().all():
            raise ValueError(f"{self.name} returns features that are not finite.")
        return features


def _described(output):
    if torch.is_tensor(output):
        return f"a tensor of shape {tuple(output.shape)}"
    return f"a {type(output).__name__}"

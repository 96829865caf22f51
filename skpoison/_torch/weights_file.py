"""What was fitted around a network, in files that run no code when they are read."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted
from skorch import NeuralNet

from .._utils.messages import plain
from .device import torch_device
from .seeding import seeded

__all__ = ["WeightsFileMixin"]


class WeightsFileMixin(BaseEstimator):
    """Writes the weights of `net_` and what else `fit` learned, and reads them again.

    An estimator with a parameter `device` names in `_beside_the_weights` the attributes
    that `fit` sets beside `net_`: numbers, texts, tuples of these, arrays of labels.
    """

    _beside_the_weights: tuple[str, ...]

    def save_weights(self, path: str | PathLike[str]) -> None:
        """Write the weights, the labels and the shapes to a file.

        Parameters
        ----------
        path : str or path
            Replaced where it exists. The file holds tensors, numbers and texts, of
            which :meth:`load_weights` reads nothing else: unlike a pickle, it can run
            no code.

        Raises
        ------
        ValueError
            For labels that are neither numbers nor texts.
        """
        check_is_fitted(self)
        path = Path(path)
        content = {
            "estimator": type(self).__name__,
            "weights": _module_of(self.net_).state_dict(),
            "fitted": {
                name: _as_plain(vars(self)[name])
                for name in self._beside_the_weights
                if name in vars(self)
            },
        }
        unfinished = path.with_name(f"{path.name}.unfinished")
        torch.save(content, unfinished)
        unfinished.replace(path)

    def load_weights(self, path: str | PathLike[str]) -> Self:
        """Take up what :meth:`save_weights` wrote, in place of a fit.

        The parameters are not in the file: give those of the estimator that was saved.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a file of another kind, and for weights that do not fit the network.
            The estimator stays as it was.
        OSError
            When the file cannot be opened.
        """
        self._validate_params()
        content = self._read(path)
        net = self._untrained_net()
        try:
            _module_of(net).load_state_dict(content["weights"])
        except RuntimeError as error:
            raise ValueError(
                f"The weights in {path} are those of another network than the net of "
                f"this {type(self).__name__}: {error}"
            ) from error
        for name in self._beside_the_weights:
            self.__dict__.pop(name, None)
        self.net_ = net
        for name, value in content["fitted"].items():
            setattr(self, name, _from_plain(value))
        return self

    def _read(self, path):
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except OSError:
            raise
        except Exception as error:
            # Whatever a broken or a foreign file makes the reader raise.
            raise ValueError(
                f"{path} is no file that save_weights wrote: {error}"
            ) from error
        name = type(self).__name__
        if not isinstance(content, dict) or content.get("estimator") != name:
            raise ValueError(f"{path} does not hold the weights of a {name}.")
        return content

    def _untrained_net(self):
        """The net of `fit` with weights that are still to come."""
        device = torch_device(self.device)
        net = clone(self.net).set_params(device=str(device), verbose=self.verbose)
        with seeded(0, device):
            return net.initialize()


def _module_of(net):
    return net.module_ if isinstance(net, NeuralNet) else net


def _as_plain(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    labels = value.tolist()
    if not all(isinstance(label, bool | int | float | str) for label in labels):
        raise ValueError(
            "The file holds numbers and texts alone, but there are labels like "
            f"{plain(value[0])!r}: train on texts, or keep the estimator in a pickle."
        )
    return {
        "dtype": value.dtype.str,
        "values": labels,
    }


def _from_plain(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return np.array(value["values"], dtype=value["dtype"])

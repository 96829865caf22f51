"""Networks trained for the experiment: once per recipe, then read from a folder."""

import os
import sys
import time
from dataclasses import dataclass
from typing import Any

import torch

from ...defenses import AdversarialTrainingClassifier
from ...embedding import NetEmbedding
from ._architectures import ARCHITECTURES
from ._settings import PLAIN, ROBUST_FAST

# Steps of adversarial training; those of CIFAR-10 are the paper's.
ADVERSARIAL: dict[str, dict[str, Any]] = {
    "digits": {"eps": 0.1, "step_size": 0.025, "n_steps": 10},
    "mnist": {"eps": 0.1, "step_size": 0.025, "n_steps": 10},
    "cifar10": {"eps": 8 / 255, "step_size": 2 / 255, "n_steps": 20},
}


@dataclass(frozen=True)
class Recipe:
    """All that a trained network depends on.

    Attributes
    ----------
    data : {"digits", "mnist", "cifar10"}
    architecture : str
        One of ARCHITECTURES.
    training : {"plain", "robust", "robust-fast"}
        On the images as they are, or on adversarial ones: of many steps, or of one.
    epochs, seed : int
    rows : int
        Training rows per class.
    draw : int
        Which draw of the rows.
    precision : {"float32", "auto"}
        "auto" is bfloat16 for convolutions where the machine multiplies it natively.
    """

    data: str
    architecture: str
    training: str
    epochs: int
    seed: int
    rows: int
    draw: int
    precision: str

    @property
    def name(self):
        """What the file of the weights is called."""
        training = "" if self.training == PLAIN else f"{self.training}-"
        return (
            f"{self.data}-{training}{self.architecture}-{self.epochs}epochs-"
            f"seed{self.seed}-{self.rows}rows-draw{self.draw}-{self.precision}"
        )

    def path(self, folder):
        """The file of the weights in a folder."""
        return folder / f"{self.name}.pt"

    def net(self):
        """The skorch net, without weights."""
        return ARCHITECTURES[self.architecture].make(self.data, self.epochs)

    def checkpoint(self, folder):
        """The file that keeps an adversarial training, which may take hours."""
        return folder / f"{self.name}.checkpoint"

    def trainer(self, folder):
        """The estimator that trains the net; what is unfinished is in a folder."""
        options: dict[str, Any] = {
            "precision": self.precision,
            "random_state": self.seed,
            "verbose": int(self.data == "cifar10"),
        }
        if self.training == PLAIN:
            return NetEmbedding(self.net(), **options)
        attack = dict(ADVERSARIAL[self.data])
        if self.training == ROBUST_FAST:
            attack |= {"n_steps": 1, "step_size": 1.25 * attack["eps"]}
        return AdversarialTrainingClassifier(
            self.net(), **attack, **options, checkpoint=self.checkpoint(folder)
        )


def trained(recipe, rows, folder):
    """The trained module of a recipe.

    Parameters
    ----------
    recipe : Recipe
    rows : callable
        Returns the X and the y to train on, where the folder lacks the network.
    folder : path
        Where weights are kept, as files named after the recipe.

    Returns
    -------
    torch.nn.Module
        In eval mode.
    """
    path = recipe.path(folder)
    if not path.exists():
        X, y = rows()
        module = _train(recipe, X, y, folder)
        folder.mkdir(parents=True, exist_ok=True)
        # A run that is interrupted while it writes leaves no broken file behind.
        unfinished = path.with_suffix(f".{os.getpid()}")
        torch.save(module.state_dict(), unfinished)
        unfinished.rename(path)
        recipe.checkpoint(folder).unlink(missing_ok=True)
    module = recipe.net().set_params(verbose=0).initialize().module_
    module.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return module.eval()


def _train(recipe, X, y, folder):
    print(f"training {recipe.name}", file=sys.stderr, flush=True)
    start = time.process_time(), time.monotonic()
    module = recipe.trainer(folder).fit(X, y).module_
    print(
        f"{recipe.name}: {time.process_time() - start[0]:.0f} CPU seconds, "
        f"{time.monotonic() - start[1]:.0f} seconds in all",
        file=sys.stderr,
        flush=True,
    )
    return module

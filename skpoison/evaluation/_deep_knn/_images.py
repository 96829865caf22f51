"""The images of the clean-label experiments, in the parts that victims see them."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits

from ...datasets import fetch_cifar10, fetch_mnist

N_CLASSES = 10
# Channels, height and width.
SHAPES = {"digits": (1, 8, 8), "mnist": (1, 28, 28), "cifar10": (3, 32, 32)}
# Rows of each class that networks are pre-trained on: those of the paper.
PRETRAINING_ROWS = {"digits": 90, "mnist": 4800, "cifar10": 4800}
# All that victims may fine-tune on; what follows is held out.
TUNING_ROWS = {"digits": 30, "mnist": 50, "cifar10": 50}


class Setup:
    """A data set cut by the rank of each image within its class.

    The first rows of each class are for pre-training, the next for fine-tuning, and
    targets come from the rest, which digits are tested on as well.

    Parameters
    ----------
    data : {"digits", "mnist", "cifar10"}
    draw : int
        0 ranks the images of MNIST and CIFAR-10 in the order of the files, as in the
        paper. All others, and every draw of the digits, rank them at random.
    """

    def __init__(self, data, draw):
        self.data = data
        self.images, self.y = _images(data, "train")
        order = np.arange(len(self.y))
        if draw or data == "digits":
            order = np.random.default_rng(draw).permutation(order)
        self.rank = np.empty(len(order), dtype=int)
        for label in np.unique(self.y):
            rows = order[self.y[order] == label]
            self.rank[rows] = np.arange(len(rows))
        self.n_pretraining = PRETRAINING_ROWS[data]

    def pretraining(self, n_rows):
        """X and y of so many rows of each class, which networks are trained on."""
        return self._ranked(0, n_rows)

    def tuning(self, n_rows):
        """X and y of so many rows of each class that no network was trained on."""
        return self._ranked(self.n_pretraining, self.n_pretraining + n_rows)

    def held_out(self, label):
        """The images of a class that are neither for training nor for fine-tuning."""
        return self._ranked(self._first_held_out, len(self.y), label)[0]

    def test(self):
        """X and y to test on."""
        if self.data == "digits":
            return self._ranked(self._first_held_out, len(self.y))
        images, y = _images(self.data, "test")
        return as_input(images, self.data), y

    @property
    def _first_held_out(self):
        return self.n_pretraining + TUNING_ROWS[self.data]

    def _ranked(self, start, stop, label=None):
        chosen = (self.rank >= start) & (self.rank < stop)
        if label is not None:
            chosen &= self.y == label
        return as_input(self.images[chosen], self.data), self.y[chosen]


def as_input(images, data):
    """Images as networks take them: float32 in [0, 1], channels first."""
    X = images.astype(np.float32) / (16 if data == "digits" else 255)
    return X.transpose(0, 3, 1, 2) if data == "cifar10" else X[:, None]


@cache
def _images(data, split):
    if data == "digits":
        digits = load_digits()
        return digits.images, digits.target
    fetch = {"mnist": fetch_mnist, "cifar10": fetch_cifar10}[data]
    bunch = fetch(split=split)
    return bunch.images, bunch.target

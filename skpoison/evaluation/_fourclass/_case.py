"""A poisoned training set of Fourclass, and the machine that learns from it."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from ...attacks import LabelFlipAttack
from ...datasets import fetch_fourclass

SVM = SVC(C=1, gamma=10)


@dataclass(frozen=True)
class Case:
    """A poisoned training set, what is known about it, and clean rows to test on."""

    X: np.ndarray
    y: np.ndarray
    trusted: np.ndarray
    is_poison: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    seed: int

    @property
    def contamination(self):
        """The poisoned share of the untrusted rows, which some defenses are told."""
        return self.is_poison[~self.trusted].mean()


def poisoned_case(setting):
    """Draw the rows of a seed and flip labels of the untrusted ones."""
    seed = setting.seed
    X, y = fetch_fourclass(return_X_y=True)
    # The split shuffles: the first rows of the training set are a random draw.
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
    trusted = np.arange(len(y)) < round(setting.share * len(y))
    attack = LabelFlipAttack(
        strategy=setting.strategy,
        rate=setting.rate / (1 + setting.rate),
        estimator=SVM,
        random_state=seed,
    )
    _, flipped, is_flipped = attack.fit_poison(X[~trusted], y[~trusted])
    y, is_poison = y.copy(), np.zeros(len(y), dtype=bool)
    y[~trusted], is_poison[~trusted] = flipped, is_flipped
    return Case(X, y, trusted, is_poison, X_test, y_test, seed)

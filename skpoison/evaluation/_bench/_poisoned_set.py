"""A training set with poison in it, and rows to test on."""

from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from ..._utils.containers import n_rows, take_rows
from ._seeds import seeded


@dataclass(frozen=True)
class PoisonedSet:
    """What an attacker hands over, and what only the bench knows of it.

    The trusted rows come first; `trusted` is None where none are. `target` is a row
    that the attacker wants taken for `wanted_label`, where the attack has one.
    """

    X: Any
    y: Any
    trusted: np.ndarray | None
    is_poison: np.ndarray
    X_test: Any
    y_test: Any
    target: Any = None
    wanted_label: Any = None

    @property
    def untrusted(self):
        """True for the rows that a defense is judged by."""
        if self.trusted is None:
            return np.ones(len(self.is_poison), dtype=bool)
        return ~self.trusted


def takes_rate(attack):
    """Whether an attack is told how many rows to poison by a `rate`."""
    return attack is not None and "rate" in attack.get_params(deep=False)


def poisoned_set(dataset, attack, setting):
    """Split the rows of a data set, trust some of the training rows, poison the others.

    Parameters
    ----------
    dataset : tuple (X, y)
    attack : PoisonAttack or None
        None leaves the rows clean.
    setting : Setting

    Returns
    -------
    PoisonedSet
    """
    (X, y), test = _split(dataset, setting.test_size, setting, "split")
    trusted_rows = None
    if setting.trusted:
        (X, y), trusted_rows = _split((X, y), setting.trusted, setting, "trusted")
    X, y, is_poison, aim = _poisoned(X, y, test, attack, setting)
    trusted = None
    if trusted_rows is not None:
        X, y = (_joined(*pair) for pair in zip(trusted_rows, (X, y)))
        trusted = np.arange(n_rows(X)) < n_rows(X) - len(is_poison)
        is_poison = np.append(np.zeros(trusted.sum(), dtype=bool), is_poison)
    return PoisonedSet(X, y, trusted, is_poison, *test, **aim)


def _split(rows, share, setting, purpose):
    """The rows, as (X, y), without a share of them, and that share."""
    X, y = rows
    rest, part = train_test_split(
        np.arange(n_rows(X)),
        test_size=share,
        random_state=setting.seed(purpose),
        stratify=y if setting.stratify else None,
    )
    return take_rows(rest, X, y), take_rows(part, X, y)


def _poisoned(X, y, test, attack, setting):
    """The rows after the attack, which are poison, and the target if there is one."""
    if attack is None:
        return X, y, np.zeros(n_rows(X), dtype=bool), {}
    attack = seeded(clone(attack), setting.seed("attack"))
    if takes_rate(attack):
        attack.set_params(rate=setting.rate)
    if "X_target" not in signature(attack.fit_poison).parameters:
        return *attack.fit_poison(X, y), {}
    X_test, y_test = test
    others = np.flatnonzero(np.asarray(y_test) != attack.poison_class)
    chosen = np.random.default_rng(setting.seed("target")).choice(others)
    (target,) = take_rows([chosen], X_test)
    aim = {"target": target, "wanted_label": attack.poison_class}
    return *attack.fit_poison(X, y, target), aim


def _joined(first, second):
    if not hasattr(first, "iloc"):
        return np.concatenate([first, second])
    import pandas as pd

    return pd.concat([first, second], ignore_index=True)

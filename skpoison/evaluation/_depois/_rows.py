"""The poisoned training sets of the experiment."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from sklearn.kernel_approximation import Nystroem

from .._fourclass._case import SVM, poisoned_case
from .._fourclass._settings import Setting as FlipSetting
from .._house_prices._defenses import MODELS
from .._house_prices._rows import poisoned, split
from ._images import clean_images, draw, poison_images
from ._settings import PAPER_SHARE, TABLE_ROWS


@dataclass(frozen=True)
class PoisonedRows:
    """A training set, and what is known about it."""

    X: np.ndarray
    y: np.ndarray
    trusted: np.ndarray
    is_poison: np.ndarray
    seed: int

    @property
    def contamination(self):
        """The poisoned share of the untrusted rows, which some defenses are told."""
        return self.is_poison[~self.trusted].mean()

    @cached_property
    def kernel_features(self):
        """The rows as linear defenses see those of a machine with a kernel."""
        kernel = Nystroem(gamma=SVM.gamma, n_components=100, random_state=self.seed)
        return kernel.fit_transform(self.X)


def poisoned_rows(setting):
    """The training set of a setting."""
    make = {"LF": _flipped_points, "R": _poisoned_houses}
    # What will be trusted comes on top of the rate.
    more = setting.mixed * setting.share / (1 - setting.share)
    rows = make.get(setting.attack, _poisoned_images)(
        replace(setting, rate=setting.rate + more)
    )
    return _with_poison_trusted(rows, setting.mixed)


def _flipped_points(setting):
    # The attack that the paper names: adversarial flips of B. Biggio et al.
    case = poisoned_case(FlipSetting("tilt", setting.rate, setting.share, setting.seed))
    return PoisonedRows(case.X, case.y, case.trusted, case.is_poison, setting.seed)


def _poisoned_houses(setting):
    n_rows = TABLE_ROWS["R"]
    train, validation, _ = split("house", setting.seed, n_rows)
    n_trusted = round(setting.share * n_rows)
    n_poisons = round(setting.rate * (n_rows - n_trusted))
    X, y, is_poison = poisoned(
        "OptP", MODELS["ridge"], train, validation, n_poisons, setting.seed
    )
    trusted = np.arange(len(y)) < n_trusted
    return PoisonedRows(X, y, trusted, is_poison, setting.seed)


def _poisoned_images(setting):
    """Features of images; the poison comes last."""
    X, y = clean_images(setting.n_rows, setting.seed)
    X_poison, y_poison = poison_images(setting.attack, setting.n_rows, setting.seed)
    n_trusted = round(setting.share * len(y))
    n_poisons = round(setting.rate * (len(y) - n_trusted))
    known = np.random.default_rng(setting.seed).permutation(np.unique(y))
    candidates = np.flatnonzero(np.isin(y, known[: setting.n_known]))
    trusted = np.zeros(len(y) + n_poisons, dtype=bool)
    trusted[candidates[:n_trusted]] = True
    return PoisonedRows(
        np.concatenate([X, X_poison[:n_poisons]]),
        np.concatenate([y, y_poison[:n_poisons]]),
        trusted,
        np.arange(len(trusted)) >= len(y),
        setting.seed,
    )


def _with_poison_trusted(rows, mixed):
    """The same with poison in the place of a share of the trusted rows."""
    n_mixed = round(mixed * rows.trusted.sum())
    rng = np.random.default_rng(rows.seed)
    trusted = rows.trusted.copy()
    trusted[rng.choice(np.flatnonzero(rows.trusted), n_mixed, replace=False)] = False
    trusted[rng.choice(np.flatnonzero(rows.is_poison), n_mixed, replace=False)] = True
    return replace(rows, trusted=trusted)


def clean_rows(setting):
    """Trusted rows of a draw, and clean rows that are not in its training set.

    Images are pixels here, not features.

    Returns
    -------
    list of (ndarray, ndarray)
        X and y of the trusted rows, then of the others.
    """
    n_trusted = round(PAPER_SHARE * setting.n_rows)
    if setting.attack == "LF":
        case = poisoned_case(FlipSetting("random", 0.0, PAPER_SHARE, setting.seed))
        trusted = case.trusted
        return [(case.X[trusted], case.y[trusted]), (case.X_test, case.y_test)]
    if setting.attack == "R":
        parts = split("house", setting.seed, setting.n_rows)
        train, validation, test = [(X.to_numpy(), y.to_numpy()) for X, y in parts]
        return [
            (train[0][:n_trusted], train[1][:n_trusted]),
            tuple(np.concatenate(pair) for pair in zip(validation, test)),
        ]
    (X, y), _, _, others = draw(setting.n_rows, setting.seed)
    return [(X[:n_trusted], y[:n_trusted]), others]

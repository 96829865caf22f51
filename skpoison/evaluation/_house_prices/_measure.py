"""What is measured of each defense."""

import time

import numpy as np
from sklearn.base import clone, is_regressor

from .._detection import detection_report
from ._defenses import DETECTORS, MODEL_DEFENSES, MODELS, Case
from ._rows import poisoned, split
from ._settings import N_HOUSES, N_TRAIN


def measure_models(setting, names):
    """The test error of a model after each defense, and what the defense removed."""
    model = MODELS[setting.model]
    train, validation, test = split(setting.data, setting.seed, N_TRAIN)
    n_poisons = int(setting.rate / (1 - setting.rate) * N_TRAIN + 0.5)
    start = time.process_time()
    X, y, is_poison = poisoned(
        setting.attack, model, train, validation, n_poisons, setting.seed
    )
    crafting = time.process_time() - start
    X_test, y_test = test[0].to_numpy(), test[1].to_numpy()
    for name in names:
        defense = MODEL_DEFENSES[name](clone(model), is_poison.mean())
        start = time.process_time()
        defense.fit(X, y)
        seconds = time.process_time() - start
        fitted = defense if is_regressor(defense) else defense.estimator_
        removed = ~getattr(defense, "inlier_mask_", np.ones(len(y), dtype=bool))
        yield {
            "test_mse": np.mean((fitted.predict(X_test) - y_test) ** 2),
            "poison_removed": removed[is_poison].mean() if n_poisons else np.nan,
            "clean_removed": removed[~is_poison].mean(),
            "seconds": seconds,
            "crafting_seconds": crafting,
        }


def measure_detection(setting, names):
    """What each defense flags of the untrusted rows."""
    train, validation, _ = split("house", setting.seed, N_HOUSES)
    n_trusted = round(setting.share * N_HOUSES)
    n_poisons = round(setting.rate * (N_HOUSES - n_trusted))
    X, y, is_poison = poisoned(
        setting.attack, MODELS["ridge"], train, validation, n_poisons, setting.seed
    )
    case = Case(is_poison, np.arange(len(y)) < n_trusted, setting.seed)
    for name in names:
        defense = DETECTORS[name](case)
        start = time.process_time()
        defense.fit(X, y, trusted=case.trusted)
        seconds = time.process_time() - start
        yield {
            **detection_report(defense, is_poison, ~case.trusted),
            "seconds": seconds,
        }

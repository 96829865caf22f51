"""The rows of both experiments: split, and poisoned."""

import numpy as np

from ...attacks import RegressionGradientAttack, StatPAttack
from ...datasets import fetch_house_prices, fetch_warfarin
from ...defenses import TRIMRegressor
from ._evasion import evade
from ._settings import ADAPTIVE, N_TEST, N_VALIDATION

DATA = {"house": fetch_house_prices, "warfarin": fetch_warfarin}


def split(data, seed, n_train):
    """Training, validation and test rows, drawn without replacement."""
    X, y = DATA[data](return_X_y=True, as_frame=True)
    rows = np.random.default_rng(seed).permutation(len(y))
    parts = np.split(rows, [n_train, n_train + N_VALIDATION])
    return [(X.iloc[part], y.iloc[part]) for part in (*parts[:2], parts[2][:N_TEST])]


def poisoned(attack, model, train, validation, n_poisons, seed):
    """The training rows, then the poison: X, y and which rows are poison."""
    X, y = train[0].to_numpy(), train[1].to_numpy()
    if n_poisons:
        rows, values = _craft(attack, model, train, validation, n_poisons, seed)
        X, y = np.vstack([X, rows]), np.append(y, values)
    return X, y, np.arange(len(y)) >= len(train[1])


def _craft(attack, model, train, validation, n_poisons, seed):
    X_val, y_val = validation
    common = {"n_poisons": n_poisons, "random_state": seed}
    if attack == "StatP":
        crafted = StatPAttack(**common).fit_poison(*train)
    else:
        crafted = RegressionGradientAttack(model, **common).fit_poison(
            *train, X_val=X_val, y_val=y_val
        )
    rows, values = (part.to_numpy()[crafted.is_poison] for part in crafted[:2])
    if attack == ADAPTIVE:
        X, y = train[0].to_numpy(), train[1].to_numpy()
        twins = np.random.default_rng(seed).choice(len(y), n_poisons)
        # Rows with much leverage, and rows that look like any other.
        candidates = [(rows, values), (X[twins], np.ones(n_poisons))]
        return evade(
            TRIMRegressor(model), X, y, X_val.to_numpy(), y_val.to_numpy(), candidates
        )
    return rows, values

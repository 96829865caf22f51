"""Poisoned regressions: TRIM's figures, and the R-attack of De-Pois's Table III.

M. Jagielski et al., "Manipulating Machine Learning: Poisoning Attacks and
Countermeasures for Regression Learning", 2018; J. Chen et al., "De-Pois: An
Attack-Agnostic Defense against Data Poisoning Attacks", 2021.

    python examples/paper/house_prices.py            # everything
    python examples/paper/house_prices.py --quick    # a first look

Two experiments. *models*: four linear models of house prices and of warfarin doses, 300
training rows and as much poison as the rate says, which is a share of all rows, as in
the first paper; the test error of the model after each defense, and what it removed.
The adaptive attacker knows TRIMRegressor and keeps his rows under its threshold.
*detection*: 70 % of the houses, some of them trusted, and poison at a rate that is
poison / clean rows, as in the second paper; verdicts are scored on the untrusted rows.

Rows go to results/house_models.csv and results/house_detection.csv as they are
measured, and a second run measures what is missing.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LassoCV,
    RANSACRegressor,
    Ridge,
)

from skpoison.attacks import RegressionGradientAttack, StatPAttack
from skpoison.base import PoisonFilter
from skpoison.datasets import fetch_house_prices, fetch_warfarin
from skpoison.defenses import (
    DePoisFilter,
    DUTIFilter,
    SeverFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from skpoison.metrics import filter_report

from .._runner import run
from ._evasion import evade
from ._report import (
    DETECTION_RATE,
    DETECTION_SHARE,
    print_detection,
    print_models,
    save_figure,
)

# The settings of the defenses were chosen on lower ones.
FIRST_SEED = 10
N_TRAIN, N_VALIDATION, N_TEST = 300, 250, 500
# 70 % of them.
N_HOUSES = 1022
DATA = {"house": fetch_house_prices, "warfarin": fetch_warfarin}
MODELS = {
    # Least squares with the least penalty that makes it well defined.
    "OLS": Ridge(1e-5),
    "ridge": Ridge(0.1),
    "lasso": Lasso(1.6e-4, max_iter=10_000),
    "elastic net": ElasticNet(2.7e-4, l1_ratio=0.5, max_iter=10_000),
}
RATES = [0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.3]
DETECTION_RATES = DETECTION_SHARES = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
QUICK = {"seeds": 2, "models": ["ridge"], "rates": [0.0, 0.2], "detection": [0.2]}


class NoFilter(PoisonFilter):
    """Keep every row: what every defense is compared with."""

    def _is_regression(self, y):
        return True

    def _score_training_rows(self, X, y, trusted):
        return np.zeros(len(y)), 0.0


DEFENDED = {
    "none (flag nothing)": lambda model, share: model,
    "TRIM as published, rate known": lambda model, share: TRIMRegressor(
        model, contamination=share, screening="residual"
    ),
    "TRIMRegressor, rate known": lambda model, share: TRIMRegressor(
        model, contamination=share
    ),
    "TRIMRegressor": lambda model, share: TRIMRegressor(model),
    "Sever, rate known": lambda model, share: SeverFilter(
        model, contamination=max(share, 0.01), random_state=0
    ),
    "Huber": lambda model, share: HuberRegressor(max_iter=2000),
    "RANSAC": lambda model, share: RANSACRegressor(
        model, min_samples=0.5, random_state=0
    ),
}

# By the poisoned share of the untrusted rows, that of all rows, and the seed.
DETECTORS = {
    "flag nothing": lambda share, of_all, seed: NoFilter(),
    "trusted lasso": lambda share, of_all, seed: TrustedDisagreementFilter(
        LassoCV(), random_state=seed
    ),
    "trusted lasso, self-trained": lambda share, of_all, seed: (
        TrustedDisagreementFilter(LassoCV(), n_rounds=5, random_state=seed)
    ),
    "De-Pois": lambda share, of_all, seed: DePoisFilter(random_state=seed),
    "TRIM": lambda share, of_all, seed: TRIMRegressor(
        Ridge(0.1), contamination=of_all, screening="residual"
    ),
    "TRIMRegressor": lambda share, of_all, seed: TRIMRegressor(Ridge(0.1)),
    "DUTI": lambda share, of_all, seed: DUTIFilter(
        "regression", contamination=share, random_state=seed
    ),
    "Sever": lambda share, of_all, seed: SeverFilter(
        Ridge(0.1), contamination=share, random_state=seed
    ),
}


def split(data, seed, n_train):
    """Training, validation and test rows, drawn without replacement."""
    X, y = DATA[data](return_X_y=True, as_frame=True)
    rows = np.random.default_rng(seed).permutation(len(y))
    parts = np.split(rows, [n_train, n_train + N_VALIDATION])
    return [(X.iloc[part], y.iloc[part]) for part in (*parts[:2], parts[2][:N_TEST])]


def poison(attack, model, train, validation, n_poisons, seed):
    """The training rows, then the poison: X, y and which rows are poison."""
    X, y = train[0].to_numpy(), train[1].to_numpy()
    if n_poisons:
        rows, values = craft(attack, model, train, validation, n_poisons, seed)
        X, y = np.vstack([X, rows]), np.append(y, values)
    return X, y, np.arange(len(y)) >= len(train[1])


def craft(attack, model, train, validation, n_poisons, seed):
    X_val, y_val = validation
    common = {"n_poisons": n_poisons, "random_state": seed}
    if attack == "StatP":
        crafted = StatPAttack(**common).fit_poison(*train)
    else:
        crafted = RegressionGradientAttack(model, **common).fit_poison(
            *train, X_val=X_val, y_val=y_val
        )
    rows, values = (part.to_numpy()[crafted.is_poison] for part in crafted[:2])
    if attack == "adaptive":
        X, y = train[0].to_numpy(), train[1].to_numpy()
        twins = np.random.default_rng(seed).choice(len(y), n_poisons)
        # Rows with much leverage, and rows that look like any other.
        candidates = [(rows, values), (X[twins], np.ones(n_poisons))]
        return evade(
            TRIMRegressor(model), X, y, X_val.to_numpy(), y_val.to_numpy(), candidates
        )
    return rows, values


def measure_models(setting, defenses):
    """The test error of a model after each defense, and what the defense removed."""
    rate, seed = setting["rate"], setting["seed"]
    model = MODELS[setting["model"]]
    train, validation, test = split(setting["data"], seed, N_TRAIN)
    n_poisons = int(rate / (1 - rate) * N_TRAIN + 0.5)
    start = time.process_time()
    X, y, is_poison = poison(
        setting["attack"], model, train, validation, n_poisons, seed
    )
    crafting = time.process_time() - start
    X_test, y_test = test[0].to_numpy(), test[1].to_numpy()
    for name in defenses:
        defense = DEFENDED[name](clone(model), is_poison.mean())
        start = time.process_time()
        defense.fit(X, y)
        seconds = time.process_time() - start
        fitted = defense.estimator_ if name.startswith("Sever") else defense
        removed = ~getattr(defense, "inlier_mask_", np.ones(len(y), dtype=bool))
        yield {
            "test_mse": np.mean((fitted.predict(X_test) - y_test) ** 2),
            "poison_removed": removed[is_poison].mean() if n_poisons else np.nan,
            "clean_removed": removed[~is_poison].mean(),
            "seconds": seconds,
            "crafting_seconds": crafting,
        }


def measure_detection(setting, defenses):
    """What each defense flags of the untrusted rows."""
    seed = setting["seed"]
    train, validation, _ = split("house", seed, N_HOUSES)
    n_trusted = round(setting["share"] * N_HOUSES)
    n_poisons = round(setting["rate"] * (N_HOUSES - n_trusted))
    X, y, is_poison = poison(
        setting["attack"], MODELS["ridge"], train, validation, n_poisons, seed
    )
    trusted = np.arange(len(y)) < n_trusted
    for name in defenses:
        defense = DETECTORS[name](is_poison[~trusted].mean(), is_poison.mean(), seed)
        start = time.process_time()
        defense.fit(X, y, trusted=trusted)
        seconds = time.process_time() - start
        verdict = {
            "is_poison": is_poison[~trusted],
            "inlier_mask": defense.inlier_mask_[~trusted],
            "scores": defense.sample_scores_[~trusted],
        }
        report = filter_report(**verdict)
        yield {
            "accuracy": report["accuracy"],
            "recall_clean": filter_report(**verdict, pos_label="clean")["recall"],
            "f1_clean": report["f1_clean"],
            "recall_poison": report["recall"],
            "f1_poison": report["f1_poison"],
            "balanced_accuracy": report["balanced_accuracy"],
            "mcc": report["mcc"],
            "roc_auc": report["roc_auc"],
            "seconds": seconds,
        }


def model_settings(data, models, rates, seeds):
    """OptP and StatP against every model, the adaptive attack against ridge alone."""
    return [
        {"data": d, "model": m, "attack": a, "rate": rate, "seed": FIRST_SEED + i}
        for d in data
        for m in models
        for a in ("OptP", "StatP", "adaptive")
        for rate in rates
        for i in range(seeds)
        if (a != "adaptive" or m == "ridge") and (rate or a == "OptP")
    ]


def detection_settings(values, seeds):
    axes = [(DETECTION_RATE, share) for share in values]
    axes += [(rate, DETECTION_SHARE) for rate in values]
    return [
        {"attack": attack, "rate": rate, "share": share, "seed": FIRST_SEED + i}
        for attack in ("OptP", "StatP")
        for rate, share in dict.fromkeys(axes)
        for i in range(seeds)
    ]


def parse(argv):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", nargs="*", choices=DATA, default=list(DATA))
    add("--models", nargs="*", choices=MODELS, default=list(MODELS))
    add("--rates", nargs="+", type=float, default=RATES, metavar="RATE")
    add(
        "--detection",
        nargs="*",
        type=float,
        default=DETECTION_SHARES,
        metavar="SHARE",
        help="rates, and shares of trusted rows, of the second experiment",
    )
    add("--seeds", type=int, default=5, help="number of random splits")
    add("--quick", action="store_true", help=f"other defaults: {QUICK}")
    add("--jobs", type=int, default=-1, help="worker processes, as in joblib")
    add("--results", type=Path, default=Path(__file__).parent / "results")
    if parser.parse_args(argv).quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args(argv)


def main(argv=None):
    args = parse(argv)
    settings = model_settings(args.data, args.models, args.rates, args.seeds)
    if settings:
        path = args.results / "house_models.csv"
        models = run(measure_models, settings, list(DEFENDED), path, n_jobs=args.jobs)
        print_models(models)
        save_figure(models, args.results / "house_models.png")
    settings = detection_settings(args.detection, args.seeds)
    if settings:
        path = args.results / "house_detection.csv"
        print_detection(
            run(measure_detection, settings, list(DETECTORS), path, n_jobs=args.jobs)
        )


if __name__ == "__main__":
    main()

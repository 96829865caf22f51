"""Backdoors in tables: do they win gradient boosting, and which defenses keep them out.

At most 1,500 rows of a table, 70 % of them to train on, a fifth of those trusted.
`BackdoorAttack` adds poison, as a share of the untrusted rows, for the class that a
model without poison sees least in rows with the trigger: rare values mean a class by
themselves in some tables. The victim is scikit-learn's HistGradientBoostingClassifier,
trained on what a defense keeps; the success rate is the share of the test rows of other
classes that it takes for that class with the trigger. Points are lost against the
undefended victim, on clean test rows. The defenses see words one-hot and numbers
standardised; those that are told how much poison there is are told the truth. The
settings were chosen on three tables, and are reported on five others with other seeds.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_backdoor --cells backdoor
    ... --tables contraceptive phoneme segment --seeds 0

A run that was stopped goes on.
"""

import argparse
import os
import time
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skpoison.attacks import BackdoorAttack
from skpoison.defenses import (
    AnnealedTrustFilter,
    CalibratedFilter,
    DeepKNNFilter,
    LossFilter,
    PanelFilter,
    PerClassFilter,
    RandomEvictionFilter,
    SpectralSignatureFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import (
    OracleFilter,
    markdown_table,
    run_experiment,
)

REPORTED_ON = ("crx", "german", "pima", "spambase", "vehicle")
VALUES, RATES = ("rare", "common"), (0.01, 0.05)
MAX_ROWS, TRUSTED = 1500, 0.2


@dataclass
class Setting:
    """A poisoned draw of the rows of a table."""

    table: str
    values: str
    rate: float
    seed: int


def defenses(is_poison, share, share_of_class):
    """By name; told which rows are poison, their share of all, and of their class."""
    linear = LogisticRegression(max_iter=1000)
    trees = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    forest = IsolationForest(contamination=share_of_class, random_state=0)
    bagged = RandomForestClassifier(200, min_samples_leaf=3, random_state=0)
    trusted_trees = TrustedDisagreementFilter(trees, random_state=0)
    return {
        "flag nothing": RandomEvictionFilter(0.0),
        "perfect filter": OracleFilter(is_poison),
        "spectral signatures": SpectralSignatureFilter(share_of_class),
        "trusted linear": TrustedDisagreementFilter(linear, random_state=0),
        "trusted boosting": trusted_trees,
        "trusted boosting, calibrated": CalibratedFilter(trusted_trees),
        "trusted forest": TrustedDisagreementFilter(bagged, random_state=0),
        "annealed trust": AnnealedTrustFilter(random_state=0),
        "annealed trust, calibrated": CalibratedFilter(
            AnnealedTrustFilter(random_state=0)
        ),
        "Deep k-NN, k = 15": DeepKNNFilter(k=15),
        "Deep k-NN, k / N = 1": DeepKNNFilter(),
        "Deep k-NN, k / N = 0.5": DeepKNNFilter(normalized_k=0.5),
        "isolation forest": PerClassFilter(forest),
        "panel": PanelFilter(contamination=share, random_state=0),
        "small loss": LossFilter(trees, contamination=share, random_state=0),
    }


NAMES = list(defenses([True], 0.1, 0.1))


class Draw:
    """Rows to train on, with poison, and rows to test on, encoded."""

    def __init__(self, setting):
        X, y = draw_rows(setting)
        rows, test = train_test_split(
            np.arange(len(y)), test_size=0.3, random_state=setting.seed, stratify=y
        )
        trusted, rows = train_test_split(
            rows, train_size=TRUSTED, random_state=setting.seed, stratify=y[rows]
        )
        attack = BackdoorAttack(
            poison_class=0,
            trigger="values",
            values=setting.values,
            rate=setting.rate,
            random_state=setting.seed,
        )
        attack.fit_poison(X.iloc[rows], y[rows])
        self.poison_class = least_likely_class(
            X.iloc[rows], y[rows], attack.apply_trigger(X.iloc[test])
        )
        attack.set_params(poison_class=self.poison_class)
        X_poisoned, y_poisoned, is_poison = attack.fit_poison(X.iloc[rows], y[rows])
        X_train = pd.concat([X.iloc[trusted], X_poisoned], ignore_index=True)
        self.y = np.concatenate([y[trusted], y_poisoned])
        self.is_poison = np.append(np.zeros(len(trusted), dtype=bool), is_poison)
        self.trusted = np.arange(len(self.y)) < len(trusted)
        encoder = encoder_of(X_train)
        self.X = encoder.transform(X_train)
        self.X_test, self.y_test = encoder.transform(X.iloc[test]), y[test]
        others = X.iloc[test[y[test] != self.poison_class]]
        self.X_trigger = encoder.transform(attack.apply_trigger(others))

    def victim(self, kept):
        """Success rate and clean accuracy of a victim that learns from these rows."""
        model = HistGradientBoostingClassifier(random_state=0).fit(
            self.X[kept], self.y[kept]
        )
        won = model.predict(self.X_trigger) == self.poison_class
        return won.mean(), model.score(self.X_test, self.y_test)

    def shares(self):
        """The poison's share of the untrusted rows, and of those of its class."""
        in_class = (self.y == self.poison_class) & ~self.trusted
        n_poisons = self.is_poison.sum()
        share_of_class = min(0.5, n_poisons / in_class.sum())
        return n_poisons / np.sum(~self.trusted), share_of_class


def encoder_of(X):
    """Numbers standardised, words one-hot."""
    words = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    return make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    ).fit(X)


def least_likely_class(X, y, X_trigger):
    """The class that a model without poison sees least in rows with the trigger."""
    encoder = encoder_of(X)
    model = HistGradientBoostingClassifier(random_state=0)
    model.fit(encoder.transform(X), y)
    predicted = model.predict(encoder.transform(X_trigger))
    return int(np.bincount(predicted, minlength=y.max() + 1).argmin())


def draw_rows(setting):
    """At most so many rows of a table."""
    path = Path(os.environ["SKPOISON_DATA_HOME"]) / "tables" / f"{setting.table}.csv.gz"
    table = pd.read_csv(path)
    table = table.sample(min(len(table), MAX_ROWS), random_state=setting.seed)
    y = np.unique(table.pop("target"), return_inverse=True)[1]
    return table.reset_index(drop=True), y


def measure(setting, names):
    """Success rate and accuracy with each defense, and what it removes."""
    warnings.simplefilter("ignore")
    draw = Draw(setting)
    clean_success, clean_accuracy = draw.victim(~draw.is_poison)
    undefended = draw.victim(np.ones(len(draw.y), dtype=bool))
    available = defenses(draw.is_poison, *draw.shares())
    for name in names:
        start = time.process_time()
        kept = available[name].fit_predict(draw.X, draw.y, trusted=draw.trusted) == 1
        seconds = time.process_time() - start
        success, accuracy = undefended if kept.all() else draw.victim(kept)
        yield {
            "success": success,
            "success_without_poison": clean_success,
            "points_lost": 100 * (undefended[1] - accuracy),
            "accuracy": accuracy,
            "accuracy_without_poison": clean_accuracy,
            "poison_removed": np.mean(~kept[draw.is_poison]),
            "clean_removed": np.mean(~kept[~draw.is_poison & ~draw.trusted]),
            "seconds": seconds,
        }


def print_tables(frame):
    """By the kind of trigger and the rate: means over tables and seeds."""
    for (values, rate), rows in frame.groupby(["values", "rate"], sort=False):
        print(f"\n{values} values, {100 * rate:g} %")
        of_defenses = rows.groupby("defense", sort=False)
        means = of_defenses.mean(numeric_only=True)
        means["worst_table"] = rows.pivot_table(
            index="defense", columns="table", values="success"
        ).max(axis=1)
        columns = ["success", "worst_table", "success_without_poison", "points_lost"]
        columns += ["poison_removed", "clean_removed", "seconds"]
        print(markdown_table(means[columns].round(3).astype(str)))
        print()
        by_table = rows.pivot_table(
            index="defense", columns="table", values="success", sort=False
        )
        print(markdown_table(by_table.round(2).astype(str)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", default="backdoor")
    parser.add_argument("--tables", nargs="+", default=REPORTED_ON)
    parser.add_argument("--values", nargs="+", default=VALUES)
    parser.add_argument("--rates", nargs="+", type=float, default=RATES)
    parser.add_argument("--seeds", nargs="+", type=int, default=range(10, 13))
    parser.add_argument("--defenses", nargs="+", choices=NAMES, default=NAMES)
    args = parser.parse_args()
    grid = product(args.seeds, args.tables, args.values, args.rates)
    settings = [Setting(table, *rest, seed) for seed, table, *rest in grid]
    frame = run_experiment(measure, settings, args.defenses, args.cells, n_jobs=1)
    print_tables(frame)


if __name__ == "__main__":
    main()

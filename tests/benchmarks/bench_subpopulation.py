"""Subpopulation attacks: the accuracy inside the attacked cluster, and outside.

Half of the rows of a data set are to train on, half to test on. `SubpopulationAttack`
attacks one of 20 clusters that holds 20 rows or more, and adds alpha times as many
rows as the cluster has. The attacker has a linear model, the victims are an RBF SVC and
gradient boosting. Random flips of as many labels are beside it.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_subpopulation

takes three minutes of one core; a run that was stopped goes on.
"""

import argparse
import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack, SubpopulationAttack
from skpoison.evaluation import mean_and_interval, run_experiment

VICTIMS = ("SVC", "boosting")
ALPHAS, N_CLUSTERS, MIN_ROWS = (0.5, 1.0, 2.0), 20, 20


@dataclass
class Setting:
    """A split of a data set, and how many rows are added to a cluster."""

    data: str
    alpha: float
    seed: int


def draw_rows(setting):
    """Rows to train on, rows to test on, and their labels."""
    if setting.data == "digits":
        X, y = load_digits(return_X_y=True)
    else:
        home = Path(os.environ["SKPOISON_DATA_HOME"])
        table = pd.read_csv(home / "tables" / f"{setting.data}.csv.gz")
        y = np.unique(table.pop("target"), return_inverse=True)[1]
        X = table.to_numpy(float)
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.5, random_state=setting.seed, stratify=y
    )
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), scaler.transform(X_test), y, y_test


def attacked(setting, X, y):
    """The attack on a cluster that is not too small, and the poisoned set."""
    attack = SubpopulationAttack(
        alpha=setting.alpha, n_clusters=N_CLUSTERS, random_state=setting.seed
    )
    attack.fit_poison(X, y)
    sizes = np.bincount(attack.clusters_)
    rng = np.random.default_rng(setting.seed)
    large_enough = np.flatnonzero(sizes >= MIN_ROWS)
    attack.set_params(cluster=int(rng.choice(large_enough)))
    return attack, attack.fit_poison(X, y)


def measure(setting, victims):
    """Accuracies in the cluster and outside, without poison, with it, with flips."""
    X, X_test, y, y_test = draw_rows(setting)
    attack, poisoned = attacked(setting, X, y)
    rate = poisoned.is_poison.sum() / len(y)
    flipped = LabelFlipAttack(rate=rate, random_state=setting.seed).fit_poison(X, y)
    inside = attack.in_subpopulation(X_test)
    for name in victims:
        accuracies = {}
        for set_name, rows in (
            ("clean", (X, y)),
            ("poisoned", (poisoned.X, poisoned.y)),
            ("flipped", (flipped.X, flipped.y)),
        ):
            victim = SVC() if name == "SVC" else HistGradientBoostingClassifier()
            right = victim.fit(*rows).predict(X_test) == y_test
            accuracies[f"{set_name}_inside"] = right[inside].mean()
            accuracies[f"{set_name}_outside"] = right[~inside].mean()
        yield {"rate": rate, "rows_inside": int(inside.sum()), **accuracies}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", default="subpopulation")
    parser.add_argument("--data", nargs="+", default=["digits", "segment"])
    parser.add_argument("--alphas", nargs="+", type=float, default=ALPHAS)
    parser.add_argument("--seeds", nargs="+", type=int, default=range(10, 20))
    parser.add_argument("--victims", nargs="+", choices=VICTIMS, default=VICTIMS)
    args = parser.parse_args()
    grid = product(args.data, args.alphas, args.seeds)
    settings = [Setting(*cell) for cell in grid]
    frame = run_experiment(measure, settings, args.victims, args.cells, n_jobs=1)
    frame["group"] = frame["data"] + ", " + frame["defense"]
    columns = [
        f"{s}_{w}"
        for s in ("clean", "poisoned", "flipped")
        for w in ("inside", "outside")
    ]
    for column in ("rate", *columns):
        print(f"\n{column}")
        print(mean_and_interval(frame, "group", "alpha", column))


if __name__ == "__main__":
    main()

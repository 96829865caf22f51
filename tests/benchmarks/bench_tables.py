"""What calibrated removal costs and saves on ten real tables, beside other filters.

Every table of the data home, at most 1,500 rows; clean, and with labels of the
untrusted rows flipped in four ways, at rates .02 to .2, with 5 to 20 % of the rows
trusted. Three models learn from what a filter keeps. The figures are test accuracy
minus that without a defense, in points.

    python -m tests.benchmarks.bench_tables --cells tables --seeds 10

measures every rate at 20 % trusted and every share of trusted rows at rate .1, for one
seed after the other; `--grid full` every rate at every share, `--grid middle` rate .1
at 20 % trusted alone. A run that was stopped goes on where it was, from one grid to the
other, too.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.base import PoisonAttack
from skpoison.defenses import AnnealedTrustFilter, CalibratedFilter, DeepKNNFilter
from skpoison.evaluation import evaluate_defenses, markdown_table, with_interval

from .bench_annealed_trust import flip_groups
from .bench_calibration_bounds import TABLES


class GroupFlipAttack(PoisonAttack):
    """Groups of neighbours of one class get the label of another, of any number."""

    def __init__(self, rate=0.1, random_state=None):
        self.rate = rate
        self.random_state = random_state

    def fit_poison(self, X, y):
        rng = np.random.default_rng(self.random_state)
        flipped = flip_groups(X, y, self.rate, rng)
        rows = np.flatnonzero(flipped != y)
        return self._relabel(X, y, rows, flipped[rows])


MAX_ROWS = 1500
RATES, SHARES = (0.02, 0.05, 0.1, 0.2), (0.05, 0.1, 0.2)
RATE, SHARE = 0.1, 0.2
GRIDS = {
    "middle": [([RATE], [SHARE])],
    "cross": [(RATES, [SHARE]), ([RATE], SHARES[:-1])],
    "full": [(RATES, SHARES)],
}
FIRST_SEED = 10
ATTACKS = {
    "clean": None,
    "random": LabelFlipAttack(strategy="random"),
    "near": LabelFlipAttack(strategy="near", estimator=SVC()),
    "far": LabelFlipAttack(strategy="far", estimator=SVC()),
    "cluster": GroupFlipAttack(),
}
DEFENSES = {
    "calibrated": CalibratedFilter(AnnealedTrustFilter()),
    "annealed trust": AnnealedTrustFilter(),
    "Deep k-NN": DeepKNNFilter(k=15),
}
MODELS = {
    "logistic regression": LogisticRegression(max_iter=300),
    "gradient boosting": HistGradientBoostingClassifier(max_iter=60),
    "random forest": RandomForestClassifier(60),
}
PERFECT, RANDOM = "perfect filter", "random eviction of as many as calibrated"


def load(table):
    """Rows of a table, encoded as numbers, and their labels."""
    folder = Path(os.environ["SKPOISON_DATA_HOME"]) / "tables"
    rows = pd.read_csv(folder / f"{table}.csv.gz")
    rows = rows.sample(min(len(rows), MAX_ROWS), random_state=0)
    y = np.unique(rows.pop("target"), return_inverse=True)[1]
    words = make_column_selector(dtype_exclude="number")
    encoder = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(sparse_output=False), words),
    )
    return encoder.fit_transform(rows), y


def run(tables, folder, n_seeds, grid):
    """The cells of all seeds, measured for one seed after the other."""
    data = {table: load(table) for table in tables}
    for n_repeats in range(1, n_seeds + 1):
        cells = [
            evaluate_defenses(
                ATTACKS,
                DEFENSES,
                data,
                estimators=MODELS,
                rates=rates,
                trusted=shares,
                n_repeats=n_repeats,
                cache=folder,
                random_state=FIRST_SEED,
            )
            for rates, shares in GRIDS[grid]
        ]
    return pd.concat(cells)


def show(cells, n_seeds):
    cells = cells[cells["status"] == "ok"].reset_index(drop=True)
    cells["rate"] = cells["rate"].fillna(0)
    points = (
        pd.concat(_points(cells), ignore_index=True)
        .groupby(["trusted", "attack", "rate", "filter", "dataset"], sort=False)["gain"]
        .mean()
        .reset_index()
    )
    order = [PERFECT, *DEFENSES, RANDOM]
    print(f"{n_seeds} draws of seed {FIRST_SEED}")
    for share, part in points.groupby("trusted"):
        columns = part["attack"] + part["rate"].map(lambda r: f" {r:.2g}" if r else "")
        table = part.assign(column=columns).pivot_table(
            "gain", "filter", "column", lambda g: with_interval(g, digits=2), sort=False
        )
        print(f"\n{share:.0%} trusted\n\n{markdown_table(table.loc[order])}")
    base = points[(points["trusted"] == SHARE) & (points["rate"] == RATE)]
    means = base.pivot_table("gain", "filter", "attack", sort=False)
    print("\nshare of the perfect filter's gain, rate .1, 20 % trusted")
    print((means / means.loc[PERFECT]).round(2).to_string())
    clean = points[(points["attack"] == "clean") & (points["filter"] == "calibrated")]
    print("\ncalibrated on clean tables, by trusted share")
    print(clean.pivot_table("gain", "dataset", "trusted").round(2).to_string())
    removed = cells.groupby(["defense", "attack", "rate", "trusted"], sort=False)
    sums = removed[["n_poisons_removed", "n_poisons"]].sum()
    found = 100 * sums["n_poisons_removed"] / sums["n_poisons"]
    lost = removed["clean_removed"].mean()
    print("\npercent of the poison found, and of the clean rows lost")
    print(pd.DataFrame({"found": found, "lost": lost}).round(1).to_string())
    print("\nCPU seconds of a fit")
    print(cells.groupby("defense")["fit_seconds"].mean().round(2).to_string())


def _points(cells):
    """Points that each filter gains, cell by cell."""
    filters = [(cells, "defended", cells["defense"])]
    calibrated = cells[cells["defense"] == "calibrated"]
    filters += [(calibrated, "random", RANDOM), (calibrated, "perfect", PERFECT)]
    for part, kind, name in filters:
        gain = 100 * (part[f"score_{kind}"] - part["score_undefended"])
        yield part.assign(filter=name, gain=gain)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, default=Path("tables"))
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--grid", choices=GRIDS, default="cross")
    given = parser.parse_args()
    cells = run(given.tables, given.cells, given.seeds, given.grid)
    show(cells, given.seeds)

"""What calibrated removal costs on clean tables, and what it saves on poisoned ones.

Real tables whose classes overlap, clean and with 10 % of the untrusted labels flipped
(at random, far from and near to the boundary of a support vector machine, in groups of
neighbours). The figures are test accuracy after a defense minus that without one, in
points, averaged over three models: means over the tables with their 95 % intervals.

    python -m tests.benchmarks.bench_calibration --csv calibration.csv

runs the tables and seeds that the rules were not chosen on; a run that was stopped goes
on where the CSV ends. `--tables` and `--seeds` name others, `--max-rows` caps the
training rows.
"""

import argparse
import csv
import os
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from skpoison.defenses import (
    AnnealedTrustFilter,
    CalibratedFilter,
    RandomEvictionFilter,
)
from skpoison.evaluation import OracleFilter, with_interval

from .bench_annealed_trust import draw_trusted, flip_groups, flip_labels

# The rules were chosen on banana, crx, phoneme, segment and titanic, seeds 0 and 1.
TABLES = ("contraceptive", "german", "pima", "spambase", "vehicle")
SEEDS = (2, 3)
ATTACKS = ("clean", "random", "far", "near", "cluster")
SHARES = (0.1, 0.2)
RATE = 0.1
CELL = ("table", "seed", "share", "attack", "max_rows")
COLUMNS = (*CELL, "method", "gain", "removed", "poison", "poisons", "lower", "seconds")


def load_split(table, seed, max_rows):
    """Rows to train on, at most so many, and rows to test on, encoded as numbers."""
    folder = Path(os.environ["SKPOISON_DATA_HOME"]) / "tables"
    rows = pd.read_csv(folder / f"{table}.csv.gz")
    rows = rows.sample(min(len(rows), round(max_rows / 0.7)), random_state=seed)
    y = np.unique(rows.pop("target"), return_inverse=True)[1]
    X, X_test, y, y_test = train_test_split(
        rows, y, test_size=0.3, random_state=seed, stratify=y
    )
    numbers = make_column_selector(dtype_include="number")
    words = make_column_selector(dtype_exclude="number")
    encoder = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
    )
    return encoder.fit_transform(X), y, encoder.transform(X_test), y_test


def poison(attack, X, y, trusted, rng):
    """The labels after an attack on the rows that are not trusted."""
    poisoned, X_open, y_open = y.copy(), X[~trusted], y[~trusted]
    if attack == "cluster":
        poisoned[~trusted] = flip_groups(X_open, y_open, RATE, rng)
    elif attack != "clean":
        poisoned[~trusted] = flip_labels(attack, X_open, y_open, RATE, SVC(), rng)
    return poisoned


def accuracy(X, y, X_test, y_test):
    """Mean test accuracy of the three models, in percent."""
    models = (
        LogisticRegression(max_iter=300),
        HistGradientBoostingClassifier(max_iter=40, random_state=0),
        RandomForestClassifier(40, random_state=0),
    )
    return 100 * np.mean([m.fit(X, y).score(X_test, y_test) for m in models])


def run_cell(table, seed, share, attack, max_rows):
    """All methods on one poisoned draw of the rows."""
    warnings.simplefilter("ignore")
    X, y, X_test, y_test = load_split(table, seed, max_rows)
    rng = np.random.default_rng([seed, round(1000 * share)])
    trusted = draw_trusted(y, share, rng)
    poisoned = poison(attack, X, y, trusted, rng)
    is_poison = poisoned != y
    base = accuracy(X, poisoned, X_test, y_test)
    cell = (table, seed, share, attack, max_rows)
    records = [(*cell, "flag nothing", 0.0, 0, 0, is_poison.sum(), np.nan, 0.0)]

    def record(name, method, **fit_params):
        start = time.process_time()
        method.fit(X, poisoned, **fit_params)
        seconds = time.process_time() - start
        kept = method.inlier_mask_
        after = base
        if not kept.all():
            after = accuracy(X[kept], poisoned[kept], X_test, y_test)
        found = is_poison[~kept].sum()
        lower = getattr(method, "poison_share_lower_", np.nan)
        records.append(
            (*cell, name, after - base, np.sum(~kept), found, is_poison.sum())
            + (lower, seconds)
        )
        return np.mean(~kept)

    inner = AnnealedTrustFilter(random_state=0)
    record("perfect filter", OracleFilter(is_poison))
    record("annealed trust, uncalibrated", inner, trusted=trusted)
    for rule in ("excess", "fdr", "local"):
        method = CalibratedFilter(inner, rule=rule, random_state=0)
        removed = record(f"calibrated, {rule}", method, trusted=trusted)
        if rule == "excess":
            control = RandomEvictionFilter(removed, random_state=0)
            record("random eviction of as many as excess", control)
    return records


def run(path, cells, n_jobs):
    """Run the cells that the CSV lacks, and return those asked for."""
    if not path.exists():
        path.write_text(",".join(COLUMNS) + "\n")
    done = pd.MultiIndex.from_frame(pd.read_csv(path)[list(CELL)])
    finished = Parallel(n_jobs, return_as="generator_unordered")(
        delayed(run_cell)(*cell) for cell in cells if cell not in done
    )
    for records in finished:
        with path.open("a", newline="") as file:
            csv.writer(file).writerows(records)
    results = pd.read_csv(path).set_index(list(CELL))
    return results[results.index.isin(cells)].reset_index()


def in_points(values):
    return with_interval(values, digits=2)


def show(results):
    for share, part in results.groupby("share"):
        print(f"\nmean gain in points, {share:.0%} trusted")
        print(part.pivot_table("gain", "method", "attack", in_points).to_string())
        means = part.pivot_table("gain", "method", "attack")
        print("share of the perfect filter's gain")
        print((means / means.loc["perfect filter"]).round(2).to_string())
        print("gain on clean tables")
        clean = part[part["attack"] == "clean"]
        print(clean.pivot_table("gain", "method", "table").round(2).to_string())
        print("rows removed, and the share of them that is clean, in percent")
        rows = part.groupby(["method", "attack"])[["removed", "poison"]].sum()
        rows["clean"] = 100 * (1 - rows["poison"] / rows["removed"])
        print(rows["clean"].unstack().round(0).to_string())
        bound = part[part["method"] == "calibrated, excess"]
        untrusted = bound["poisons"].where(bound["attack"] == "clean") * 0
        untrusted = untrusted.fillna(RATE)
        print(
            f"lower bound above the true share: {(bound['lower'] > untrusted).sum()} "
            f"of {len(bound)}"
        )
    print("\nseconds of CPU per fit")
    print(results.groupby("method")["seconds"].mean().round(2).to_string())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path, default=Path("calibration.csv"))
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    parser.add_argument("--attacks", nargs="+", default=ATTACKS)
    parser.add_argument("--max-rows", type=int, default=1000)
    parser.add_argument("--n-jobs", type=int, default=2)
    given = parser.parse_args()
    cells = product(
        given.tables, given.seeds, given.shares, given.attacks, [given.max_rows]
    )
    show(run(given.csv, list(cells), given.n_jobs))

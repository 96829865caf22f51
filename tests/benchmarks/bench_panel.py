"""How well a panel of filters ranks poison that nobody knows the kind of.

Eight kinds of poison, a tenth of at most 1,500 rows, no trusted row: ROC AUC, and the
F1 score of the poison when as many rows are removed as are poison (precision and recall
are then the same), of the panel, each of its filters alone, and the mean of their
ranks or log ranks. The panel was chosen on four data sets, and is reported on four
others.

    python -m tests.benchmarks.bench_panel --cells panel
    python -m tests.benchmarks.bench_panel --cells panel --data banana mnist

A run that was stopped goes on where the CSV ends. What `contamination="auto"` removes
from clean tables, and what that does to three models:

    python -m tests.benchmarks.bench_panel --clean --cells panel_clean

Filters that are no members, alone and as one more member:

    python -m tests.benchmarks.bench_panel --candidates --cells panel
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
from scipy.stats import rankdata
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import (
    ActivationClusteringFilter,
    ConfidentLearningFilter,
    InfluenceFilter,
    PanelFilter,
    SpectralSignatureFilter,
    SpectreFilter,
)
from skpoison.defenses._panel._evidence import tail_evidence
from skpoison.defenses._panel._members import default_panel
from skpoison.evaluation import run_experiment

from .bench_annealed_trust import confuse_classes, flip_groups
from .bench_calibration import accuracy, load_split

CHOSEN_ON = ("breast cancer", "digits", "phoneme", "segment")
REPORTED_ON = ("banana", "mnist", "spambase", "vehicle")
KINDS = (
    "random",
    "near",
    "far",
    "confusion",
    "cluster",
    "backdoor",
    "outlier",
    "subpopulation",
)
TABLES = (
    "banana",
    "contraceptive",
    "crx",
    "german",
    "phoneme",
    "pima",
    "segment",
    "spambase",
    "titanic",
    "vehicle",
)
RATE, MAX_ROWS = 0.1, 1500
FILTERS = [name for name, _ in default_panel(MAX_ROWS, 0, None)]
COMBINED = ["panel", "mean of ranks", "mean of log ranks"]
FOREST = RandomForestClassifier(40, min_samples_leaf=3, random_state=0)
# Filters that are no members of the panel, each tried as one.
CANDIDATES = {
    "confident learning": ConfidentLearningFilter(FOREST, random_state=0),
    "self-influence": InfluenceFilter(LogisticRegression(max_iter=1000)),
    "spectral signatures": SpectralSignatureFilter(),
    "SPECTRE": SpectreFilter(),
    "activation clustering": ActivationClusteringFilter(random_state=0),
}
WITH = [f"panel and {name}" for name in (*CANDIDATES, "all")]


@dataclass
class Setting:
    """A poisoned draw of the rows of a data set."""

    data: str
    kind: str
    seed: int


@dataclass
class CleanSetting:
    """A clean table, split into rows to train on and rows to test on."""

    table: str
    seed: int


def draw_rows(data, rng):
    """At most so many rows of a data set, scaled, and their labels from 0 on."""
    home = Path(os.environ["SKPOISON_DATA_HOME"])
    if data == "digits":
        X, y = load_digits(return_X_y=True)
    elif data == "breast cancer":
        X, y = load_breast_cancer(return_X_y=True)
    elif data == "mnist":
        images = np.load(home / "mnist.npz")
        X, y = images["X_test"].reshape(-1, 784).astype(float), images["y_test"]
    else:
        table = pd.read_csv(home / "tables" / f"{data}.csv.gz")
        y = table.pop("target")
        words = make_column_selector(dtype_exclude="number")
        encoder = make_column_transformer(
            (OneHotEncoder(sparse_output=False), words), remainder="passthrough"
        )
        X = encoder.fit_transform(table)
    rows = rng.permutation(len(y))[:MAX_ROWS]
    X, y = np.asarray(X, dtype=float)[rows], np.unique(y, return_inverse=True)[1][rows]
    if data == "mnist":
        X = PCA(30, random_state=0).fit_transform(X)
    X = StandardScaler().fit_transform(X)
    return X[:, X.std(axis=0) > 0], y


def poisoned_rows(setting):
    """Rows, labels, and which rows are poison."""
    rng = np.random.default_rng([setting.seed, KINDS.index(setting.kind)])
    X, y = draw_rows(setting.data, rng)
    n_poisons = round(RATE * len(y))
    if setting.kind in ("random", "near", "far"):
        attack = LabelFlipAttack(
            strategy=setting.kind,
            rate=RATE,
            estimator=SVC(C=10),
            random_state=int(rng.integers(2**31)),
        )
        return attack.fit_poison(X, y)
    if setting.kind == "confusion":
        poisoned = confuse_classes(y, RATE, rng)
        return X, poisoned, poisoned != y
    if setting.kind == "cluster":
        poisoned = flip_groups(X, y, RATE, rng)
        return X, poisoned, poisoned != y
    write = {
        "backdoor": write_trigger,
        "outlier": push_out,
        "subpopulation": copy_neighborhood,
    }[setting.kind]
    rows, X_poison, y_poison = write(X, y, n_poisons, rng)
    X, y, is_poison = X.copy(), y.copy(), np.zeros(len(y), dtype=bool)
    X[rows], y[rows], is_poison[rows] = X_poison, y_poison, True
    return X, y, is_poison


def write_trigger(X, y, n_poisons, rng):
    """Three features, or all there are, at their largest value, and one label."""
    label = rng.integers(y.max() + 1)
    columns = rng.permutation(X.shape[1])[:3]
    rows = rng.permutation(np.flatnonzero(y != label))[:n_poisons]
    triggered = X[rows]
    triggered[:, columns] = X[:, columns].max(axis=0)
    return rows, triggered, label


def push_out(X, y, n_poisons, rng):
    """Rows with twice as much noise as there is variation, and a wrong label."""
    rows = rng.permutation(len(y))[:n_poisons]
    noise = 2 * rng.normal(size=(n_poisons, X.shape[1]))
    return rows, X[rows] + noise, wrong_label(y[rows], y.max() + 1, rng)


def copy_neighborhood(X, y, n_poisons, rng):
    """Copies of as many neighbours of one class, with one wrong label."""
    rows = rng.permutation(len(y))[:n_poisons]
    rest = np.setdiff1d(np.arange(len(y)), rows)
    centre = rng.choice(rest)
    same = rest[y[rest] == y[centre]]
    distance = np.linalg.norm(X[same] - X[centre], axis=1)
    copied = rng.choice(same[np.argsort(distance)[:n_poisons]], n_poisons)
    copies = X[copied] + 0.02 * rng.normal(size=(n_poisons, X.shape[1]))
    return rows, copies, wrong_label(y[[centre]], y.max() + 1, rng)


def wrong_label(y, n_classes, rng):
    return (y + rng.integers(1, n_classes, len(y))) % n_classes


def scores_of(X, y):
    """Scores by name, and the panel."""
    panel = PanelFilter(random_state=0)._fit_for_scores(X, y)
    alone = {name: filter.sample_scores_ for name, filter in panel.filters_}
    ranks = np.array([rankdata(scores) for scores in alone.values()])
    combined = {
        "panel": panel.sample_scores_,
        "mean of ranks": ranks.mean(axis=0),
        "mean of log ranks": np.log(ranks).mean(axis=0),
    }
    return combined | alone, panel


def scores_of_candidates(X, y, panel):
    """Scores of the candidates, and of the panel with each of them and with all."""
    alone = {
        name: clone(filter).fit(X, y).sample_scores_
        for name, filter in CANDIDATES.items()
    }
    own, new = panel.evidence_.T, [tail_evidence(scores) for scores in alone.values()]
    panels = [[*own, evidence] for evidence in new] + [[*own, *new]]
    joined = [-np.mean(evidence, axis=0) for evidence in panels]
    return alone | dict(zip(WITH, joined, strict=True))


def measure(setting, names):
    """Figures of each score; of the panel also what it removes by itself."""
    warnings.simplefilter("ignore")
    X, y, is_poison = poisoned_rows(setting)
    start = time.process_time()
    scores, panel = scores_of(X, np.asarray(y))
    if set(names) - set(scores):
        scores |= scores_of_candidates(X, np.asarray(y), panel)
    seconds = time.process_time() - start
    gone = panel.sample_scores_ < panel.offset_
    for name in names:
        # Equal scores in an order that has nothing to do with the poison.
        shuffled = np.random.default_rng(0).permutation(len(is_poison))
        order = shuffled[np.argsort(scores[name][shuffled], kind="stable")]
        yield {
            "auc": roc_auc_score(is_poison, -scores[name]),
            "f1": is_poison[order[: is_poison.sum()]].mean(),
            "auto recall": gone[is_poison].mean() if name == "panel" else np.nan,
            "auto clean": gone[~is_poison].mean() if name == "panel" else np.nan,
            "seconds": seconds,
        }


def measure_clean(setting, shares):
    """What is removed from a clean table, and the gain of three models in points."""
    warnings.simplefilter("ignore")
    X, y, X_test, y_test = load_split(setting.table, setting.seed, max_rows=1000)
    before = accuracy(X, y, X_test, y_test)
    for share in shares:
        kept = np.ones(len(y), dtype=bool)
        if share != "none":
            panel = PanelFilter(contamination=share, random_state=0)
            kept = panel.fit(X, y).inlier_mask_
        after = before if kept.all() else accuracy(X[kept], y[kept], X_test, y_test)
        yield {"removed": 100 * np.mean(~kept), "gain": after - before}


def show(cells):
    """Mean AUC and F1 of each score on the two groups of data sets, and by kind."""
    names = list(dict.fromkeys(cells["defense"]))
    for group in (CHOSEN_ON, REPORTED_ON):
        part = cells[cells["data"].isin(group)]
        if len(part) == 0:
            continue
        print(f"\n{', '.join(group)}: {part['seed'].nunique()} seeds")
        table = part.groupby("defense")[["auc", "f1"]].mean().loc[names]
        for figure in ("auc", "f1"):
            by_kind = part.pivot_table(figure, "defense", "kind").loc[names]
            print(table.join(by_kind).round(3).to_string())
        print(part.pivot_table("auc", "defense", "data").loc[names].round(3))
        panel = part[part["defense"] == "panel"]
        print(panel.groupby("data")[["auto recall", "auto clean"]].mean().round(3))
    print(f"{cells.groupby(['data', 'kind', 'seed'])['seconds'].first().sum():.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, default=Path("panel"))
    parser.add_argument("--data", nargs="+", default=[*CHOSEN_ON, *REPORTED_ON])
    parser.add_argument("--kinds", nargs="+", default=KINDS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--clean", action="store_true")
    parser.add_argument("--candidates", action="store_true")
    parser.add_argument("--n-jobs", type=int, default=1)
    given = parser.parse_args()
    if given.clean:
        grid = [CleanSetting(table, seed) for table, seed in product(TABLES, [2])]
        shares = ["none", "auto", 0.1]
        cells = run_experiment(
            measure_clean, grid, shares, given.cells, n_jobs=given.n_jobs
        )
        print(cells.pivot_table(["removed", "gain"], "table", "defense").round(2))
    else:
        grid = [
            Setting(data, kind, seed)
            for seed, data, kind in product(given.seeds, given.data, given.kinds)
        ]
        names = [*COMBINED, *FILTERS]
        if given.candidates:
            names += [*CANDIDATES, *WITH]
        show(run_experiment(measure, grid, names, given.cells, n_jobs=given.n_jobs))

"""Whether trusted rows choose a defense well: by the best mean, and by the rule.

Five real tables whose classes overlap, at most 1,000 rows, a fifth of them trusted; a
tenth of the other labels flipped, or none. A grid search with `TrustedKFold` over no
defense and four filters before a logistic regression. The figures are the test accuracy
of what is chosen minus that of no defense, in points.

    python -m tests.benchmarks.bench_choice --cells choice

A run that was stopped goes on where the CSV ends.
"""

import argparse
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skpoison.defenses import (
    AnnealedTrustFilter,
    CalibratedFilter,
    DeepKNNFilter,
    LossFilter,
)
from skpoison.evaluation import run_experiment
from skpoison.model_selection import TrustedKFold, one_standard_error_rule
from skpoison.pipeline import Pipeline

from .bench_annealed_trust import draw_trusted
from .bench_calibration import TABLES, load_split, poison

ATTACKS = ("clean", "random", "far", "cluster")
ANNEALED = AnnealedTrustFilter(random_state=0)
FILTERS = {
    "no defense": "passthrough",
    "Deep k-NN": DeepKNNFilter(k=15),
    "loss": LossFilter(LogisticRegression(max_iter=300), random_state=0),
    "annealed trust": ANNEALED,
    "annealed trust, calibrated": CalibratedFilter(ANNEALED, random_state=0),
}
CHOICES = ("best mean", "one standard error", "best in hindsight")


@dataclass
class Setting:
    """A poisoned draw of the rows of a table."""

    table: str
    attack: str
    seed: int


def measure(setting, names):
    """The gain of each filter, and of what each rule chooses."""
    warnings.simplefilter("ignore")
    X, y, X_test, y_test = load_split(setting.table, setting.seed, max_rows=1000)
    rng = np.random.default_rng(setting.seed)
    trusted = draw_trusted(y, 0.2, rng)
    y = poison(setting.attack, X, y, trusted, rng)
    model = Pipeline(
        [("filter", "passthrough"), ("clf", LogisticRegression(max_iter=300))]
    )
    search = GridSearchCV(
        model,
        {"filter": list(FILTERS.values())},
        cv=TrustedKFold(5, trusted=trusted, shuffle=True, random_state=0),
        refit=False,
    )
    search.fit(X, y, filter__trusted=trusted)
    accuracies = [
        model.set_params(filter=filter)
        .fit(X, y, filter__trusted=trusted)
        .score(X_test, y_test)
        for filter in FILTERS.values()
    ]
    gains = 100 * (np.array(accuracies) - accuracies[0])
    chosen = {
        "best mean": search.cv_results_["mean_test_score"].argmax(),
        "one standard error": one_standard_error_rule(search.cv_results_),
        "best in hindsight": gains.argmax(),
    }
    for name in names:
        at = chosen[name] if name in chosen else list(FILTERS).index(name)
        yield {"gain": gains[at], "chosen": list(FILTERS)[at]}


def show(cells):
    names = list(dict.fromkeys(cells["defense"]))
    gains = cells.pivot_table("gain", "defense", "attack").loc[names]
    worst = cells.pivot_table("gain", "defense", "attack", "min").loc[names]
    print(gains.join(worst, rsuffix=" (worst)").round(2).to_string())
    rule = cells[cells["defense"].isin(CHOICES)]
    print(rule.groupby(["defense", "attack"])["chosen"].value_counts().to_string())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, default=Path("choice"))
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--attacks", nargs="+", default=ATTACKS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--n-jobs", type=int, default=1)
    given = parser.parse_args()
    grid = [
        Setting(table, attack, seed)
        for seed, table, attack in product(given.seeds, given.tables, given.attacks)
    ]
    show(
        run_experiment(
            measure, grid, [*FILTERS, *CHOICES], given.cells, n_jobs=given.n_jobs
        )
    )

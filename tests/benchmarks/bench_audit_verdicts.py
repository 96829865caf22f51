"""What an audit says of real tables, clean and poisoned: its verdict and its bound.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_audit_verdicts

Default filters, 15 % of the rows trusted, drawn at random. Poison: random wrong labels
for a tenth of the other rows, or a tenth of the other values shuffled among themselves.
The effect on a model is not measured here: the model is a dummy. The baseline flags the
untrusted rows that a linear model of the trusted rows disagrees with.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skpoison.audit import PoisonAudit
from skpoison.datasets import fetch_house_prices, fetch_warfarin
from skpoison.defenses import TrustedDisagreementFilter
from skpoison.evaluation import markdown_table

TRUSTED, RATE = 0.15, 0.1
LABELS = ("phoneme", "segment", "spambase")
VALUES = {"house prices": fetch_house_prices, "warfarin": fetch_warfarin}


def load(name):
    if name in VALUES:
        return map(np.asarray, VALUES[name](return_X_y=True, download_if_missing=False))
    folder = Path(os.environ["SKPOISON_DATA_HOME"]) / "tables"
    frame = pd.read_csv(folder / f"{name}.csv.gz").head(2000)
    return frame.drop(columns="target").to_numpy(), frame["target"].to_numpy()


def poison(y, trusted, rng):
    """The targets, a tenth of the untrusted ones changed."""
    rows = rng.choice(np.flatnonzero(~trusted), round(RATE * np.sum(~trusted)), False)
    y = y.copy()
    if y.dtype.kind == "f" and len(np.unique(y)) > 20:
        y[rows] = rng.permutation(y[rows])
    else:
        others = np.unique(y)
        y[rows] = [rng.choice(others[others != label]) for label in y[rows]]
    return y


def baseline(y):
    """Disagreement with a linear model of the trusted rows."""
    if len(np.unique(y)) > 20:
        return TrustedDisagreementFilter(Ridge(), random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return TrustedDisagreementFilter(model, random_state=0)


def measure(name, poisoned, seed):
    """One row of results."""
    X, truth = load(name)
    rng = np.random.default_rng(seed)
    trusted = rng.random(len(truth)) < TRUSTED
    y = poison(truth, trusted, rng) if poisoned else truth
    wrong = y != truth
    dummy = DummyRegressor() if name in VALUES else DummyClassifier()
    task = "regression" if name in VALUES else "classification"
    audit = PoisonAudit(estimator=dummy, task=task, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suspect = ~audit.fit(X, y, trusted=trusted).inlier_mask_
        flagged = ~baseline(y).fit(X, y, trusted=trusted).inlier_mask_
    share = wrong.sum() / np.sum(~trusted)
    return {
        "data": name,
        "wrong": f"{RATE:.0%}" if poisoned else "none",
        "found": audit.poisoned_,
        "bound": audit.poison_share_lower_,
        "holds": audit.poison_share_lower_ <= share,
        "suspects": suspect.sum(),
        "hits": np.sum(wrong & suspect),
        "flagged": flagged.sum(),
        "baseline hits": np.sum(wrong & flagged),
        "poison": wrong.sum(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10, 15)))
    parser.add_argument("--data", nargs="+", default=[*LABELS, *VALUES])
    options = parser.parse_args()
    begin = time.process_time()
    cells = pd.DataFrame(
        [
            measure(name, poisoned, seed)
            for name in options.data
            for poisoned in (False, True)
            for seed in options.seeds
        ]
    )
    groups = cells.groupby(["data", "wrong"], sort=False)
    totals, n = groups.sum(numeric_only=True), len(options.seeds)
    table = pd.DataFrame(
        {
            "called poisoned": totals["found"].map(lambda k: f"{k:.0f} of {n}"),
            "bound": groups["bound"].mean().map("{:.1%}".format),
            "bound holds": totals["holds"].map(lambda k: f"{k:.0f} of {n}"),
            "suspects": (totals["suspects"] / n).map("{:.0f}".format),
            "of them wrong": _percent(totals["hits"], totals["suspects"]),
            "of the wrong found": _percent(totals["hits"], totals["poison"]),
            "disagreement flags": (totals["flagged"] / n).map("{:.0f}".format),
            "of them wrong ": _percent(totals["baseline hits"], totals["flagged"]),
            "of the wrong found ": _percent(totals["baseline hits"], totals["poison"]),
        }
    )
    table.index = [f"{name}, {wrong}" for name, wrong in table.index]
    print(markdown_table(table.rename_axis("data, wrong")))
    print(f"{time.process_time() - begin:.0f} CPU seconds")


def _percent(part, whole):
    return (100 * part / whole).map(lambda x: "-" if np.isnan(x) else f"{x:.0f} %")


if __name__ == "__main__":
    main()

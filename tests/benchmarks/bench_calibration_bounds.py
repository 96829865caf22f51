"""Whether what calibration promises holds on real tables: bound, error rates, silence.

Ten tables, at most 1,000 training rows; clean, and with 10 % of the untrusted labels
flipped in four ways. No model learns from what is kept: what is counted is the lower
bound of the poison share against the truth, what "excess" and "fdr" remove, and how
much of that is clean.

    python -m tests.benchmarks.bench_calibration_bounds --cells bounds
    ... --cells bounds --wrong 0 .01 .02 .05 .1
    ... --cells bounds --shift 0 .5 1 2

The trusted rows are a random sample of each class. With `--wrong` so large a share of
them is poison that was taken for clean. With `--shift` rows are trusted by their place
on the main direction of the table: one standard deviation further on a row is
exp(shift) times as likely. Seeds come one after the other; a run that was stopped goes
on where it was.
"""

import argparse
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from skpoison.defenses import AnnealedTrustFilter, CalibratedFilter
from skpoison.evaluation import markdown_table, run_experiment

from .bench_calibration import load_split, poison

TABLES = (
    *("banana", "contraceptive", "crx", "german", "phoneme"),
    *("pima", "segment", "spambase", "titanic", "vehicle"),
)
ATTACKS = ("clean", "random", "far", "near", "cluster")
Q = 0.1
FILTERS = {"annealed trust": AnnealedTrustFilter(random_state=0)}


@dataclass
class Setting:
    """A poisoned draw of a table, and what is wrong with its trusted rows."""

    table: str
    attack: str
    share: float
    wrong: float
    shift: float
    seed: int


def draw_trusted(X, y, share, shift, rng):
    """A share of each class, drawn by the place of the rows on the main direction."""
    place = PCA(1, svd_solver="full").fit_transform(X)[:, 0]
    # Exponential waiting times: the first of them are a draw without replacement.
    waiting = rng.exponential(size=len(y)) * np.exp(-shift * place / place.std())
    trusted = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        n_trusted = max(2, round(share * len(rows)))
        trusted[rows[np.argsort(waiting[rows])[:n_trusted]]] = True
    return trusted


def measure(setting, names):
    """What each calibrated filter says of the draw, and what it would remove."""
    warnings.simplefilter("ignore")
    X, y, _, _ = load_split(setting.table, setting.seed, max_rows=1000)
    rng = np.random.default_rng([setting.seed, round(1000 * setting.share)])
    trusted = draw_trusted(X, y, setting.share, setting.shift, rng)
    poisoned = poison(setting.attack, X, y, trusted, rng)
    n_wrong = round(setting.wrong * trusted.sum())
    if n_wrong and setting.attack != "clean":
        mistaken = rng.choice(np.flatnonzero(poisoned != y), n_wrong, replace=False)
        dropped = rng.choice(np.flatnonzero(trusted), n_wrong, replace=False)
        trusted[mistaken], trusted[dropped] = True, False
    is_poison = (poisoned != y) & ~trusted
    for name in names:
        filter = CalibratedFilter(FILTERS[name], q=Q, random_state=0)
        filter.fit(X, poisoned, trusted=trusted)
        excess, fdr = ~filter.inlier_mask_, filter.q_values_ <= Q
        yield {
            "untrusted": np.sum(~trusted),
            "poisons": is_poison.sum(),
            "lower": filter.poison_share_lower_,
            "estimate": filter.poison_share_,
            "p_value": filter.poisoned_p_value_,
            "excess_removed": excess.sum(),
            "excess_hits": np.sum(excess & is_poison),
            "fdr_removed": fdr.sum(),
            "fdr_hits": np.sum(fdr & is_poison),
        }


def show(cells, by):
    cells = cells.assign(
        true=cells["poisons"] / cells["untrusted"],
        false=_false_share(cells),
    )
    for name, part in cells.groupby("defense", sort=False):
        groups = part.groupby([by, "attack"], sort=False)
        table = pd.DataFrame(
            {
                "draws": groups.size(),
                "true share": groups["true"].mean().map("{:.3f}".format),
                "lower bound": groups["lower"].mean().map("{:.3f}".format),
                "bound above the truth": groups.apply(
                    lambda g: int((g["lower"] > g["true"]).sum())
                ),
                "excess removes in": groups["excess_removed"].agg(
                    lambda r: (r > 0).sum()
                ),
                "poison found": _percent(groups, "excess_hits", "poisons"),
                "clean lost": _clean_lost(groups),
                "fdr: false share": groups["false"].mean().map("{:.3f}".format),
                "two standard errors": groups["false"]
                .sem()
                .map(lambda e: f"{2 * e:.3f}"),
                "fdr: poison found": _percent(groups, "fdr_hits", "poisons"),
            }
        )
        table.index = [", ".join(map(str, key)) for key in table.index]
        print(f"\n{name}\n\n{markdown_table(table.rename_axis(f'{by}, attack'))}")
        print(f"\nbound above the truth: {_ratio(part['lower'] > part['true'])}")
        clean = part[part["attack"] == "clean"]
        if len(clean):
            print(f"clean sets that lose rows: {_ratio(clean['excess_removed'] > 0)}")


def _false_share(cells):
    """Clean rows among those that "fdr" removes; 0 where it removes none."""
    removed = cells["fdr_removed"]
    return (removed - cells["fdr_hits"]) / removed.clip(lower=1)


def _percent(groups, part, whole):
    sums = groups[[part, whole]].sum()
    share = 100 * sums[part] / sums[whole]
    return share.map(lambda x: "-" if np.isnan(x) else f"{x:.0f} %")


def _clean_lost(groups):
    sums = groups[["excess_removed", "excess_hits", "untrusted", "poisons"]].sum()
    lost = sums["excess_removed"] - sums["excess_hits"]
    return (100 * lost / (sums["untrusted"] - sums["poisons"])).map("{:.1f} %".format)


def _ratio(hits):
    return f"{hits.sum()} of {len(hits)} ({100 * hits.mean():.1f} %)"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, default=Path("calibration_bounds"))
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--attacks", nargs="+", default=ATTACKS)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 30))
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--wrong", type=float, nargs="+", default=[0.0])
    parser.add_argument("--shift", type=float, nargs="+", default=[0.0])
    given = parser.parse_args()
    grid = [
        Setting(table, attack, given.share, wrong, shift, seed)
        for seed, wrong, shift, attack, table in product(
            given.seeds, given.wrong, given.shift, given.attacks, given.tables
        )
        # There is no poison in a clean set that could be trusted by mistake.
        if not (wrong and attack == "clean")
    ]
    several = [n for n in ("wrong", "shift") if len(getattr(given, n)) > 1]
    show(
        run_experiment(measure, grid, list(FILTERS), given.cells, n_jobs=1),
        by=several[0] if several else "table",
    )

"""How many wrong trusted rows are sifted out, and what that gives the defenses.

Digits, 180 rows trusted, of which a share has a wrong label: at random, or threes as
eights. So have 20 % of the untrusted rows, at random, or a share of the threes. The
filter of the sifter is Deep k-NN with k = 15; the defense is the disagreement with an
SVC of the trusted rows.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_sift_trusted
"""

import argparse
import warnings
from itertools import product

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from sklearn.svm import SVC

from skpoison.defenses import DeepKNNFilter, TrustedDisagreementFilter
from skpoison.evaluation import markdown_table
from skpoison.model_selection import sift_trusted

N_TRUSTED, SHARES, FLIPS = 180, (0, 0.01, 0.02, 0.05, 0.1, 0.2), 0.2
KINDS = ("at random", "threes as eights")
WAYS = ("none", "all", "trusted")


def draw(kind, share, seed):
    """Rows, labels, which are wrong, and which are trusted."""
    rng = np.random.default_rng(seed)
    X, y = load_digits(return_X_y=True)
    trusted = np.zeros(len(y), dtype=bool)
    trusted[rng.permutation(len(y))[:N_TRUSTED]] = True
    wrong = np.zeros(len(y), dtype=bool)
    for rows, n_wrong in (
        (trusted, round(share * N_TRUSTED)),
        (~trusted, round(FLIPS * np.sum(~trusted & ((y == 3) | (kind != KINDS[1]))))),
    ):
        among = np.flatnonzero(rows & (y == 3) if kind == KINDS[1] else rows)
        wrong[rng.permutation(among)[:n_wrong]] = True
    moved = (y + rng.integers(1, 10, size=len(y))) % 10
    y = np.where(wrong, 8 if kind == KINDS[1] else moved, y)
    return X / 16, y, wrong, trusted


def measure(kind, share, seed, way):
    X, y, wrong, trusted = draw(kind, share, seed)
    sifted = trusted
    if way != "none":
        sifted = sift_trusted(DeepKNNFilter(k=15), X, y, trusted, judged_by=way)
    defense = TrustedDisagreementFilter(SVC(), random_state=seed)
    suspect = ~defense.fit(X, y, trusted=sifted).inlier_mask_
    out = trusted & ~sifted
    return {
        "wrong trusted rows": np.sum(trusted & wrong),
        "sifted out, %": 100 * np.mean(out[trusted & wrong]) if share else np.nan,
        "clean sifted out, %": 100 * np.mean(out[trusted & ~wrong]),
        "F1 of the defense": f1_score(wrong, suspect),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 15))
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore")
    frame = pd.DataFrame(
        {"kind": kind, "wrong": share, "judged by": way, **measure(kind, share, s, way)}
        for kind, share, way, s in product(KINDS, SHARES, WAYS, seeds)
    )
    table = frame.groupby(["kind", "wrong", "judged by"], sort=False).mean().round(2)
    print(markdown_table(table.reset_index().set_index("kind")))


if __name__ == "__main__":
    main()

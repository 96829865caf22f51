"""Label flips on Fourclass: table III and figures 5 to 7 of De-Pois, for every defense.

J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning Attacks",
2021. An RBF support vector machine learns from 70 % of the points. Some of them are
trusted; of the others an attacker has flipped labels. A defense is scored on those
others alone, then by the accuracy, on the remaining 30 %, of the machine trained on
what it keeps. As in the paper a rate is flipped rows / clean rows, and a share is
trusted rows / training rows.

    python examples/paper/fourclass.py            # everything
    python examples/paper/fourclass.py --quick    # a first look

The rates are run at share 0.2, and the shares at rate 0.2, as in the paper. De-Pois as
published takes minutes a fit and is run against random flips at rate 0.2 and share 0.2
alone, unless --slow asks for more. Rows go to results/fourclass.csv as they are
measured, and a second run measures what is missing.
"""

import argparse
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.base import PoisonFilter
from skpoison.datasets import fetch_fourclass
from skpoison.defenses import (
    AnnealedTrustFilter,
    DeepKNNFilter,
    DePoisFilter,
    DUTIFilter,
    L2CentroidFilter,
    LabelSanitizationFilter,
    OneClassSVMFilter,
    RandomEvictionFilter,
    SeverFilter,
    SphereSlabFilter,
    TrustedDisagreementFilter,
)
from skpoison.metrics import filter_report

from .._runner import run
from ._report import (
    PAPER_RATE,
    PAPER_RATES,
    PAPER_SHARE,
    PAPER_SHARES,
    print_tables,
    save_figure,
)

STRATEGIES = ["random", "near", "far", "tilt", "alfa", "cluster"]
# The settings of the defenses were chosen on lower ones.
FIRST_SEED = 10
QUICK = {"strategies": ["random", "far"], "rates": [0.2], "shares": [0.2], "seeds": 2}

SVM = SVC(C=1, gamma=10)
# Defenses of linear models judge the features of the machine's kernel.
OF_LINEAR_MODELS = {"Sever", "CD"}
# Minutes a fit.
SLOW = {"De-Pois, as published"}


class Case(NamedTuple):
    """A poisoned training set, what is known about it, and clean rows to test on."""

    X: np.ndarray
    y: np.ndarray
    trusted: np.ndarray
    is_poison: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    seed: int

    @property
    def contamination(self):
        """The poisoned share of the untrusted rows, which some defenses are told."""
        return self.is_poison[~self.trusted].mean()


class KnownVerdict(PoisonFilter):
    """Keep given rows: the bounds that every defense is compared with."""

    def __init__(self, kept):
        self.kept = kept

    def _score_training_rows(self, X, y, trusted):
        return self.kept.astype(float), 0.5


DEFENSES = {
    "flag nothing": lambda case: KnownVerdict(np.ones(len(case.y), dtype=bool)),
    "flag the flips (oracle)": lambda case: KnownVerdict(~case.is_poison),
    "trusted SVC": lambda case: TrustedDisagreementFilter(SVM, random_state=case.seed),
    "trusted SVC, self-trained": lambda case: TrustedDisagreementFilter(
        SVM, n_rounds=5, random_state=case.seed
    ),
    "annealed trust": lambda case: AnnealedTrustFilter(random_state=case.seed),
    "De-Pois": lambda case: DePoisFilter(random_state=case.seed),
    "De-Pois, as published": lambda case: DePoisFilter(
        loss="wasserstein",
        negatives=("generator",),
        augment=True,
        calibration="augmented",
        per_class=False,
        random_state=case.seed,
    ),
    # The kernel of the machine, in the units of the filter.
    "DUTI": lambda case: DUTIFilter(gamma=6, random_state=case.seed),
    "Sever": lambda case: SeverFilter(
        LogisticRegression(C=10),
        contamination=case.contamination,
        random_state=case.seed,
    ),
    "CD": lambda case: SphereSlabFilter(contamination=case.contamination),
    "label sanitization": lambda case: LabelSanitizationFilter(),
    "Deep k-NN": lambda case: DeepKNNFilter(k=15),
    "one-class SVM": lambda case: OneClassSVMFilter(nu=case.contamination),
    "L2 centroid": lambda case: L2CentroidFilter(case.contamination),
    "random eviction": lambda case: RandomEvictionFilter(
        case.contamination, random_state=case.seed
    ),
}


def poison(strategy, rate, share, seed):
    """Draw the rows of a seed and flip labels of the untrusted ones."""
    X, y = fetch_fourclass(return_X_y=True)
    # The split shuffles: the first rows of the training set are a random draw.
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
    trusted = np.arange(len(y)) < round(share * len(y))
    attack = LabelFlipAttack(
        strategy=strategy, rate=rate / (1 + rate), estimator=SVM, random_state=seed
    )
    _, flipped, is_flipped = attack.fit_poison(X[~trusted], y[~trusted])
    y, is_poison = y.copy(), np.zeros(len(y), dtype=bool)
    y[~trusted], is_poison[~trusted] = flipped, is_flipped
    return Case(X, y, trusted, is_poison, X_test, y_test, seed)


def measure(setting, defenses):
    """What each defense flags of the untrusted rows, and the machine it leaves."""
    case = poison(**setting)
    untrusted = ~case.trusted
    kernel = Nystroem(gamma=SVM.gamma, n_components=100, random_state=case.seed)
    for name in defenses:
        X = kernel.fit_transform(case.X) if name in OF_LINEAR_MODELS else case.X
        start = time.process_time()
        defense = DEFENSES[name](case).fit(X, case.y, trusted=case.trusted)
        seconds = time.process_time() - start
        verdict = {
            "is_poison": case.is_poison[untrusted],
            "inlier_mask": defense.inlier_mask_[untrusted],
            "scores": defense.sample_scores_[untrusted],
        }
        report = filter_report(**verdict)
        kept = defense.sample_indices_
        yield {
            "accuracy": report["accuracy"],
            "recall_clean": filter_report(**verdict, pos_label="clean")["recall"],
            "f1_clean": report["f1_clean"],
            "recall_poison": report["recall"],
            "f1_poison": report["f1_poison"],
            "balanced_accuracy": report["balanced_accuracy"],
            "mcc": report["mcc"],
            "roc_auc": report["roc_auc"],
            "test_accuracy": SVM.fit(case.X[kept], case.y[kept]).score(
                case.X_test, case.y_test
            ),
            "seconds": seconds,
        }


def settings(strategies, rates, shares, seeds):
    """The poisoned training sets: rates at share 0.2, and shares at rate 0.2."""
    axes = [(rate, PAPER_SHARE) for rate in rates]
    axes += [(PAPER_RATE, share) for share in shares]
    return [
        {"strategy": strategy, "rate": rate, "share": share, "seed": FIRST_SEED + i}
        for strategy in strategies
        for rate, share in dict.fromkeys(axes)
        for i in range(seeds)
    ]


def measured_by_all(setting):
    at = setting["strategy"], setting["rate"], setting["share"]
    return at == ("random", PAPER_RATE, PAPER_SHARE)


def parse(argv):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--strategies", nargs="+", choices=STRATEGIES, default=STRATEGIES)
    add("--rates", nargs="*", type=float, default=PAPER_RATES, metavar="RATE")
    add("--shares", nargs="*", type=float, default=PAPER_SHARES, metavar="SHARE")
    add("--seeds", type=int, default=5, help="number of random splits")
    add("--defenses", nargs="+", choices=DEFENSES, default=list(DEFENSES))
    add("--slow", action="store_true", help=f"run {', '.join(SLOW)} everywhere")
    add("--quick", action="store_true", help=f"other defaults: {QUICK}")
    add("--jobs", type=int, default=-1, help="worker processes, as in joblib")
    add("--results", type=Path, default=Path(__file__).parent / "results")
    if parser.parse_args(argv).quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args(argv)


def main(argv=None):
    args = parse(argv)
    everything = settings(args.strategies, args.rates, args.shares, args.seeds)
    for_all = everything if args.slow else list(filter(measured_by_all, everything))
    parts = [
        ([name for name in args.defenses if name not in SLOW], everything),
        ([name for name in args.defenses if name in SLOW], for_all),
    ]
    frame = pd.concat(
        run(measure, cells, names, args.results / "fourclass.csv", n_jobs=args.jobs)
        for names, cells in parts
        if names and cells
    ).reset_index(drop=True)
    print_tables(frame)
    save_figure(frame, args.results / "fourclass.png")


if __name__ == "__main__":
    main()

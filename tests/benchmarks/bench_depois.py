"""De-Pois on Fourclass: what learning by degrees adds, and an attacker who knows it.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_depois

takes about 17 minutes of one core. Means over ten splits, with their 95 % intervals.
*rounds*: untrusted rows admitted never, in two rounds (the default) and in five; F1 of
the flips and ROC AUC on the untrusted rows.
*evasion*: the attacker of "Breaking the De-Pois Poisoning Defense" (2022) trains a
critic on as many clean points as the defender trusts, and moves each flip along the
sign of its score gradient; the share of the flips that the defense removes, how far
they moved, and the accuracy of a support vector machine trained on what is kept.
"""

import argparse
import time
from itertools import product

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.datasets import fetch_fourclass
from skpoison.defenses import DePoisFilter, TrustedDisagreementFilter
from skpoison.evaluation import with_interval
from skpoison.generative import HingeCritic
from skpoison.metrics import filter_report

RATE = 1 / 6
STEP = 0.02


def poisoned(strategy, share, seed):
    """Training rows, which are trusted, which are flipped, and test rows."""
    X, y = fetch_fourclass(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=seed)
    trusted = np.arange(len(y)) < round(share * len(y))
    attack = LabelFlipAttack(
        strategy=strategy, rate=RATE, estimator=SVC(C=1, gamma=10), random_state=seed
    )
    y, is_flip = y.copy(), np.zeros(len(y), dtype=bool)
    _, y[~trusted], is_flip[~trusted] = attack.fit_poison(X[~trusted], y[~trusted])
    return X, y, trusted, is_flip, X_test, y_test


def rounds(seeds):
    print("| flips | trusted | rounds | F1 | AUC | CPU seconds |")
    for strategy, share in product(("random", "far", "cluster"), (0.05, 0.1, 0.2)):
        for n_rounds in (0, 2, 5):
            rows = []
            for seed in seeds:
                X, y, trusted, is_flip, *_ = poisoned(strategy, share, seed)
                filter = DePoisFilter(n_rounds=n_rounds, random_state=seed)
                start = time.process_time()
                filter.fit(X, y, trusted=trusted)
                seconds = time.process_time() - start
                report = filter_report(
                    is_flip[~trusted],
                    filter.inlier_mask_[~trusted],
                    scores=filter.sample_scores_[~trusted],
                )
                rows.append((report["f1_poison"], report["roc_auc"], seconds))
            figures = " | ".join(map(with_interval, np.transpose(rows)))
            print(f"| {strategy} | {share} | {n_rounds} | {figures} |", flush=True)


def evasion(seeds):
    print("| steps | moved | removed by De-Pois | accuracy | by a trusted SVC |")
    for n_steps in (0, 5, 10, 20, 40):
        rows = []
        for seed in seeds:
            X, y, trusted, is_flip, X_test, y_test = poisoned("far", 0.2, seed)
            critic = HingeCritic(random_state=seed)
            # What he knows is no row of the defender's.
            n_own = trusted.sum()
            critic.fit(X_test[:n_own], y_test[:n_own])
            moved = X.copy()
            for _ in range(n_steps):
                gradient = critic.score_gradient(moved[is_flip], y[is_flip])
                moved[is_flip] += STEP * np.sign(gradient)
            distance = np.linalg.norm(moved - X, axis=1)[is_flip].mean()
            verdicts = [
                filter.fit(moved, y, trusted=trusted).inlier_mask_
                for filter in (
                    DePoisFilter(random_state=seed),
                    TrustedDisagreementFilter(SVC(C=1, gamma=10), random_state=seed),
                )
            ]
            kept = verdicts[0]
            machine = SVC(C=1, gamma=10).fit(moved[kept], y[kept])
            removed = [np.mean(~verdict[is_flip]) for verdict in verdicts]
            accuracy = machine.score(X_test[n_own:], y_test[n_own:])
            rows.append((distance, removed[0], accuracy, removed[1]))
        figures = " | ".join(map(with_interval, np.transpose(rows)))
        print(f"| {n_steps} | {figures} |", flush=True)


PARTS = {"rounds": rounds, "evasion": evasion}

if __name__ == "__main__":
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    given = parser.parse_args()
    for part in given.parts:
        PARTS[part](given.seeds)

"""Label flips on Fourclass: test accuracy of the attacked SVM, and time to craft.

Mean over ten 70/30 splits with its 95 % interval; an RBF SVM with C = 1 and gamma = 10.
Times are CPU seconds of the crafting alone, the worst over splits and rates.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_label_flips

takes a minute of one core.
"""

import time

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.datasets import fetch_fourclass
from skpoison.evaluation import with_interval

STRATEGIES = ("random", "near", "far", "tilt", "alfa", "cluster")
RATES = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
SEEDS = range(10, 20)


def attack_once(X, y, strategy, rate, seed):
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, random_state=seed
    )
    svc = SVC(C=1, gamma=10)
    attack = LabelFlipAttack(
        strategy=strategy, rate=rate, estimator=svc, random_state=seed
    )
    start = time.process_time()
    poisoned = attack.fit_poison(X_train, y_train)
    seconds = time.process_time() - start
    return svc.fit(poisoned.X, poisoned.y).score(X_test, y_test), seconds


def main():
    X, y = fetch_fourclass(return_X_y=True)
    print("| rate |", " | ".join(STRATEGIES), "|")
    print("|", " --- |" * (len(STRATEGIES) + 1))
    slowest = dict.fromkeys(STRATEGIES, 0.0)
    for rate in RATES:
        cells = []
        for strategy in STRATEGIES:
            runs = [attack_once(X, y, strategy, rate, seed) for seed in SEEDS]
            scores, seconds = np.transpose(runs)
            slowest[strategy] = max(slowest[strategy], seconds.max())
            cells.append(with_interval(scores))
        print(f"| {rate:.2f} |", " | ".join(cells), "|", flush=True)
    print("| seconds |", " | ".join(f"{slowest[s]:.3f}" for s in STRATEGIES), "|")


if __name__ == "__main__":
    main()

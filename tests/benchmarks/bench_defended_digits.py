"""Digits with 30 % of the labels flipped: what each way of defending gives.

    python -m tests.benchmarks.bench_defended_digits

Logistic regression on raw pixels, 900 training rows, accuracy on the other 897, as the
mean over ten splits with its 95 % interval, and the range.
"""

import time

import numpy as np
import sklearn.pipeline
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import (
    DeepKNNFilter,
    RandomEvictionFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import with_interval
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import make_pipeline

SEEDS = range(10, 20)


def classifier():
    return LogisticRegression(max_iter=5000)


def main():
    knn = DeepKNNFilter(k=15)
    trusting = TrustedDisagreementFilter(SVC())
    ways = {
        "no defense (flag nothing)": lambda: classifier(),
        "random eviction, 10 %": lambda: make_pipeline(
            RandomEvictionFilter(random_state=0), classifier()
        ),
        "trusted disagreement, 90 trusted rows, SVC": lambda: make_pipeline(
            trusting, classifier()
        ),
        "Deep k-NN, k = 15, scikit-learn's Pipeline": lambda: (
            sklearn.pipeline.make_pipeline(knn, classifier())
        ),
        "Deep k-NN, k = 15, skpoison's Pipeline": lambda: make_pipeline(
            knn, classifier()
        ),
        "Deep k-NN, k = 15, DefendedClassifier": lambda: DefendedClassifier(
            knn, classifier()
        ),
        "clean labels": None,
    }
    accuracy = {name: [] for name in ways}
    begin = time.process_time()
    for seed in SEEDS:
        X, X_test, y, y_test = train_test_split(
            *load_digits(return_X_y=True), train_size=900, random_state=seed
        )
        flipped = LabelFlipAttack(rate=0.3, random_state=seed).fit_poison(X, y)
        clean = np.flatnonzero(~flipped.is_poison)
        trusted = np.isin(np.arange(len(y)), clean[: len(y) // 10])
        for name, way in ways.items():
            if way is None:
                model = classifier().fit(X, y)
            elif "trusted" in name:
                params = {"trusteddisagreementfilter__trusted": trusted}
                model = way().fit(X, flipped.y, **params)
            else:
                model = way().fit(X, flipped.y)
            accuracy[name].append(model.score(X_test, y_test))
    print("| defense | test accuracy | range |\n| --- | --- | --- |")
    for name, values in accuracy.items():
        print(
            f"| {name} | {with_interval(values)} | "
            f"{min(values):.3f} - {max(values):.3f} |"
        )
    print(f"\n{time.process_time() - begin:.0f} CPU seconds")


if __name__ == "__main__":
    main()

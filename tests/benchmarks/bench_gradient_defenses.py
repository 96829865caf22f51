"""Sever, the sphere and slab filter with its certificate, and DUTI: reference figures.

Test accuracy or error after the defense, detection, and CPU seconds of the filter
alone: means over ten draws of the rows, with their 95 % intervals.

    python -m tests.benchmarks.bench_gradient_defenses sever sphere_slab duti de_pois
"""

import sys
import time

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from skpoison.attacks import (
    LabelFlipAttack,
    RegressionGradientAttack,
    StatPAttack,
)
from skpoison.datasets import (
    fetch_fourclass,
    fetch_house_prices,
    fetch_mnist,
    fetch_warfarin,
)
from skpoison.defenses import (
    DUTIFilter,
    SeverFilter,
    SphereSlabFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import with_interval
from skpoison.metrics import filter_report

RATES = (0.1, 0.2, 0.3)
SEEDS = range(10, 20)


def timed(filter, X, y, **params):
    start = time.process_time()
    filter.fit(X, y, **params)
    return time.process_time() - start


def breast_cancer(seed):
    """400 training and 169 test rows, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    order = np.random.RandomState(seed).permutation(len(y))
    train, test = order[:400], order[400:]
    return X[train], y[train], X[test], y[test]


def far_flips(X, y, rate):
    attack = LabelFlipAttack(strategy="far", rate=rate, estimator=LinearSVC(C=0.01))
    return attack.fit_poison(X, y)


def sever():
    print("Sever, logistic regression (C = 0.1), breast cancer, far flips: accuracy")
    print("| rate | clean | undefended | Sever | seconds |")
    for rate in RATES:
        print_means(rate, [flipped_once(rate, seed) for seed in SEEDS])
    for name, fetch in (("house", fetch_house_prices), ("warfarin", fetch_warfarin)):
        print(f"Sever, ridge (alpha = 0.1), {name}: test error, recall of the poison")
        print(
            "| attack, rate | clean | undefended | 3 rounds | recall | 4 rounds "
            "| recall | seconds |"
        )
        for attack, n_poisons in ((a, n) for a in ("OptP", "StatP") for n in (41, 75)):
            rows = [house_once(fetch, attack, n_poisons, seed) for seed in SEEDS]
            rate = n_poisons / (300 + n_poisons)
            print_means(f"{attack}, {rate:.2f}", rows, digits=4)


def flipped_once(rate, seed):
    X, y, X_test, y_test = breast_cancer(seed)
    poisoned = far_flips(X, y, rate)
    model = LogisticRegression(C=0.1)
    clean = model.fit(X, y).score(X_test, y_test)
    before = model.fit(poisoned.X, poisoned.y).score(X_test, y_test)
    filter = SeverFilter(model, contamination=rate, random_state=0)
    seconds = timed(filter, poisoned.X, poisoned.y)
    return [clean, before, filter.estimator_.score(X_test, y_test), seconds]


def poisoned_regression(fetch, attack, n_poisons, seed):
    """300 training rows and poison; 500 test rows."""
    X, y = fetch(return_X_y=True, as_frame=True)
    order = np.random.RandomState(seed).permutation(len(y))
    train, val, test = order[:300], order[300:550], order[550:1050]
    if attack == "OptP":
        poisoned = RegressionGradientAttack(
            Ridge(alpha=0.1),
            n_poisons=n_poisons,
            random_state=seed,
        ).fit_poison(X.iloc[train], y.iloc[train], X_val=X.iloc[val], y_val=y.iloc[val])
    else:
        poisoned = StatPAttack(n_poisons=n_poisons, random_state=seed).fit_poison(
            X.iloc[train], y.iloc[train]
        )
    poisoned = poisoned._replace(X=poisoned.X.to_numpy(), y=poisoned.y.to_numpy())
    X, y = X.to_numpy(), y.to_numpy()
    return X[train], y[train], poisoned, X[test], y[test]


def house_once(fetch, attack, n_poisons, seed):
    X, y, poisoned, X_test, y_test = poisoned_regression(fetch, attack, n_poisons, seed)
    ridge = Ridge(alpha=0.1)

    def error(model):
        return np.mean((model.predict(X_test) - y_test) ** 2)

    row = [error(ridge.fit(X, y)), error(ridge.fit(poisoned.X, poisoned.y))]
    for n_rounds in (3, 4):
        filter = SeverFilter(
            ridge,
            contamination=poisoned.is_poison.mean(),
            n_rounds=n_rounds,
            random_state=0,
        )
        seconds = timed(filter, poisoned.X, poisoned.y)
        found = np.mean(~filter.inlier_mask_[poisoned.is_poison])
        row += [error(filter.estimator_), found]
    return [*row, seconds]


def sphere_slab():
    print("Sphere and slab, LinearSVC (C = 0.1), breast cancer, far flips: accuracy")
    print(
        "| rate | undefended | quantile 0.7 | quantile 0.95 "
        "| quantile 0.95, 80 trusted rows | trusted SVC | seconds |"
    )
    for rate in RATES:
        print_means(rate, [outside_once(rate, seed) for seed in SEEDS])
    print("Certificate, breast cancer, quantile 0.7, rho = 1")
    print("| rate | bound | attack's loss | test loss | seconds |")
    for rate in (0.03, 0.1, 0.3):
        print_means(rate, [certified_once(rate, seed) for seed in SEEDS], digits=4)


def outside_once(rate, seed):
    X, y, X_test, y_test = breast_cancer(seed)
    poisoned = far_flips(X, y, rate)
    trusted = np.random.RandomState(seed).permutation(
        np.flatnonzero(~poisoned.is_poison)
    )[:80]

    def accuracy(kept):
        model = LinearSVC(C=0.1).fit(poisoned.X[kept], poisoned.y[kept])
        return model.score(X_test, y_test)

    cells = [accuracy(np.ones(len(y), dtype=bool))]
    for quantile in (0.7, 0.95):
        filter = SphereSlabFilter(quantile).fit(poisoned.X, poisoned.y)
        cells.append(accuracy(filter.inlier_mask_))
    seconds = timed(filter, poisoned.X, poisoned.y, trusted=trusted)
    cells.append(accuracy(filter.inlier_mask_))
    baseline = TrustedDisagreementFilter(SVC(), random_state=0)
    baseline.fit(poisoned.X, poisoned.y, trusted=trusted)
    return [*cells, accuracy(baseline.inlier_mask_), seconds]


def certified_once(rate, seed):
    """The certificate, and the test loss of the hinge learner under its attack."""
    X, y, X_test, y_test = breast_cancer(seed)
    filter = SphereSlabFilter(0.7).fit(X, y)
    start = time.process_time()
    attack = filter.certify(X, y, rate=rate, random_state=seed)
    seconds = time.process_time() - start
    theta = hinge_learner(np.vstack([X, attack.X_attack]), np.r_[y, attack.y_attack])
    margins = (2 * y_test - 1) * (X_test @ theta[:-1] + theta[-1])
    test_loss = np.mean(np.maximum(0, 1 - margins))
    return [attack.bound, attack.attack_loss, test_loss, seconds]


def hinge_learner(X, y):
    """Weights and intercept, of norm 1 at most, that minimise the hinge loss."""
    low, high = np.log(1e-6), np.log(1e3)
    for _ in range(25):
        middle = (low + high) / 2
        model = LinearSVC(
            loss="hinge", C=np.exp(middle), max_iter=100_000, random_state=0
        ).fit(X, y)
        theta = np.append(model.coef_[0], model.intercept_)
        low, high = (low, middle) if np.linalg.norm(theta) > 1 else (middle, high)
    return theta


def digits_3_and_5(seed):
    X, y = load_digits(return_X_y=True)
    X, y = X[(y == 3) | (y == 5)] / 16, y[(y == 3) | (y == 5)]
    order = np.random.RandomState(seed).permutation(len(y))
    return X[order], y[order], 40


def ten_digits(seed):
    X, y = load_digits(return_X_y=True)
    order = np.random.RandomState(seed).permutation(len(y))[:500]
    return X[order] / 16, y[order], 100


def ten_mnist_digits(seed):
    X, y = fetch_mnist(return_X_y=True)
    order = np.random.RandomState(seed).permutation(len(y))[:1000]
    X = PCA(30, random_state=0).fit_transform(X[order].reshape(1000, -1) / 255)
    return X, np.asarray(y)[order].astype(int), 200


def mislabel(y, n_trusted, kind, seed):
    """Wrong labels among the untrusted rows: three of five 3s, or a fifth of all."""
    rng = np.random.RandomState(seed)
    untrusted = np.arange(n_trusted, len(y))
    y_wrong = y.copy()
    if kind == "3 -> 5":
        threes = rng.permutation(untrusted[y[untrusted] == 3])
        y_wrong[threes[: int(0.6 * len(threes))]] = 5
    elif kind == "random":
        rows = rng.permutation(untrusted)[: len(untrusted) // 5]
        labels = np.unique(y)
        shift = rng.randint(1, len(labels), size=len(rows))
        at = (np.searchsorted(labels, y[rows]) + shift) % len(labels)
        y_wrong[rows] = labels[at]
    return y_wrong


def duti():
    print("DUTI: average precision of the ranking, and what is removed by default")
    print(
        "| data, errors | 10 nearest neighbors | trusted SVC | DUTI | removed | right "
        "| wrong labels | seconds |"
    )
    for make in (digits_3_and_5, ten_digits, ten_mnist_digits):
        for kind in ("none", "3 -> 5", "random"):
            rows = [duti_once(make, kind, seed) for seed in SEEDS]
            print_means(f"{make.__name__}, {kind}", rows)


def duti_once(make, kind, seed):
    X, y_true, n_trusted = make(seed)
    y = mislabel(y_true, n_trusted, kind, seed)
    wrong = y != y_true
    trusted = np.arange(len(y)) < n_trusted
    neighbors = (
        NearestNeighbors(n_neighbors=10).fit(X).kneighbors(return_distance=False)
    )
    disagreement = np.mean(y[neighbors] != y[:, None], axis=1)
    baseline = TrustedDisagreementFilter(SVC(), random_state=0)
    baseline.fit(X, y, trusted=trusted)
    filter = DUTIFilter(random_state=0)
    seconds = timed(filter, X, y, trusted=trusted)
    precisions = [
        average_precision_score(wrong[~trusted], suspicion[~trusted])
        if wrong.any()
        else np.nan
        for suspicion in (
            disagreement,
            -baseline.sample_scores_,
            -filter.sample_scores_,
        )
    ]
    suspect = ~filter.inlier_mask_
    return [*precisions, suspect.sum(), wrong[suspect].sum(), wrong.sum(), seconds]


def report(filter, poisoned, trusted, seconds):
    judged = ~trusted
    figures = filter_report(
        poisoned.is_poison[judged],
        filter.inlier_mask_[judged],
        scores=filter.sample_scores_[judged],
        pos_label="clean",
    )
    names = ("accuracy", "recall", "f1_clean", "f1_poison", "roc_auc")
    return [*(figures[name] for name in names), seconds]


def de_pois():
    """The tables of the De-Pois paper: 20 % trusted, 20 % poison, untrusted rows."""
    print(
        "Detection of the poison: accuracy, recall and F1 of clean rows, F1 of poison"
    )
    print("| data, attack, filter | accuracy | recall | F1 | F1 poison | AUC | s |")
    for attack in ("OptP", "StatP"):
        filters = {
            "DUTI": DUTIFilter("regression", contamination=0.2, random_state=0),
            "Sever": SeverFilter(
                Ridge(alpha=0.1), contamination=0.2, n_rounds=2, random_state=0
            ),
            "trusted disagreement": TrustedDisagreementFilter(
                Ridge(alpha=0.1), random_state=0
            ),
        }
        for name, filter in filters.items():
            rows = []
            for seed in SEEDS:
                _, _, poisoned, _, _ = poisoned_regression(
                    fetch_house_prices, attack, 60, seed
                )
                trusted = np.arange(len(poisoned.y)) < 60
                seconds = timed(filter, poisoned.X, poisoned.y, trusted=trusted)
                rows.append(report(filter, poisoned, trusted, seconds))
            print_means(f"house, {attack}, {name}", rows)
    for strategy in ("random", "far"):
        embedded = make_pipeline(
            Nystroem(gamma=10, n_components=100, random_state=0),
            LogisticRegression(C=10, max_iter=1000),
        )
        filters = {
            "sphere and slab": SphereSlabFilter(0.9),
            "DUTI": DUTIFilter(gamma=5, random_state=0),
            "Sever": SeverFilter(embedded, contamination=0.2, random_state=0),
            "trusted disagreement": TrustedDisagreementFilter(
                SVC(C=1, gamma=10), random_state=0
            ),
        }
        for name, filter in filters.items():
            rows = []
            for seed in SEEDS:
                poisoned, trusted = fourclass_flips(strategy, seed)
                seconds = timed(filter, poisoned.X, poisoned.y, trusted=trusted)
                rows.append(report(filter, poisoned, trusted, seconds))
            print_means(f"fourclass, {strategy}, {name}", rows)


def fourclass_flips(strategy, seed):
    """A fifth of the rows are trusted, and a fifth of all flipped among the others."""
    X, y = fetch_fourclass(return_X_y=True)
    order = np.random.RandomState(seed).permutation(len(y))
    X, y = X[order], y[order]
    n_trusted = len(y) // 5
    attack = LabelFlipAttack(
        strategy=strategy, rate=0.25, estimator=SVC(C=1, gamma=10), random_state=seed
    )
    flipped = attack.fit_poison(X[n_trusted:], y[n_trusted:])
    poisoned = flipped._replace(
        X=X,
        y=np.concatenate([y[:n_trusted], flipped.y]),
        is_poison=np.concatenate([np.zeros(n_trusted, dtype=bool), flipped.is_poison]),
    )
    return poisoned, np.arange(len(y)) < n_trusted


def print_means(name, rows, digits=3):
    cells = [with_interval(values, digits=digits) for values in np.transpose(rows)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    parts = {f.__name__: f for f in (sever, sphere_slab, duti, de_pois)}
    for name in sys.argv[1:] or parts:
        parts[name]()

"""De-Pois on images: critics of pixels, of images, and of the features of a network.

    SKPOISON_DATA_HOME=... python -m tests.benchmarks.bench_depois_images TABLE

*attacks*: flips and clean-label poison (five rows for each of eight targets) among ten
digits. *shares*: flips, by the share of trusted rows. *trust*: flips, of trusted rows
too, and no trusted row of one class. *mnist*: flips among threes and eights of MNIST,
by the share of trusted rows, and *mnist-attacks* among all ten. *mnist-generated*: rows
of pGAN that carry the label eight and are to be taken for threes, at the paper's alpha
and with no regard to detection, and rows of the gradient attack, by both its methods,
from a network of the other rows; one for five clean rows, added. *iterations*: what
more training does, on the draws the default of this file was chosen on.

Rows are judged that are not trusted. The features are those of an `MLP` that was
trained on the rows given, poison included, or on as many other clean rows. Poison is
crafted once for all defenses of a draw. Cells are kept in a file, and measured once.
"""

import argparse
import time
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline as make_sklearn_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from skorch import NeuralNetClassifier

from skpoison.attacks import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    GradientPoisoningAttack,
    LabelFlipAttack,
    PGANAttack,
)
from skpoison.datasets import fetch_mnist
from skpoison.defenses import DePoisFilter, TrustedDisagreementFilter
from skpoison.embedding import MLP, NetEmbedding
from skpoison.evaluation import markdown_table, run_experiment, with_interval
from skpoison.metrics import filter_report

POLYTOPES = {"bullseye": BullseyePolytopeAttack, "convex": ConvexPolytopeAttack}
# The weight of being hard to detect; .5 is that of the De-Pois paper.
ALPHAS = {"pgan .5": 0.5, "pgan 0": 0.0}
GRADIENT_METHODS = ("direct", "generative")
POISON_CLASS, TARGET_CLASS, N_TARGETS = 8, 3, 8
LEFT_OUT = 9
METRICS = ["accuracy", "f1_clean", "f1_poison", "balanced_accuracy", "roc_auc"]
DEFENSES = [
    "flag nothing",
    "trusted SVC",
    "trusted SVC, other features",
    "De-Pois, pixels",
    "De-Pois, images",
    "De-Pois, own features",
    "De-Pois, other features",
]


@dataclass
class Setting:
    data: str
    n_rows: int
    attack: str
    share: float
    spoilt: float
    left_out: int
    max_iter: int
    seed: int


def digits(setting, rng):
    """Rows, as many others, and targets; pixels in [0, 1]."""
    if setting.data == "digits":
        X, y = load_digits(return_X_y=True)
        scale = 16
    else:
        X, y = fetch_mnist(return_X_y=True)
        scale = 255
        if setting.data == "mnist-3-8":
            X, y = X[np.isin(y, [3, 8])], y[np.isin(y, [3, 8])]
    order, n = rng.permutation(len(y)), setting.n_rows
    y = y[order].astype(int)
    targets = order[2 * n :][y[2 * n :] == TARGET_CLASS][:N_TARGETS]
    X, X_other, X_target = (
        (X[rows] / scale).astype(np.float32)
        for rows in (order[:n], order[n : 2 * n], targets)
    )
    return X, y[:n], X_other, y[n : 2 * n], X_target


def embedding(X, y, seed):
    net = NeuralNetClassifier(
        MLP,
        module__n_features=X.shape[1],
        module__n_classes=10,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=2e-3,
        max_epochs=20,
        batch_size=64,
        train_split=None,
    )
    return NetEmbedding(net, random_state=seed).fit(X, y)


def poisoned(setting):
    """Training rows, which are trusted, which are poison, and other clean rows."""
    rng = np.random.default_rng(setting.seed)
    X, y, X_other, y_other, targets = digits(setting, rng)
    allowed = np.flatnonzero(y != setting.left_out)
    trusted = np.zeros(len(y), dtype=bool)
    trusted[allowed[: round(setting.share * len(y))]] = True
    is_poison = np.zeros(len(y), dtype=bool)
    if setting.attack == "flips":
        for part, rate in ((~trusted, 1 / 6), (trusted, setting.spoilt)):
            if rate:
                attack = LabelFlipAttack(rate=rate, random_state=setting.seed)
                _, y[part], is_poison[part] = attack.fit_poison(X[part], y[part])
        return X, y, trusted, is_poison, X_other, y_other
    poisons, labels = crafted(
        setting, X[~trusted], y[~trusted], X_other, y_other, targets
    )
    n = len(poisons)
    return (
        np.concatenate([X, poisons]),
        np.append(y, labels),
        np.append(trusted, np.zeros(n, dtype=bool)),
        np.append(is_poison, np.ones(n, dtype=bool)),
        X_other,
        y_other,
    )


def crafted(setting, X, y, X_other, y_other, targets):
    """Rows that are added, and their labels."""
    if setting.attack in ALPHAS:
        pgan = PGANAttack(
            alpha=ALPHAS[setting.attack],
            rate=0.2,
            poison_class=POISON_CLASS,
            target_class=TARGET_CLASS,
            random_state=setting.seed,
        )
        pgan.fit_poison(X, y)
        return pgan.X_poison_, pgan.y_poison_
    surrogate = embedding(X_other, y_other, setting.seed)
    if setting.attack in GRADIENT_METHODS:
        gradient = GradientPoisoningAttack(
            surrogate.module_,
            method=setting.attack,
            rate=0.2,
            random_state=setting.seed,
        )
        gradient.fit_poison(X, y)
        return gradient.X_poison_, gradient.y_poison_
    poisons = POLYTOPES[setting.attack](
        [surrogate.feature_extractor()],
        poison_class=POISON_CLASS,
        n_poisons=5,
        eps=0.3,
        lr=0.02,
        max_iter=300,
        random_state=setting.seed,
    ).craft(X, y, targets)
    poisons = poisons.reshape(-1, X.shape[1])
    return poisons, np.full(len(poisons), POISON_CLASS)


def verdict(name, setting, X, y, trusted, X_other, y_other):
    """Kept rows and scores of a defense."""
    defense, _, rows = name.partition(", ")
    if rows == "images":
        side = round(X.shape[1] ** 0.5)
        X = X.reshape(-1, 1, side, side)
    elif rows == "own features":
        X = embedding(X, y, setting.seed).transform(X)
    elif rows == "other features":
        # Another seed than that of the attacker's network.
        X = embedding(X_other, y_other, 100 + setting.seed).transform(X)
    if defense == "flag nothing":
        return np.ones(len(y), dtype=bool), np.zeros(len(y))
    if defense == "trusted SVC":
        machine = make_sklearn_pipeline(StandardScaler(), SVC())
        filter = TrustedDisagreementFilter(machine, random_state=setting.seed)
    else:
        filter = DePoisFilter(max_iter=setting.max_iter, random_state=setting.seed)
    filter.fit(X, y, trusted=trusted)
    return filter.inlier_mask_, filter.sample_scores_


def measure(setting, defenses):
    torch.set_num_threads(1)
    X, y, trusted, is_poison, X_other, y_other = poisoned(setting)
    for name in defenses:
        start = time.process_time()
        with warnings.catch_warnings():
            # Removed classes, and too little trust to tell labels: part of the result.
            warnings.simplefilter("ignore", UserWarning)
            kept, scores = verdict(name, setting, X, y, trusted, X_other, y_other)
        seconds = time.process_time() - start
        report = filter_report(
            is_poison[~trusted], kept[~trusted], scores=scores[~trusted]
        )
        yield {metric: report[metric] for metric in METRICS} | {"seconds": seconds}


TABLES: dict = {
    "attacks": [{"attack": a} for a in ("flips", "bullseye", "convex")],
    "shares": [{"share": share} for share in (0.05, 0.2, 0.3)],
    "trust": [{"spoilt": 0.05}, {"left_out": LEFT_OUT}],
    "mnist": [
        {"data": "mnist-3-8", "n_rows": 2000, "share": share}
        for share in (0.005, 0.01, 0.05, 0.2, 0.3)
    ],
    "mnist-attacks": [
        {"data": "mnist", "n_rows": 2000, "attack": a}
        for a in ("flips", "bullseye", "convex")
    ],
    "mnist-generated": [
        {"data": "mnist", "n_rows": 2000, "attack": a}
        for a in (*ALPHAS, *GRADIENT_METHODS)
    ],
    "iterations": [{"max_iter": n} for n in (100, 300, 1500)],
}
DEFAULTS = {
    "data": "digits",
    "n_rows": 700,
    "attack": "flips",
    "share": 0.2,
    "spoilt": 0.0,
    "left_out": -1,
    "max_iter": 300,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    parser.add_argument("--defenses", nargs="+", choices=DEFENSES, default=DEFENSES)
    parser.add_argument("--cells", default="results/depois-images")
    parser.add_argument("--n-jobs", type=int, default=1)
    given = parser.parse_args()
    for changed in TABLES[given.table]:
        settings = [Setting(**DEFAULTS | changed, seed=s) for s in given.seeds]
        cells = run_experiment(
            measure, settings, given.defenses, given.cells, n_jobs=given.n_jobs
        )
        print("\n" + ", ".join(f"{k} = {v}" for k, v in changed.items()) + "\n")
        groups = cells.groupby("defense", sort=False)[[*METRICS, "seconds"]]
        print(markdown_table(groups.agg(with_interval)), flush=True)

"""The paths: what each gives on a device, and how far that may be from the CPU's.

Where a path draws random numbers on the device itself they are others than those of the
CPU, and two runs agree as two seeds do: the tolerance is that of the figure from seed
to seed. Where it draws none, rounding alone may differ; convolutions round to TF32 on a
GPU, as torch has it by default.
"""

import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from skpoison.attacks import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
    GradientMatchingAttack,
    GradientPoisoningAttack,
    LabelFlipAttack,
    PGANAttack,
)
from skpoison.defenses import (
    AdversarialTrainingClassifier,
    DeepKNNFilter,
    DePoisFilter,
)
from skpoison.embedding import NetEmbedding
from skpoison.neighbors import neighbor_votes

from ..neighbors._reference import KINDS, rows_of
from ._clock import seconds
from ._data import cnn, digits, mlp, trained

POISON_CLASS, TARGET_CLASS, N_TARGETS = 8, 9, 5


@dataclass(frozen=True)
class Path:
    """Something that computes on a device.

    Attributes
    ----------
    name, figure : str
        What is run, and what is compared.
    tolerance : float
        Largest difference of the figure, or of any of its values.
    run : callable
        Takes a device and whether to be quick; returns a number or an array.
    """

    name: str
    figure: str
    tolerance: float
    run: Callable


def training(precision):
    def run(device, quick):
        X, y, X_test, y_test = digits(images=True)
        embedding = NetEmbedding(
            cnn(1 if quick else 15), device=device, precision=precision, random_state=0
        )
        return embedding.fit(X, y).net_.score(X_test, y_test)

    return run


def transform(device, quick):
    X = digits(images=True)[2]
    embedding = NetEmbedding(
        trained(cnn, 1 if quick else 15), frozen=True, device=device
    )
    features = embedding.fit(X).transform(X)
    return features / np.abs(features).max()


def clean_label(attack, **options):
    """Distance of the poisons' mean feature from the target, relative to clean rows."""

    def run(device, quick):
        X, y, X_test, y_test = digits(images=True)
        surrogate = NetEmbedding(
            trained(cnn, 1 if quick else 15), frozen=True, device=device
        ).fit(X)
        targets = X_test[y_test == TARGET_CLASS][:N_TARGETS]
        poisons = attack(
            surrogate,
            poison_class=POISON_CLASS,
            n_poisons=3,
            max_iter=5 if quick else 200,
            device=device,
            random_state=0,
            **options,
        ).craft(X, y, targets)
        judge = NetEmbedding(surrogate.net, frozen=True, device="cpu").fit(X)
        goals = judge.transform(targets)
        means = judge.transform(poisons.reshape(-1, *X.shape[1:]))
        means = means.reshape(N_TARGETS, 3, -1).mean(axis=1)
        clean = judge.transform(X[y == POISON_CLASS]).mean(axis=0)
        distance = np.linalg.norm(means - goals, axis=1)
        return float(np.mean(distance / np.linalg.norm(clean - goals, axis=1)))

    return run


def gradient_matching(device, quick):
    """One minus the cosine of the two gradients, the mean of the targets."""
    X, y, X_test, y_test = digits(images=True)
    attack = GradientMatchingAttack(
        trained(cnn, 1 if quick else 15),
        poison_class=POISON_CLASS,
        n_poisons=10,
        max_iter=2 if quick else 250,
        n_restarts=2,
        max_shift=1,
        device=device,
        random_state=0,
    )
    attack.craft(X, y, X_test[y_test == TARGET_CLASS][: 2 if quick else N_TARGETS])
    return attack.loss_.mean()


def gradient_poisoning(method):
    def run(device, quick):
        X, y, X_test, y_test = digits()
        attack = GradientPoisoningAttack(
            deepcopy(trained(mlp, 1 if quick else 30)),
            method=method,
            n_poisons=20,
            max_iter=2 if quick else 20,
            device=device,
            random_state=0,
        )
        attack.fit_poison(X, y)
        victim = attack.fine_tune(attack.X_poison_, attack.y_poison_).to("cpu")
        with torch.no_grad():
            return np.mean(victim(torch.tensor(X_test)).argmax(1).numpy() == y_test)

    return run


def pgan(images=False, **options):
    """Test error of a victim that trains on the poison, too."""

    def run(device, quick):
        X, y, X_test, y_test = digits(images)
        attack = PGANAttack(
            alpha=0.0,
            rate=2 / 3,
            poison_class=POISON_CLASS,
            target_class=TARGET_CLASS,
            device=device,
            random_state=0,
            **({"max_iter": 3, "n_judge_steps": 1} if quick else options),
        )
        pair, pair_test = (np.isin(part, (8, 9)) for part in (y, y_test))
        poisoned = attack.fit_poison(X[pair], y[pair])
        victim = LogisticRegression(max_iter=1000)
        victim.fit(poisoned.X.reshape(len(poisoned.X), -1), poisoned.y)
        X_test = X_test[pair_test].reshape(pair_test.sum(), -1)
        return 1 - victim.score(X_test, y_test[pair_test])

    return run


def depois(images=False, **options):
    """How well the scores tell flipped labels from right ones."""

    def run(device, quick):
        given = {**options, "max_iter": 3} if quick else options
        X, y, _, _ = digits()
        flipped = LabelFlipAttack(rate=0.2, random_state=0).fit_poison(X, y)
        X = digits(images)[0]
        trusted = np.zeros(len(y), dtype=bool)
        trusted[np.flatnonzero(~flipped.is_poison)[: len(y) // 4]] = True
        depois = DePoisFilter(device=device, random_state=0, **given)
        depois.fit(X, flipped.y, trusted=trusted)
        return roc_auc_score(
            flipped.is_poison[~trusted], -depois.sample_scores_[~trusted]
        )

    return run


def adversarial_training(device, quick):
    X, y, X_test, y_test = digits(images=True)
    model = AdversarialTrainingClassifier(
        cnn(1 if quick else 10),
        eps=0.1,
        step_size=0.0125,
        n_steps=2 if quick else 20,
        device=device,
        random_state=0,
    ).fit(X, y)
    return model.score(model.perturb(X_test, y_test), y_test)


def votes(device, quick):
    """Rows of adversarial data whose votes are not those of the CPU without torch."""
    n, k = (60, 9) if quick else (3000, 150)
    wrong = []
    for kind in KINDS:
        for offset in (0.0, 1e4):
            rng = np.random.default_rng(0)
            X = (rows_of(kind, rng, n, 40) + offset).astype(np.float32)
            y = rng.choice(4, n, p=[0.7, 0.2, 0.09, 0.01])
            for weight in (None, "replicate"):
                ours = neighbor_votes(X, y, k, class_weight=weight, device=device)
                expected = neighbor_votes(X, y, k, class_weight=weight)
                wrong.append(np.sum(np.any(ours != expected, axis=1)))
    return np.sum(wrong)


def vote_scores(device, quick):
    X, y, _, _ = digits()
    return DeepKNNFilter(device=device).fit(X, y).sample_scores_


PATHS = [
    Path("NetEmbedding, float32", "accuracy", 0.02, training("float32")),
    Path("NetEmbedding, bfloat16", "accuracy", 0.02, training("bfloat16")),
    Path("NetEmbedding.transform", "features / largest", 0.01, transform),
    Path(
        "BullseyePolytopeAttack",
        "distance left",
        0.05,
        clean_label(BullseyePolytopeAttack, eps=0.3, lr=0.02),
    ),
    Path(
        "ConvexPolytopeAttack",
        "distance left",
        0.05,
        clean_label(ConvexPolytopeAttack, eps=0.3, lr=0.02),
    ),
    Path(
        "FeatureCollisionAttack",
        "distance left",
        0.05,
        clean_label(FeatureCollisionAttack),
    ),
    Path("GradientMatchingAttack", "1 - cosine", 0.1, gradient_matching),
    Path("GradientPoisoningAttack", "accuracy left", 0.3, gradient_poisoning("direct")),
    Path(
        "GradientPoisoningAttack, generative",
        "accuracy left",
        0.3,
        gradient_poisoning("generative"),
    ),
    Path("PGANAttack, vectors", "test error", 0.2, pgan()),
    Path("PGANAttack, images", "test error", 0.25, pgan(images=True, max_iter=200)),
    Path("DePoisFilter, HingeCritic", "ROC AUC", 0.03, depois()),
    Path("DePoisFilter, images", "ROC AUC", 0.03, depois(images=True)),
    Path(
        "DePoisFilter, ConditionalWGANGP, ConditionalGAN",
        "ROC AUC",
        0.15,
        depois(
            loss="wasserstein",
            negatives=("mismatch", "generator"),
            augment=True,
            calibration="augmented",
            max_iter=100,
        ),
    ),
    Path(
        "AdversarialTrainingClassifier",
        "robust accuracy",
        0.05,
        adversarial_training,
    ),
    Path("DeepKNNFilter", "scores", 0.0, vote_scores),
    Path("neighbor_votes", "rows that differ", 0.0, votes),
]


def compare(path, device, quick):
    """The figure of a path on the CPU and on a device, and the seconds of each."""
    with warnings.catch_warnings():
        # Settings that are quick make poor networks.
        warnings.simplefilter("ignore")
        on_cpu, cpu_seconds = seconds(lambda: path.run("cpu", quick), "cpu")
        there, device_seconds = seconds(lambda: path.run(device, quick), device)
    difference = float(np.max(np.abs(np.subtract(on_cpu, there))))
    return on_cpu, there, difference, cpu_seconds, device_seconds

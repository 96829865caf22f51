"""Clean-label attacks on digits: CPU seconds per target, and how many victims fall.

A multi-layer perceptron is trained on 900 digits, its head fine-tuned on 300 others and
the poisons; targets are test rows that a victim without poison gets right. Victims
fooled are means over ten seeds with their 95 % intervals; every seed is a split, a
network, ten targets.

Crafting is timed for ten targets at once and one by one, in alternation, and so is the
training of the victims' probes. Convolutional networks of random weights on 32 x 32
images give the same ratio where arithmetic outweighs overhead. Where
adversarial-robustness-toolbox is installed, its FeatureCollisionAttack crafts the same
poisons without a watermark, with the best of some learning rates.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_clean_label

takes three minutes of one core.
"""

import importlib.util
import time
from copy import deepcopy

import numpy as np
import torch

from skpoison.attacks import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
)
from skpoison.embedding import NetEmbedding
from skpoison.embedding.networks import ResNet8, WhiteningNet
from skpoison.evaluation import LinearProbes, with_interval

from ..attacks._transfer import digits, features, n_fooled, targets

POLYTOPE = {"eps": 0.3, "lr": 0.02, "max_iter": 300}
REACHABLE = POLYTOPE | {"bases": "reachable"}
ATTACKS = {
    "Bullseye Polytope": (BullseyePolytopeAttack, POLYTOPE),
    "Bullseye Polytope, reachable bases": (BullseyePolytopeAttack, REACHABLE),
    "Convex Polytope": (ConvexPolytopeAttack, POLYTOPE),
    "Convex Polytope, reachable bases": (ConvexPolytopeAttack, REACHABLE),
    "feature collision": (FeatureCollisionAttack, {"n_poisons": 5, "max_iter": 150}),
}
PAIRS = [(3, 8), (7, 2)]
# Learning rates: those of Adam, and those of a plain gradient.
OURS, ART = (0.01, 0.03, 0.1), (0.003, 0.01, 0.03)


def seconds(function, *args):
    start = time.process_time()
    function(*args)
    return time.process_time() - start


def per_target(attack, X, y, X_targets, rounds=3):
    """Seconds per target, crafted at once and one by one."""
    n = len(X_targets)

    def one_by_one():
        for i in range(n):
            attack.craft(X, y, X_targets[i : i + 1])

    attack.craft(X, y, X_targets[:1])
    at_once, single = np.transpose(
        [
            (seconds(attack.craft, X, y, X_targets) / n, seconds(one_by_one) / n)
            for _ in range(rounds)
        ]
    )
    return np.median(at_once), np.median(single)


def show_time(name, at_once, single):
    print(
        f"{name:40} {1e3 * at_once:8.2f} ms at once {1e3 * single:8.2f} ms "
        f"one by one   {single / at_once:5.1f} x"
    )


def bench_crafting():
    d, X_targets = digits(), targets(3)
    for name, (attack, params) in ATTACKS.items():
        attack = attack(d.extractor, poison_class=8, **params)
        show_time(name, *per_target(attack, d.X, d.y, X_targets))


def bench_convolutions():
    torch.manual_seed(0)
    layers, width = [], 3
    for next_width, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        layers += [
            torch.nn.Conv2d(width, next_width, 3, stride, padding=1),
            torch.nn.BatchNorm2d(next_width),
            torch.nn.ReLU(),
        ]
        width = next_width
    layers += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(width, 10))
    rng = np.random.RandomState(0)
    X, y = rng.uniform(size=(60, 3, 32, 32)).astype("float32"), np.repeat([0, 1], 30)
    surrogates = {"module": torch.nn.Sequential(*layers)}
    for precision in ("float32", "bfloat16"):
        embedding = NetEmbedding(net, frozen=True, precision=precision)
        surrogates[f"embedding, {precision}"] = embedding.fit(X)
    for network in (ResNet8, WhiteningNet):
        embedding = NetEmbedding(network(), frozen=True, precision="float32")
        surrogates[network.__name__] = embedding.fit(X)
    for name, surrogate in surrogates.items():
        attack = BullseyePolytopeAttack(surrogate, poison_class=1, max_iter=10)
        show_time(f"convolutions, {name}", *per_target(attack, X, y, X[:10]))


def bench_probes(n_sets, width, n_clean=500, n_poisons=5):
    rng = np.random.RandomState(0)
    y = rng.randint(10, size=n_clean + n_sets * n_poisons)
    X = np.maximum(rng.randn(len(y), width), 0).astype("float32")
    clean = np.ones((n_sets, n_clean), dtype=bool)
    own = np.repeat(np.eye(n_sets, dtype=bool), n_poisons, axis=1)
    masks = np.hstack([clean, own])

    def one_by_one():
        for mask in masks:
            LinearProbes(random_state=0).fit(X[mask], y[mask], mask[mask][None])

    at_once = seconds(LinearProbes(random_state=0).fit, X, y, masks)
    name = f"{n_sets} probes on {width} features"
    show_time(name, at_once / n_sets, seconds(one_by_one) / n_sets)


def bench_success(seeds=range(10, 20)):
    print("\nvictims fooled, of 10")
    for a, b in PAIRS:
        rows = []
        for seed in seeds:
            d, X_targets = digits(seed), targets(a, seed=seed)
            row = []
            for attack, params in ATTACKS.values():
                attack = attack(d.extractor, poison_class=b, **params)
                poisons = attack.craft(d.X, d.y, X_targets)
                row.append(n_fooled(poisons, X_targets, b, seed))
            rows.append(row)
        for name, column in zip(ATTACKS, np.transpose(rows)):
            mean = with_interval(column, digits=1)
            print(f"{a} -> {b} {name:36} {column.tolist()} mean {mean}")


def bench_art(n_targets=3, max_iter=100):
    d, X_targets = digits(), targets(3, n=n_targets)
    shared = {"watermark": 0, "max_iter": max_iter}
    ours = FeatureCollisionAttack(d.extractor, poison_class=8, n_poisons=5, **shared)
    ours.craft(d.X, d.y, X_targets)
    bases = d.X[ours.base_indices_]

    def distance(poisons):
        each = [
            features(d.extractor, rows) - features(d.extractor, target[None])
            for rows, target in zip(poisons, X_targets)
        ]
        return float(torch.linalg.vector_norm(torch.stack(each), dim=2).mean())

    print(f"\nfeature collision, mean distance {distance(bases):.3f} at the start")
    for name, craft, rates in (
        (
            "skpoison",
            lambda lr: ours.set_params(lr=lr).craft(d.X, d.y, X_targets),
            OURS,
        ),
        ("ART", lambda lr: art_poisons(d, X_targets, bases, lr, max_iter), ART),
    ):
        for lr in rates:
            start = time.process_time()
            poisons = craft(lr)
            spent = time.process_time() - start
            print(
                f"{name:9} lr {lr:<6} {spent:6.2f} s, distance {distance(poisons):.3f}"
            )


def art_poisons(d, X_targets, bases, lr, max_iter):
    from art.attacks.poisoning import FeatureCollisionAttack as Peer
    from art.estimators.classification import PyTorchClassifier

    params = {
        "feature_layer": 0,
        "learning_rate": lr,
        "similarity_coeff": 0.1,
        "max_iter": max_iter,
        "verbose": False,
    }
    poisons = []
    for rows, target in zip(bases, X_targets):
        # A copy per target: every call leaves one more hook on the network, and all of
        # them run.
        classifier = PyTorchClassifier(
            torch.nn.Sequential(deepcopy(d.extractor), d.head),
            loss=torch.nn.CrossEntropyLoss(),
            input_shape=(64,),
            nb_classes=10,
            clip_values=(0, 1),
            device_type="cpu",
        )
        attack = Peer(classifier, target=target[None], **params)
        poisons.append(attack.poison(rows.copy())[0])
    return poisons


def main():
    bench_crafting()
    bench_convolutions()
    for n_sets, width in ((10, 64), (50, 256), (50, 2048)):
        bench_probes(n_sets, width)
    if importlib.util.find_spec("art"):
        bench_art()
    else:
        print("\nadversarial-robustness-toolbox is not installed: no comparison")
    bench_success()


if __name__ == "__main__":
    main()

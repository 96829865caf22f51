"""Clean-label attacks on victims that train from scratch: how many targets fall.

CIFAR-10 made small: 150 training images of each class, shrunk to 16 x 16 pixels. A
multi-layer perceptron is trained on them for 20 epochs, the attacker's to craft against
and one for each target, from other weights, on the poisoned set: 30 images (2 %) of the
class that the target shall be taken for, changed by at most 32/255 in place. Targets
are test images that the attacker's network gets right; the two classes are drawn by the
seed. Without poison, a victim may take a target for that class as well.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_gradient_matching

A run that was stopped goes on.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from skpoison.attacks import BullseyePolytopeAttack, GradientMatchingAttack
from skpoison.datasets import fetch_cifar10
from skpoison.evaluation import mean_and_interval, run_experiment

PER_CLASS, SIDE, EPOCHS = 150, 16, 20
ATTACKS = ("none", "gradient matching", "Bullseye Polytope")


@dataclass
class Setting:
    """A draw of the images, of the weights and of the two classes."""

    seed: int
    n_targets: int
    n_poisons: int
    eps: float


class Normalize(nn.Module):
    def forward(self, x):
        return (x - 0.47) / 0.25


def shrunk(images):
    """Flat images of 16 x 16 pixels, with values in [0, 1]."""
    size = 32 // SIDE
    blocks = images.reshape(len(images), SIDE, size, SIDE, size, 3)
    means = blocks.mean(axis=(2, 4)) / 255
    return means.reshape(len(images), -1).astype(np.float32)


def drawn_images(rng):
    """So many images of each class to train on, and 1,000 others."""
    data = fetch_cifar10(download_if_missing=False)
    order = rng.permutation(len(data.target))
    labels = data.target[order]
    rank = np.zeros(len(order), dtype=int)
    for label in range(10):
        rank[labels == label] = np.arange(np.sum(labels == label))
    parts = [order[rank < PER_CLASS], order[rank >= PER_CLASS][:1000]]
    return [(shrunk(data.images[p]), data.target[p].astype(np.int64)) for p in parts]


def trained(X, y, seed):
    """A network trained from scratch: its body, and a linear head."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        body = nn.Sequential(
            Normalize(),
            nn.Linear(X.shape[1], 128),
            nn.ReLU(),
            nn.Linear(128, 64),
            nn.ReLU(),
        )
        net = nn.Sequential(body, nn.Linear(64, 10))
        adam = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
        X, y = torch.tensor(X), torch.tensor(y)
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(y)).split(64):
                adam.zero_grad()
                cross_entropy(net(X[batch]), y[batch]).backward()
                adam.step()
    return net.eval()


def predict(net, X):
    with torch.no_grad():
        return net(torch.tensor(X)).argmax(dim=1).numpy()


def make_attack(name, net, poison_class, setting):
    shared = {
        "poison_class": poison_class,
        "n_poisons": setting.n_poisons,
        "eps": setting.eps,
        "insert": "replace",
        "random_state": setting.seed,
    }
    if name == "gradient matching":
        return GradientMatchingAttack(net, max_iter=100, n_restarts=2, **shared)
    return BullseyePolytopeAttack(net[0], max_iter=200, **shared)


def measure(setting, names):
    """How many of the targets are taken for the class, and the victims' accuracy."""
    rng = np.random.RandomState(setting.seed)
    (X, y), (X_test, y_test) = drawn_images(rng)
    true_class, poison_class = rng.choice(10, 2, replace=False)
    net = trained(X, y, setting.seed)
    right = (predict(net, X_test) == y_test) & (y_test == true_class)
    targets = X_test[right][: setting.n_targets]
    for name in names:
        start = time.process_time()
        poisoned_sets = [X] * len(targets)
        if name != "none":
            attack = make_attack(name, net, poison_class, setting)
            crafted = attack.craft(X, y, targets)
            poisoned_sets = [X.copy() for _ in targets]
            for poisoned, rows, poisons in zip(
                poisoned_sets, attack.base_indices_, crafted
            ):
                poisoned[rows] = poisons
        seconds = time.process_time() - start
        won, accuracy = [], []
        for i, poisoned in enumerate(poisoned_sets):
            victim = trained(poisoned, y, 1000 * setting.seed + i)
            won.append(predict(victim, targets[i : i + 1])[0] == poison_class)
            accuracy.append(np.mean(predict(victim, X_test) == y_test))
        yield {
            "targets": len(targets),
            "success": np.mean(won),
            "accuracy": np.mean(accuracy),
            "crafting_seconds": seconds,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", default="gradient_matching")
    parser.add_argument("--seeds", nargs="+", type=int, default=range(10, 20))
    parser.add_argument("--targets", type=int, default=5)
    parser.add_argument("--poisons", type=int, default=30)
    parser.add_argument("--eps", type=float, default=32 / 255)
    args = parser.parse_args()
    settings = [Setting(s, args.targets, args.poisons, args.eps) for s in args.seeds]
    frame = run_experiment(measure, settings, list(ATTACKS), args.cells, n_jobs=1)
    for column, digits in (("success", 2), ("accuracy", 3), ("crafting_seconds", 1)):
        print(f"\n{column}, mean over {len(settings)} seeds")
        print(mean_and_interval(frame, "defense", "eps", column, digits=digits))


if __name__ == "__main__":
    main()

"""Handwritten digits as a network sees them, clean and poisoned."""

from functools import cache

import numpy as np
import torch
from skorch import NeuralNetClassifier

from ...attacks import (
    ConvexPolytopeAttack,
    GradientPoisoningAttack,
    PGANAttack,
)
from ...datasets import fetch_mnist
from ...embedding import MLP, NetEmbedding
from ._settings import N_CLASSES, PAPER_SHARES

# The class that poison is labelled as, and the class of the targets.
POISON_CLASS, TARGET_CLASS = 8, 3
N_POISONS_PER_TARGET = 5
# Poison is made once for the highest rate; lower ones take the first rows of it.
MAX_RATE = PAPER_SHARES[-1]
# Of the attacker's networks, so that the defender has others.
ATTACKER_SEED = 1000


@cache
def mnist():
    """Pixels, of values up to 255, and labels."""
    bunch = fetch_mnist(split="train")
    return bunch.images.reshape(len(bunch.images), -1), bunch.target.astype(int)


@cache
def draw(n_rows, seed):
    """Training rows, rows for networks, targets, and rows for nothing of the kind.

    Each with labels, and as many as the training rows, but for the targets.
    """
    X, y = mnist()
    order = np.random.default_rng(seed).permutation(len(y))
    own, for_networks, beyond = np.split(order, [n_rows, 2 * n_rows])
    n_targets = -(-round(MAX_RATE * n_rows) // N_POISONS_PER_TARGET)
    targets = beyond[y[beyond] == TARGET_CLASS][:n_targets]
    parts = own, for_networks, targets, beyond[-n_rows:]
    return [(np.float32(X[part] / 255), y[part]) for part in parts]


@cache
def network(n_rows, seed, net_seed):
    """A network of rows that are clean, none of which is for training."""
    _, (X, y), _, _ = draw(n_rows, seed)
    net = NeuralNetClassifier(
        MLP,
        module__n_features=X.shape[1],
        module__n_classes=N_CLASSES,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=2e-3,
        max_epochs=20,
        batch_size=64,
        train_split=None,
    )
    return NetEmbedding(net, random_state=net_seed).fit(X, y)


def features(X, n_rows, seed):
    """Rows as the defender's network sees them."""
    return network(n_rows, seed, seed).transform(X)


def clean_images(n_rows, seed):
    """Features and labels of the training rows."""
    X, y = draw(n_rows, seed)[0]
    return features(X, n_rows, seed), y


@cache
def poison_images(attack, n_rows, seed):
    """Features and labels of poison at the highest rate."""
    X, y = poison_pixels(attack, n_rows, seed)
    return features(X, n_rows, seed), y


def poison_pixels(attack, n_rows, seed):
    """The images of the poison, and their labels."""
    (X, y), _, (X_targets, _), _ = draw(n_rows, seed)
    n_poisons = round(MAX_RATE * n_rows)
    if attack == "TCL":
        poisons = ConvexPolytopeAttack(
            [network(n_rows, seed, ATTACKER_SEED + seed).feature_extractor()],
            poison_class=POISON_CLASS,
            n_poisons=N_POISONS_PER_TARGET,
            eps=0.3,
            lr=0.02,
            max_iter=150,
            random_state=seed,
        ).craft(X, y, X_targets)
        poisons = poisons.reshape(-1, X.shape[1])[:n_poisons]
        return poisons, np.full(n_poisons, POISON_CLASS)
    if attack == "pGAN":
        crafted = PGANAttack(
            # Of the paper, which finds poison harmful and yet hard to detect there.
            alpha=0.5,
            rate=MAX_RATE,
            poison_class=POISON_CLASS,
            batch_size=64,
            max_iter=300,
            random_state=seed,
        ).fit_poison(X, y)
    else:
        crafted = GradientPoisoningAttack(
            network(n_rows, seed, ATTACKER_SEED + seed).module_,
            n_poisons=n_poisons,
            random_state=seed,
        ).fit_poison(X, y)
    return crafted.X[crafted.is_poison], crafted.y[crafted.is_poison]

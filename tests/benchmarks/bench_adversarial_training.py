"""Adversarial training on digits: what it costs, and what it withstands.

Clean and robust accuracy (20 steps of projected gradient ascent) of a multi-layer
perceptron, and of a small convolutional network on 2,000 images of MNIST, trained in
the ordinary way, by 20 steps of the ascent, and by one. Means over ten draws of the
digits, and over three of MNIST, where a run takes a minute, with their 95 % intervals.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_adversarial_training

takes about five minutes of one core.
"""

import time

import numpy as np
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from skorch import NeuralNetClassifier

from skpoison.datasets import fetch_mnist
from skpoison.defenses import AdversarialTrainingClassifier
from skpoison.embedding import MLP
from skpoison.evaluation import with_interval

EPS = 0.1
METHODS = {
    "ordinary training": {"eps": 0.0},
    "20 steps": {"step_size": EPS / 8},
    "one step of 1.25 eps": {"step_size": 1.25 * EPS, "n_steps": 1},
}


class SmallCNN(torch.nn.Sequential):
    """Two convolutions and two linear layers for 28 x 28 pixels."""

    def __init__(self):
        super().__init__(
            torch.nn.Conv2d(1, 16, 5, stride=2, padding=2),
            torch.nn.ReLU(),
            torch.nn.Conv2d(16, 32, 5, stride=2, padding=2),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.Linear(32 * 7 * 7, 64),
            torch.nn.ReLU(),
            torch.nn.Linear(64, 10),
        )


def digits(seed):
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y, 1200, np.random.default_rng(seed)


def mnist(seed):
    X, y = fetch_mnist(return_X_y=True)
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(y), 3000, replace=False)
    X = (X[rows] / 255).astype(np.float32).reshape(-1, 1, 28, 28)
    return X, y[rows], 2000, rng


SETTINGS = {
    "digits, MLP": (
        digits,
        {"module": MLP, "module__n_features": 64, "module__n_classes": 10},
        range(10, 20),
    ),
    "MNIST, CNN": (mnist, {"module": SmallCNN}, range(10, 13)),
}


def main():
    print("| data | training | accuracy | robust accuracy | CPU seconds |")
    for name, (load, module, seeds) in SETTINGS.items():
        net = NeuralNetClassifier(
            **module,
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=2e-3,
            max_epochs=15,
            batch_size=64,
            train_split=None,
        )
        for method, parameters in METHODS.items():
            rows = []
            for seed in seeds:
                X, y, n_train, rng = load(seed)
                order = rng.permutation(len(y))
                train, test = order[:n_train], order[n_train:]
                model = AdversarialTrainingClassifier(
                    clone(net), **{"eps": EPS, **parameters}, random_state=seed
                )
                start = time.process_time()
                model.fit(X[train], y[train])
                seconds = time.process_time() - start
                model.set_params(eps=EPS, step_size=EPS / 8, n_steps=20)
                moved = model.perturb(X[test], y[test])
                accuracies = [model.score(part, y[test]) for part in (X[test], moved)]
                rows.append((*accuracies, seconds))
            clean, robust, seconds = map(with_interval, np.transpose(rows))
            print(f"| {name} | {method} | {clean} | {robust} | {seconds} |", flush=True)


if __name__ == "__main__":
    main()

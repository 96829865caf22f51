"""De-Pois on features of CIFAR-10 against clean-label poison.

    SKPOISON_DATA_HOME=... python -m tests.benchmarks.bench_depois_cifar10

Two ResNet-8 are trained on 10,000 clean images each: the attacker's and the defender's.
A draw is 2,000 other images, of which a fifth is trusted, and five poisons for each of
twelve targets, crafted with the attacker's network ("transfer") or with the defender's
("white box"). Rows are judged that are not trusted. Training a network takes about two
CPU minutes, a draw about one.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import torch
from sklearn.pipeline import make_pipeline as make_sklearn_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from skorch import NeuralNetClassifier

from skpoison.attacks import BullseyePolytopeAttack, ConvexPolytopeAttack
from skpoison.datasets import fetch_cifar10
from skpoison.defenses import DePoisFilter, TrustedDisagreementFilter
from skpoison.embedding import NetEmbedding
from skpoison.embedding.networks import AugmentedBatches, ResNet8, TriangularRate
from skpoison.evaluation import markdown_table, with_interval
from skpoison.metrics import filter_report

from .bench_depois_images import METRICS

N_NET, N_ROWS, N_TRUSTED, N_TARGETS = 10_000, 2000, 400, 12
SHIP, FROG = 8, 6
ATTACKS = {"bullseye": BullseyePolytopeAttack, "convex": ConvexPolytopeAttack}


def network(X, y, epochs, seed):
    net = NeuralNetClassifier(
        ResNet8,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.9,
        optimizer__nesterov=True,
        optimizer__weight_decay=5e-4,
        lr=0.3,
        batch_size=256,
        max_epochs=epochs,
        iterator_train=AugmentedBatches,
        train_split=None,
        callbacks=[("rate", TriangularRate(end=0.01))],
    )
    return NetEmbedding(net, random_state=seed).fit(X, y)


def draw(X, y, seed):
    """Training rows and targets, none of which a network was trained on."""
    order = np.random.default_rng(seed).permutation(len(y))
    rows, rest = order[:N_ROWS], order[N_ROWS:]
    return X[rows], y[rows], X[rest[y[rest] == FROG][:N_TARGETS]]


def poisoned(X, y, targets, attack, surrogate, seed):
    attack = ATTACKS[attack](
        [surrogate.feature_extractor()],
        poison_class=SHIP,
        n_poisons=5,
        eps=0.1,
        max_iter=150,
        random_state=seed,
    )
    poisons = attack.craft(X[N_TRUSTED:], y[N_TRUSTED:], targets)
    poisons = poisons.reshape(-1, *X.shape[1:])
    is_poison = np.arange(len(X) + len(poisons)) >= len(X)
    X = np.concatenate([X, poisons])
    return X, np.append(y, np.full(len(poisons), SHIP)), is_poison


def measure(X, y, is_poison, seed):
    """Every defense on the features of a draw."""
    trusted = np.arange(len(y)) < N_TRUSTED
    machine = make_sklearn_pipeline(StandardScaler(), SVC())
    filters = {
        "flag nothing": None,
        "trusted SVC": TrustedDisagreementFilter(machine, random_state=seed),
        "De-Pois": DePoisFilter(max_iter=300, random_state=seed),
    }
    for name, filter in filters.items():
        start = time.process_time()
        kept, scores = np.ones(len(y), dtype=bool), np.zeros(len(y))
        if filter is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                filter.fit(X, y, trusted=trusted)
            kept, scores = filter.inlier_mask_, filter.sample_scores_
        seconds = time.process_time() - start
        report = filter_report(
            is_poison[~trusted], kept[~trusted], scores=scores[~trusted]
        )
        figures = {metric: report[metric] for metric in METRICS}
        yield {"defense": name, **figures, "seconds": seconds}


if __name__ == "__main__":
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    parser.add_argument("--attacks", nargs="+", choices=ATTACKS, default=["bullseye"])
    parser.add_argument("--epochs", type=int, default=8)
    given = parser.parse_args()
    cifar10 = fetch_cifar10()
    images, y = cifar10.images.transpose(0, 3, 1, 2), cifar10.target
    X = images.astype(np.float32) / 255
    nets = {}
    for i, knowledge in enumerate(("white box", "transfer")):
        rows = slice(i * N_NET, (i + 1) * N_NET)
        start = time.process_time()
        nets[knowledge] = network(X[rows], y[rows], given.epochs, seed=i)
        print(f"network {i}: {time.process_time() - start:.0f} CPU s", flush=True)
    X, y = X[2 * N_NET :], y[2 * N_NET :]
    cells = []
    for seed in given.seeds:
        clean_X, clean_y, targets = draw(X, y, seed)
        for attack in given.attacks:
            for knowledge, surrogate in nets.items():
                rows = poisoned(clean_X, clean_y, targets, attack, surrogate, seed)
                features = nets["white box"].transform(rows[0])
                for cell in measure(features, rows[1], rows[2], seed):
                    cells.append({"attack": f"{attack}, {knowledge}", **cell})
        print(f"draw {seed}", cells[-1], flush=True)
    frame = pd.DataFrame(cells)
    for attack, part in frame.groupby("attack", sort=False):
        print(f"\n{attack}\n")
        groups = part.groupby("defense", sort=False)[[*METRICS, "seconds"]]
        print(markdown_table(groups.agg(with_interval)), flush=True)

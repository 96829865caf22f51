"""De-Pois on features of CIFAR-10 against clean-label poison.

    SKPOISON_DATA_HOME=... python -m tests.benchmarks.bench_depois_cifar10

Two ResNet-8 are trained on clean images: the attacker's on 10,000, the defender's on
as many others or, with --defender-rows, on more. A draw is 2,000 training images that
neither has seen, of which a fifth is trusted, and five poisons for each of twelve
targets, crafted with the attacker's network ("transfer") or with the defender's ("white
box"). Rows are judged that are not trusted. Training a network takes about two CPU
minutes per 10,000 images, a draw about one. Networks are kept in a folder and cells in
a file.
"""

import argparse
import os
import time
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
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
from skpoison.evaluation import markdown_table, run_experiment, with_interval
from skpoison.metrics import filter_report

from .bench_depois_images import METRICS

N_NET = 10_000
N_ROWS, N_TRUSTED, N_TARGETS = 2000, 400, 12
SHIP, FROG = 8, 6
ATTACKS = {"bullseye": BullseyePolytopeAttack, "convex": ConvexPolytopeAttack}
OWNERS = {"white box": "defender", "transfer": "attacker"}
DEFENSES = ["flag nothing", "trusted SVC", "De-Pois"]


@dataclass
class Setting:
    attack: str
    knowledge: str
    defender_rows: int
    epochs: int
    max_iter: int
    seed: int


@cache
def images():
    cifar10 = fetch_cifar10()
    return np.float32(cifar10.images.transpose(0, 3, 1, 2)) / 255, cifar10.target


def rows_of(owner, defender_rows):
    """Positions of the images that a network is trained on, or that none is."""
    rows = np.arange(len(images()[1]))
    first_unseen, last = 2 * N_NET, len(rows) - (defender_rows - N_NET)
    return {
        "defender": np.append(rows[:N_NET], rows[last:]),
        "attacker": rows[N_NET:first_unseen],
        "nobody": rows[first_unseen:last],
    }[owner]


def skorch_net(epochs):
    return NeuralNetClassifier(
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
        verbose=0,
    )


@cache
def network(owner, defender_rows, epochs, folder):
    """The frozen embedding of a network, trained unless the folder has it."""
    (X, y), rows = images(), rows_of(owner, defender_rows)
    path = folder / f"resnet8-{owner}-{len(rows)}rows-{epochs}epochs.pt"
    if not path.exists():
        start = time.process_time()
        seed = list(OWNERS.values()).index(owner)
        trained = NetEmbedding(skorch_net(epochs), random_state=seed)
        trained.fit(X[rows], y[rows])
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        torch.save(trained.module_.state_dict(), unfinished)
        unfinished.rename(path)
        print(f"{path.stem}: {time.process_time() - start:.0f} CPU s", flush=True)
    module = ResNet8()
    module.load_state_dict(torch.load(path, weights_only=True))
    return NetEmbedding(module.eval(), frozen=True).fit(X[:2])


def draw(defender_rows, seed):
    """Training rows and targets, none of which a network was trained on."""
    unseen = rows_of("nobody", defender_rows)
    X, y = (array[unseen] for array in images())
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


def verdict(name, setting, X, y, trusted):
    """Kept rows and scores of a defense, on features."""
    if name == "flag nothing":
        return np.ones(len(y), dtype=bool), np.zeros(len(y))
    if name == "trusted SVC":
        machine = make_sklearn_pipeline(StandardScaler(), SVC())
        filter = TrustedDisagreementFilter(machine, random_state=setting.seed)
    else:
        filter = DePoisFilter(max_iter=setting.max_iter, random_state=setting.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        filter.fit(X, y, trusted=trusted)
    return filter.inlier_mask_, filter.sample_scores_


def measurement(folder):
    def measure(setting, defenses):
        torch.set_num_threads(1)
        embedding, surrogate = (
            network(owner, setting.defender_rows, setting.epochs, folder)
            for owner in ("defender", OWNERS[setting.knowledge])
        )
        clean = draw(setting.defender_rows, setting.seed)
        X, y, is_poison = poisoned(*clean, setting.attack, surrogate, setting.seed)
        X, trusted = embedding.transform(X), np.arange(len(y)) < N_TRUSTED
        for name in defenses:
            start = time.process_time()
            kept, scores = verdict(name, setting, X, y, trusted)
            seconds = time.process_time() - start
            report = filter_report(
                is_poison[~trusted], kept[~trusted], scores=scores[~trusted]
            )
            figures = {metric: report[metric] for metric in METRICS}
            yield figures | {"seconds": seconds}

    return measure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    parser.add_argument("--attacks", nargs="+", choices=ATTACKS, default=["bullseye"])
    parser.add_argument("--knowledge", nargs="+", choices=OWNERS, default=OWNERS)
    parser.add_argument("--defender-rows", type=int, default=N_NET)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--max-iter", type=int, default=300)
    parser.add_argument("--cells", default="results/depois-cifar10")
    parser.add_argument("--networks", type=Path, default="results/networks")
    given = parser.parse_args()
    for attack in given.attacks:
        for knowledge in given.knowledge:
            settings = [
                Setting(
                    attack,
                    knowledge,
                    given.defender_rows,
                    given.epochs,
                    given.max_iter,
                    seed,
                )
                for seed in given.seeds
            ]
            cells = run_experiment(
                measurement(given.networks), settings, DEFENSES, given.cells, n_jobs=1
            )
            print(f"\n{attack}, {knowledge}\n")
            groups = cells.groupby("defense", sort=False)[[*METRICS, "seconds"]]
            print(markdown_table(groups.agg(with_interval)), flush=True)

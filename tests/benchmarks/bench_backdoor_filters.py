"""What filters recover of a backdoor, from what a network that learned it sees.

5,000 images of MNIST, 500 of each digit, and copies of images of other digits with a
bright patch and one label: 5 % of the class with that label, or 5 % of all rows, which
is a third of that class. A small convolutional network learns all of them; the filters
see its last hidden layer, and are told the share of poison in the class. Or, closer to
how spectral signatures were published, 5 % of that class, all from one other class,
among 1,000 images of each digit, with a larger patch, and a network that normalises
batches and sums its last layer up by averages over the image, as residual networks do.
Settings were chosen on seeds 0 - 2.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_backdoor_filters --cells cells

A run that was stopped goes on where it was.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.preprocessing import Normalizer
from skorch import NeuralNetClassifier

from skpoison.attacks import BackdoorAttack
from skpoison.base import PoisonedData
from skpoison.datasets import fetch_mnist
from skpoison.defenses import (
    ActivationClusteringFilter,
    PanelFilter,
    RandomEvictionFilter,
    SpectralSignatureFilter,
    SpectreFilter,
)
from skpoison.embedding import NetEmbedding
from skpoison.evaluation import markdown_table, mean_and_interval, run_experiment
from skpoison.metrics import filter_report
from skpoison.pipeline import make_pipeline

# A network is trained anew on what these filters keep.
RETRAINED = ("SPECTRE", "activation clustering, reclassified")


class ConvNet(torch.nn.Sequential):
    """Two convolutions, 128 features, ten logits."""

    def __init__(self):
        super().__init__(
            torch.nn.Conv2d(1, 16, 5),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(16, 32, 5),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(512, 128),
            torch.nn.ReLU(),
            torch.nn.Linear(128, 10),
        )


class PooledConvNet(torch.nn.Sequential):
    """Three normalised convolutions, their 128 averages over the image, ten logits."""

    def __init__(self):
        super().__init__(
            *self._convolution(1, 32),
            torch.nn.MaxPool2d(2),
            *self._convolution(32, 64),
            torch.nn.MaxPool2d(2),
            *self._convolution(64, 128),
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
            torch.nn.Linear(128, 10),
        )

    @staticmethod
    def _convolution(n_in, n_out):
        return (
            torch.nn.Conv2d(n_in, n_out, 3, padding=1),
            torch.nn.BatchNorm2d(n_out),
            torch.nn.ReLU(),
        )


@dataclass
class Poison:
    """The share of the class that is poison, what it is made of, and who learns it."""

    share: float
    one_source: bool = False
    n_per_class: int = 500
    patch_size: int = 3
    network: type[torch.nn.Module] = ConvNet
    n_epochs: int = 10


POISONS = {
    "5 % of a class": Poison(0.05),
    "5 % of all rows": Poison(1 / 3),
    "5 % of a class, of one other": Poison(0.05, True, 1000, 5, PooledConvNet, 12),
}


@dataclass
class Setting:
    """A draw of the images, the poison and the weights."""

    poison: str
    seed: int


def network(poison):
    return NeuralNetClassifier(
        poison.network,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        batch_size=64,
        max_epochs=poison.n_epochs,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def draw(setting):
    """Poisoned images, the attack, test images, and those of them to write over."""
    rng = np.random.default_rng(setting.seed)
    X, y = fetch_mnist(return_X_y=True)
    X = X.reshape(-1, 1, 28, 28).astype(np.float32)
    X /= X.max()
    y = y.astype(np.int64)
    poison = POISONS[setting.poison]
    n = poison.n_per_class
    rows = np.concatenate(
        [rng.permutation(np.flatnonzero(y == c))[: 2 * n] for c in range(10)]
    ).reshape(10, 2, n)
    train, test = rows[:, 0].ravel(), rows[:, 1].ravel()
    poison_class = int(rng.integers(10))
    sources = np.delete(np.arange(10), poison_class)
    if poison.one_source:
        sources = rng.choice(sources, 1)
    attack = BackdoorAttack(
        poison_class=poison_class,
        rate=poison.share / (1 - poison.share) / (len(sources) + 1),
        patch_size=poison.patch_size,
        random_state=setting.seed,
    )
    given = train[np.isin(y[train], [poison_class, *sources])]
    poisoned, rest = attack.fit_poison(X[given], y[given]), np.setdiff1d(train, given)
    everything = PoisonedData(
        np.concatenate([X[rest], poisoned.X]),
        np.concatenate([y[rest], poisoned.y]),
        np.concatenate([np.zeros(len(rest), dtype=bool), poisoned.is_poison]),
    )
    return everything, attack, (X[test], y[test]), X[test][np.isin(y[test], sources)]


def filters(poison, of_all, seed, embedding):
    """The filters of activations, and that of images."""
    share = poison.share
    return {
        "random eviction": RandomEvictionFilter(
            min(1.5 * share, 0.5), random_state=seed
        ),
        "spectral signatures": SpectralSignatureFilter(share),
        "spectral signatures, unit length": make_pipeline(
            Normalizer(), SpectralSignatureFilter(share)
        ),
        "SPECTRE": SpectreFilter(min(share, 0.3)),
        "activation clustering": ActivationClusteringFilter(random_state=seed),
        "activation clustering, reclassified": ActivationClusteringFilter(
            NetEmbedding(embedding.module_, frozen=True),
            estimator=network(poison),
            min_silhouette=-1,
            random_state=seed,
        ),
        "panel": PanelFilter(contamination=1.5 * of_all, random_state=seed),
    }


NAMES = [
    "flag nothing",
    "random eviction",
    "spectral signatures",
    "spectral signatures, unit length",
    "SPECTRE",
    "activation clustering",
    "activation clustering, reclassified",
    "panel",
]


def measure(setting, names):
    """Rows found by each filter, and what a network of the others does."""
    poison = POISONS[setting.poison]
    poisoned, attack, (X_test, y_test), sources = draw(setting)
    X, y = poisoned.X.astype(np.float32), poisoned.y
    embedding = NetEmbedding(network(poison), random_state=setting.seed).fit(X, y)
    activations = embedding.transform(X)
    triggered = attack.apply_trigger(sources).astype(np.float32)
    table = filters(poison, poisoned.is_poison.mean(), setting.seed, embedding)
    for name in names:
        begin = time.process_time()
        kept = np.ones(len(y), dtype=bool)
        if name != "flag nothing":
            images = "reclassified" in name
            verdict = table[name].fit_predict(X if images else activations, y)
            kept = verdict == 1
        seconds = time.process_time() - begin
        report = filter_report(poisoned.is_poison, kept)
        record = {
            "recall": 100 * report["n_poisons_removed"] / report["n_poisons"],
            "clean_removed": report["clean_removed"],
            "accuracy": np.nan,
            "success": np.nan,
            "seconds": seconds,
        }
        if name in ("flag nothing", *RETRAINED):
            victim = embedding
            if not kept.all():
                victim = NetEmbedding(network(poison), random_state=setting.seed + 100)
                victim.fit(X[kept], y[kept])
            record["accuracy"] = 100 * np.mean(victim.net_.predict(X_test) == y_test)
            fooled = victim.net_.predict(triggered) == attack.poison_class
            record["success"] = 100 * np.mean(fooled)
        yield record


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", default="cells", metavar="FOLDER")
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 15))
    parser.add_argument("--filters", nargs="+", default=NAMES, choices=NAMES)
    parser.add_argument("--poison", nargs="+", default=list(POISONS), choices=POISONS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = [Setting(p, seed) for seed in options.seeds for p in options.poison]
    frame = run_experiment(measure, settings, options.filters, options.cells, n_jobs=1)
    for value in ("recall", "clean_removed", "success", "accuracy", "seconds"):
        table = mean_and_interval(frame, "defense", "poison", value, digits=1)
        print(f"\n{value}\n\n{markdown_table(table)}", flush=True)


if __name__ == "__main__":
    main()

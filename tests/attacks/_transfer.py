"""A small network on digits, and a victim that fine-tunes its head on 300 rows."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import torch
from sklearn.datasets import load_digits

from skpoison.evaluation import LinearProbes

N_TUNE_PER_CLASS, N_PRETRAIN = 30, 900


@cache
def digits(seed=0):
    """The setting: split, pre-trained extractor and head. Not to be modified."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    order = np.random.RandomState(seed).permutation(len(y))
    rank = np.zeros(len(y), dtype=int)
    for label in range(10):
        rank[order[y[order] == label]] = np.arange(np.sum(y == label))
    tune = order[rank[order] < N_TUNE_PER_CLASS]
    rest = order[rank[order] >= N_TUNE_PER_CLASS]
    pretrain, test = rest[:N_PRETRAIN], rest[N_PRETRAIN:]
    extractor, head = pretrained(X[pretrain], y[pretrain], seed)
    return SimpleNamespace(
        X=X[tune],
        y=y[tune],
        X_test=X[test],
        y_test=y[test],
        extractor=extractor,
        head=head,
    )


def pretrained(X, y, seed, dropout=0.0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        extractor = torch.nn.Sequential(
            torch.nn.Linear(64, 128),
            torch.nn.ReLU(),
            torch.nn.Dropout(dropout),
            torch.nn.Linear(128, 64),
            torch.nn.ReLU(),
        )
        head = torch.nn.Linear(64, 10)
        net = torch.nn.Sequential(extractor, head)
        adam = torch.optim.Adam(net.parameters(), lr=2e-3)
        X, y = torch.tensor(X), torch.tensor(y)
        for _ in range(30):
            for batch in torch.randperm(len(y)).split(64):
                adam.zero_grad()
                torch.nn.functional.cross_entropy(net(X[batch]), y[batch]).backward()
                adam.step()
    return extractor.eval(), head


def features(extractor, X):
    with torch.no_grad():
        return extractor(torch.tensor(np.asarray(X, dtype=np.float32)))


def fine_tuned(X, y, keep_masks, seed):
    """Victims whose pre-trained head went on training on some of these rows."""
    d = digits(seed)
    coef, intercept = (p.detach().numpy() for p in (d.head.weight, d.head.bias))
    probes = LinearProbes(random_state=0)
    return probes.fit(
        features(d.extractor, X),
        y,
        keep_masks,
        coef_init=coef,
        intercept_init=intercept,
    )


@cache
def targets(of_class, n=10, seed=0):
    """Test rows of a class that the victim fine-tuned on clean rows gets right."""
    d = digits(seed)
    clean = fine_tuned(d.X, d.y, np.ones((1, len(d.y)), dtype=bool), seed)
    right = clean.predict(features(d.extractor, d.X_test))[0] == d.y_test
    return d.X_test[right & (d.y_test == of_class)][:n]


def n_fooled(poisons, X_targets, poison_class, seed=0):
    """How many victims, one per set of poisons, take the target for poison_class."""
    d, (n_sets, n_poisons) = digits(seed), poisons.shape[:2]
    victims = fine_tuned(
        np.concatenate([d.X, poisons.reshape(-1, d.X.shape[1])]),
        np.concatenate([d.y, np.full(n_sets * n_poisons, poison_class)]),
        np.hstack(
            [
                np.ones((n_sets, len(d.y)), dtype=bool),
                np.repeat(np.eye(n_sets, dtype=bool), n_poisons, axis=1),
            ]
        ),
        seed,
    )
    predicted = victims.predict(features(d.extractor, X_targets))
    return np.sum(np.diag(predicted) == poison_class)

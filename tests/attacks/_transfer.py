"""A small network on digits, and a victim that fine-tunes its head on 300 rows."""

from copy import deepcopy
from functools import cache
from types import SimpleNamespace

import numpy as np
import torch
from sklearn.datasets import load_digits

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
        descend(net, torch.tensor(X), torch.tensor(y), adam, n_epochs=30)
    return extractor.eval(), head


def fine_tuned(features, y, head, seed=0):
    """The head after it went on training on these rows alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = deepcopy(head)
        adam = torch.optim.Adam(head.parameters(), lr=0.1)
        schedule = torch.optim.lr_scheduler.MultiStepLR(adam, [30, 45])
        descend(head, features, torch.tensor(y), adam, 60, schedule)
    return head


def descend(net, X, y, optimizer, n_epochs, schedule=None):
    for _ in range(n_epochs):
        for batch in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(X[batch]), y[batch]).backward()
            optimizer.step()
        if schedule is not None:
            schedule.step()


def features(extractor, X):
    with torch.no_grad():
        return extractor(torch.tensor(np.asarray(X, dtype=np.float32)))


def prediction(extractor, head, X):
    with torch.no_grad():
        return head(features(extractor, X)).argmax(dim=1).numpy()


@cache
def targets(of_class, n=10, seed=0):
    """Test rows of a class that the victim fine-tuned on clean rows gets right."""
    d = digits(seed)
    clean = fine_tuned(features(d.extractor, d.X), d.y, d.head)
    right = prediction(d.extractor, clean, d.X_test) == d.y_test
    return d.X_test[right & (d.y_test == of_class)][:n]


def n_fooled(poisons, X_targets, poison_class, seed=0):
    """How many victims, one per set of poisons, take the target for poison_class."""
    d = digits(seed)
    clean = features(d.extractor, d.X)
    labels = np.concatenate([d.y, np.full(len(poisons[0]), poison_class)])
    total = 0
    for X_poison, target in zip(poisons, X_targets):
        rows = torch.cat([clean, features(d.extractor, X_poison)])
        victim = fine_tuned(rows, labels, d.head)
        total += prediction(d.extractor, victim, target[None])[0] == poison_class
    return total

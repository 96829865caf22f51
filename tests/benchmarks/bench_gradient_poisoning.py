"""The gradient attack on digits: accuracy after fine-tuning, and time to craft.

An MLP 64-64-10 of 1,257 digits is fine-tuned by ten steps on 20 points. Mean over ten
splits with the 95 % interval by Student's t; CPU seconds of the crafting alone. Beside
each attack stand the wrong labels alone, and what is left of the harm where clean rows
are mixed in and where the victim trains from scratch. Last comes the same gradient by
finite differences. Run: python -m tests.benchmarks.bench_gradient_poisoning
"""

import time

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from torch import nn

from skpoison.attacks import GradientPoisoningAttack
from skpoison.attacks._gradient._fine_tuning import FineTuning
from skpoison.attacks._gradient._victim import Victim
from skpoison.embedding import MLP
from skpoison.evaluation import with_interval

SEEDS = range(10)
ATTACKS = {
    "direct": {},
    "direct, the authors' 5 steps of .2": {"step": 0.2, "max_iter": 5},
    "direct, random labels": {"y_poison": "random"},
    "auto-encoder, exact gradient": {"method": "generative"},
    "auto-encoder, 100 steps": {"method": "generative", "max_iter": 100},
    "auto-encoder, the authors' heuristic": {
        "method": "generative",
        "feedback": "heuristic",
    },
}
COLUMNS = ("before", "wrong labels", "poison", "100 clean rows mixed in", "retrained")
N_POISONS, N_MIXED_IN, WIDTH = 20, 100, 1e-3


def split(seed):
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)


def trained(X, y, seed):
    torch.manual_seed(seed)
    return NeuralNetClassifier(
        MLP(64, 10, hidden=(64,)),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=3e-3,
        max_epochs=30,
        train_split=None,
        verbose=0,
    ).fit(X, y)


def accuracy(module, X, y):
    with torch.no_grad():
        return np.mean(module(torch.tensor(X)).argmax(dim=1).numpy() == y)


def attack_once(net, seed, params):
    X, X_test, y, y_test = split(seed)
    attack = GradientPoisoningAttack(
        net, n_poisons=N_POISONS, device="cpu", random_state=seed, **params
    )
    start = time.process_time()
    poisoned = attack.fit_poison(X, y)
    seconds = time.process_time() - start
    initial, labels = attack.initial_data_.X[-N_POISONS:], attack.y_poison_
    mixed = (
        np.concatenate([attack.X_poison_, X[:N_MIXED_IN]]),
        np.concatenate([labels, y[:N_MIXED_IN]]),
    )
    modules = (
        net.module_,
        attack.fine_tune(initial, labels),
        attack.fine_tune(attack.X_poison_, labels),
        attack.fine_tune(*mixed),
        trained(poisoned.X, poisoned.y, seed).module_,
    )
    return [*(accuracy(module, X_test, y_test) for module in modules), seconds]


def time_gradients(net, n_coordinates=64):
    """Seconds of the exact gradient, and of forward differences, scaled up."""
    X, _, y, _ = split(0)
    judged, labels = torch.tensor(X), torch.tensor(y)
    victim = Victim(net, torch.device("cpu"))
    tuning = FineTuning(victim, judged, labels, n_steps=10, lr=0.05)
    x, wrong = torch.tensor(X[:N_POISONS]), torch.tensor((y[:N_POISONS] + 1) % 10)

    def harm(x):
        with torch.no_grad():
            logits = victim.logits(tuning.parameters_after(x, wrong), judged)
            return nn.functional.cross_entropy(logits, labels)

    start = time.process_time()
    for _ in range(10):
        tuning.harm_after(x, wrong)
    exact = (time.process_time() - start) / 10
    start = time.process_time()
    for i in range(n_coordinates):
        nudged = x.clone()
        nudged.view(-1)[i] += WIDTH
        harm(nudged)
    one = (time.process_time() - start) / n_coordinates
    return exact, one * (1 + x.numel())


def main():
    torch.set_num_threads(1)
    nets = {}
    for seed in SEEDS:
        X, _, y, _ = split(seed)
        nets[seed] = trained(X, y, seed)
    print("| attack |", " | ".join(COLUMNS), "| seconds |")
    print("|", " --- |" * (len(COLUMNS) + 2))
    for name, params in ATTACKS.items():
        runs = np.transpose([attack_once(nets[s], s, params) for s in SEEDS])
        cells = [with_interval(values) for values in runs]
        print(f"| {name} |", " | ".join(cells), "|", flush=True)
    exact, differences = time_gradients(nets[0])
    print(
        f"one gradient: {exact:.3f} s, by finite differences {differences:.3f} s "
        f"({differences / exact:.0f} times)"
    )


if __name__ == "__main__":
    main()

"""An attacker who moves his rows along the gradient of a critic past De-Pois.

x <- clip(x + eps sign(gradient), low, high), of "Breaking the De-Pois Poisoning
Defense" (arXiv 2204.01090), against the threshold of DePoisFilter, each row until the
critic in the attacker's hands lets it pass. The rows are the flips farthest from the
boundary of a support vector machine. *white box*: the critics of the filter itself,
fitted to the poisoned rows, twice over; *distilled*: a network that has learned the
scores of the filter for the attacker's own clean rows, with every label and noise; *own
critic*: one that he trains on as many clean rows as the filter trusts, without a
question to the filter; *none*: the flips where they were.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_adaptive_depois

takes about ten minutes of one core. A run that was stopped goes on where it was.
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from sklearn.base import clone
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVC

from skpoison.defenses import DePoisFilter
from skpoison.evaluation import markdown_table, mean_and_interval, run_experiment
from skpoison.generative import HingeCritic

from .bench_annealed_trust import draw_rows, flip_labels

DATA = ("fourclass", "mnist")
ATTACKS = ("none", "white box", "distilled", "own critic")
RATE, TRUSTED, N_STEPS = 1 / 6, 0.2, 40
# Of the range of a feature in a step, and the deviations above the threshold.
STEP, MARGIN = 0.01, 0.5
# The scores of rows that are far from passing tell nothing of the threshold.
LEAST, MOST = -10.0, 5.0
N_COPIES, NOISE = 8, 0.05
FIGURES = (
    "moved",
    "label is right",
    "removed",
    "clean removed",
    "undefended",
    "defended",
    "perfect",
)


@dataclass
class Setting:
    """Rows of a data set, a sixth of them flipped."""

    data: str
    seed: int


def draw(setting):
    """Training rows with flips, the attacker's own clean rows, and test rows."""
    rng = np.random.default_rng([setting.seed, DATA.index(setting.data)])
    X, y = draw_rows(setting.data, rng)
    # A fifth of the rows is the attacker's: three fifths are the filter's.
    own, train, test = np.split(np.arange(len(y)), [len(y) // 5, 4 * len(y) // 5])
    trusted = np.arange(len(train)) < round(TRUSTED * len(train))
    machine = SVC(C=10, gamma=10 if setting.data == "fourclass" else "scale")
    flipped = y[train].copy()
    flipped[~trusted] = flip_labels(
        "far", X[train][~trusted], y[train][~trusted], RATE, machine, rng
    )
    return (
        (X[train], y[train], flipped, trusted),
        (X[own], y[own]),
        (X[test], y[test]),
        machine,
    )


class CriticSurrogate:
    """D of the label less D of the best other one, and its gradient."""

    def __init__(self, critic, score=None):
        self.critic = critic
        self.score = self._lead if score is None else score

    def gradient(self, X, y):
        _, other = self._own_and_other(X, y)
        gradient = self.critic.score_gradient
        return gradient(X, y) - gradient(X, self.critic.classes_[other[1]])

    def _lead(self, X, y):
        own, other = self._own_and_other(X, y)
        return own - other[0]

    def _own_and_other(self, X, y):
        """Score of the label, and score and position of the best other one."""
        scores = self.critic.label_scores(X).mean(axis=0)
        at = np.arange(len(y)), np.searchsorted(self.critic.classes_, y)
        own = scores[at]
        scores[at] = -np.inf
        return own, (scores.max(axis=1), scores.argmax(axis=1))


class DistilledSurrogate:
    """A network that has learned the scores of a filter."""

    def __init__(self, filter, X, y, seed):
        rng = np.random.default_rng(seed)
        self.classes = np.unique(y)
        scale = X.std(axis=0)
        rows = np.repeat(X, N_COPIES, axis=0)
        rows += NOISE * scale * rng.normal(size=rows.shape)
        rows = np.repeat(rows, len(self.classes), axis=0)
        labels = np.tile(self.classes, len(rows) // len(self.classes))
        self.mean, self.scale = X.mean(axis=0), scale.mean()
        scores = np.clip(filter.score_samples(rows, labels), LEAST, MOST)
        self.net = MLPRegressor(
            hidden_layer_sizes=(64, 64), early_stopping=True, random_state=seed
        )
        self.net.fit(self._inputs(rows, labels), scores)

    def _inputs(self, X, y):
        return np.hstack(
            [(X - self.mean) / self.scale, 2.0 * (y[:, None] == self.classes)]
        )

    def score(self, X, y):
        return self.net.predict(self._inputs(X, y))

    def gradient(self, X, y):
        inputs, active = self._inputs(X, y), []
        for weights, bias in zip(self.net.coefs_[:-1], self.net.intercepts_):
            inputs = inputs @ weights + bias
            active.append(inputs > 0)
            inputs = inputs * active[-1]
        gradient = np.ones((len(X), 1))
        for weights, on in zip(self.net.coefs_[:0:-1], active[::-1]):
            gradient = (gradient @ weights.T) * on
        return (gradient @ self.net.coefs_[0].T)[:, : X.shape[1]]


def move(surrogate, X, y, goal, low, high):
    """Each row, until the surrogate gives it the score of the goal."""
    X, step = X.copy(), STEP * (high - low)
    for _ in range(N_STEPS):
        far = surrogate.score(X, y) < goal
        if not far.any():
            break
        gradient = surrogate.gradient(X[far], y[far])
        X[far] = np.clip(X[far] + step * np.sign(gradient), low, high)
    return X


def measure(setting, attacks):
    warnings.simplefilter("ignore")
    (X, y, flipped, trusted), (X_own, y_own), (X_test, y_test), machine = draw(setting)
    is_flip = flipped != y
    low, high = X.min(axis=0), X.max(axis=0)
    judge_of_truth = clone(machine).fit(np.vstack([X, X_own]), np.append(y, y_own))
    filter = DePoisFilter(random_state=setting.seed)

    def fit(rows):
        return clone(filter).fit(rows, flipped, trusted=trusted)

    def with_moved(rows):
        moved = X.copy()
        moved[is_flip] = rows
        return moved

    def accuracy(rows, kept):
        return clone(machine).fit(rows[kept], flipped[kept]).score(X_test, y_test)

    start = time.process_time()
    first, labels = fit(X), flipped[is_flip]
    goal = first.offset_ + MARGIN
    for attack in attacks:
        rows, fitted = X[is_flip], first
        if attack == "white box":
            for _ in range(2):
                critic = CriticSurrogate(fitted.critic_, fitted.score_samples)
                rows = move(critic, rows, labels, goal, low, high)
                fitted = fit(with_moved(rows))
        elif attack == "distilled":
            net = DistilledSurrogate(first, X_own, y_own, setting.seed)
            rows = move(net, rows, labels, goal, low, high)
            fitted = fit(with_moved(rows))
        elif attack == "own critic":
            n_own = trusted.sum()
            critic = HingeCritic(random_state=setting.seed)
            critic.fit(X_own[:n_own], y_own[:n_own])
            own = CriticSurrogate(critic)
            # The margin of the hinge: his critic knows no other threshold.
            rows = move(own, rows, labels, 1.0, low, high)
            fitted = fit(with_moved(rows))
        moved, kept = with_moved(rows), fitted.inlier_mask_
        scale = np.linalg.norm(X.std(axis=0))
        seconds, start = time.process_time() - start, time.process_time()
        yield {
            "moved": np.linalg.norm(rows - X[is_flip], axis=1).mean() / scale,
            "label is right": np.mean(judge_of_truth.predict(rows) == labels),
            "removed": np.mean(~kept[is_flip]),
            "clean removed": np.mean(~kept[~is_flip & ~trusted]),
            "undefended": accuracy(moved, np.ones(len(y), dtype=bool)),
            "defended": accuracy(moved, kept),
            "perfect": accuracy(moved, ~is_flip),
            "seconds": seconds,
        }


def show(cells):
    for data, part in cells.groupby("data", sort=False):
        print(f"\n{data}\n")
        long = part.rename(columns={"defense": "critic"})
        long = long.melt(["critic", "seed"], FIGURES, "figure", "value")
        print(markdown_table(mean_and_interval(long, "critic", "figure", "value")))
    print(f"\n{cells['seconds'].sum():.0f} CPU seconds")


if __name__ == "__main__":
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=Path, default=Path("adaptive_depois"))
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    parser.add_argument("--seeds", type=int, nargs="+", default=range(10, 20))
    given = parser.parse_args()
    grid = [Setting(*cell) for cell in product(given.data, given.seeds)]
    show(run_experiment(measure, grid, list(ATTACKS), given.cells, n_jobs=1))

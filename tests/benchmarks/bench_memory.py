"""Memory and time at 30,000 rows of what once held matrices of n_samples ** 2 numbers.

Growth of the resident memory from the data at hand to the peak, and CPU seconds, each
case in a process of its own. "cluster" is ended after the first of its six placements,
for which libsvm trains 32 of some 290 machines. "agreement" compares the verdicts of
DUTI for many rows with those for few, on as many rows as --rows says.
Run: python -m tests.benchmarks.bench_memory [flips] [duti] [agreement] [--rows 2000]
"""

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from sklearn import config_context
from sklearn.datasets import make_blobs

from skpoison.attacks import LabelFlipAttack
from skpoison.datasets import fetch_mnist
from skpoison.defenses import DUTIFilter
from skpoison.metrics import filter_report

N_SAMPLES = 30_000
FLIP_RATE = 0.02


def blobs(n_features):
    """Two classes of two blobs each, which overlap a little."""
    spread = {2: 1.0, 20: 5.0}[n_features]
    X, y = make_blobs(
        N_SAMPLES,
        n_features=n_features,
        centers=4,
        cluster_std=spread,
        random_state=0,
    )
    return X, y % 2


def ones_and_sevens():
    X, y = fetch_mnist(return_X_y=True)
    rows = np.isin(y, [1, 7])
    return X[rows].reshape(rows.sum(), -1) / 255, (y[rows] == 7).astype(int)


DATA = {
    "blobs, 2 features": lambda: blobs(2),
    "blobs, 20 features": lambda: blobs(20),
    "MNIST, 1 and 7": ones_and_sevens,
}


class EndAfterOneIteration:
    """A callback for what would take hours."""

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "iteration"


def flips(strategy, X, y):
    attack = LabelFlipAttack(strategy=strategy, rate=FLIP_RATE, random_state=0)
    if strategy == "cluster":
        attack.set_callbacks(EndAfterOneIteration())
    return measured(lambda: attack.fit_poison(X, y)), ""


def poisoned(task, X, y):
    """Wrong labels, or shifted values, in a half-space of the first class."""
    rng = np.random.default_rng(0)
    trusted = rng.random(len(y)) < 0.05
    direction = X @ rng.normal(size=X.shape[1])
    wrong = ~trusted & (y == 0) & (direction > np.median(direction[y == 0]))
    if task == "classification":
        y = np.where(wrong, 1, y)
    else:
        scaled = (direction - direction.mean()) / direction.std()
        y = np.sin(scaled) + 0.1 * rng.normal(size=len(y)) + wrong
    share = None if task == "classification" else wrong.sum() / np.sum(~trusted)
    return y, wrong, trusted, DUTIFilter(task, contamination=share, random_state=0)


def duti(task, X, y):
    y, wrong, trusted, poison_filter = poisoned(task, X, y)
    figures = measured(lambda: poison_filter.fit(X, y, trusted=trusted))
    report = filter_report(wrong[~trusted], poison_filter.inlier_mask_[~trusted])
    return figures, f"{report['recall']:.3f}, {report['precision']:.3f}"


def agreement(task, data, n_samples):
    """How many verdicts are the same with all of the memory and with hardly any."""
    X, y = DATA[data]()
    rows = np.random.default_rng(0).permutation(len(y))[:n_samples]
    X = X[rows]
    y, wrong, trusted, poison_filter = poisoned(task, X, y[rows])
    masks, seconds, found = [], [], []
    for memory in (10**6, 1):
        start = time.process_time()
        with config_context(working_memory=memory):
            masks.append(poison_filter.fit(X, y, trusted=trusted).inlier_mask_)
        seconds.append(time.process_time() - start)
        report = filter_report(wrong[~trusted], masks[-1][~trusted])
        found.append(f"{report['recall']:.3f}, {report['precision']:.3f}")
    return (
        f"| {task} | {data} | {len(y)} | {np.mean(masks[0] == masks[1]):.2%} | "
        f"{seconds[0]:.1f} | {seconds[1]:.1f} | {found[0]} | {found[1]} |"
    )


SUBJECTS = {
    "flips": (flips, ("tilt", "alfa", "cluster")),
    "duti": (duti, ("classification", "regression")),
}


def measured(task):
    """Growth of the resident memory in MB, and CPU seconds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    before = pages * resource.getpagesize()
    start = time.process_time()
    task()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (peak - before) / 1e6, seconds


def run(subject, kind, data):
    measure, _ = SUBJECTS[subject]
    X, y = DATA[data]()
    (growth, seconds), found = measure(kind, X, y)
    return f"| {kind} | {data} | {len(y)} | {growth:.0f} | {seconds:.0f} | {found} |"


def main(subjects, n_samples):
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, fresh, max_tasks_per_child=1) as processes:
        for subject in subjects:
            if subject == "agreement":
                print("| task | data | rows | same | s, few | s, many | few | many |")
                print("| --- | --- | --- | --- | --- | --- | --- | --- |")
                cases = [(k, d) for k in SUBJECTS["duti"][1] for d in DATA]
                calls = [(agreement, kind, data, n_samples) for kind, data in cases]
            else:
                print("| what | data | rows | growth, MB | CPU s | recall, precision |")
                print("| --- | --- | --- | --- | --- | --- |")
                cases = [(k, d) for k in SUBJECTS[subject][1] for d in DATA]
                calls = [(run, subject, kind, data) for kind, data in cases]
            for call in calls:
                print(processes.submit(*call).result(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", default=[*SUBJECTS, "agreement"])
    parser.add_argument("--rows", type=int, default=2000)
    options = parser.parse_args()
    main(options.subjects, options.rows)

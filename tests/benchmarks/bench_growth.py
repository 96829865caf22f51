"""Time and memory of every defense and every attack, as the number of rows grows.

Each cell runs in a process of its own with one thread, and fills a row of a CSV file,
which a later run resumes: CPU seconds, the growth of the resident memory from the data
at hand to the peak, and what became of it. A cell that takes more than --limit CPU
seconds is ended and recorded so, and not begun where the smaller sizes tell that it
would take twice the limit; a size between then tells how it grows. Data: two
Gaussian classes that overlap, 20 features, float64, 5 % wrong labels, 5 % trusted rows;
a linear regression with 5 % of shifted targets in [0, 1].

    python -m tests.benchmarks.bench_growth
    python -m tests.benchmarks.bench_growth --only Sever TRIM --rows 1000 10000
    python -m tests.benchmarks.bench_growth --profile Sever --rows 10000

The first fills results/growth.csv and prints the table of doc/results/growth.md; the
last prints what takes the time.
"""

import argparse
import cProfile
import csv
import multiprocessing
import pstats
import re
import resource
import signal
import sys
import time
from dataclasses import dataclass
from math import log10, nan
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge
from skorch import NeuralNetClassifier
from threadpoolctl import threadpool_limits

from skpoison.attacks import (
    BackdoorAttack,
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
    GradientPoisoningAttack,
    InfluenceAttack,
    KKTAttack,
    LabelFlipAttack,
    MinMaxAttack,
    NeighborMajorityAttack,
    PGANAttack,
    RegressionGradientAttack,
    StatPAttack,
    SubpopulationAttack,
)
from skpoison.defenses import (
    ActivationClusteringFilter,
    AdversarialTrainingClassifier,
    AnnealedTrustFilter,
    CalibratedFilter,
    CertifiedKNeighborsClassifier,
    ConfidentLearningFilter,
    DeepKNNFilter,
    DePoisFilter,
    DUTIFilter,
    InfluenceFilter,
    KNNShapleyFilter,
    L2CentroidFilter,
    LabelSanitizationFilter,
    LossFilter,
    OneClassSVMFilter,
    PanelFilter,
    PartitionAggregationClassifier,
    PerClassFilter,
    RandomEvictionFilter,
    SeverFilter,
    SpectralSignatureFilter,
    SpectreFilter,
    SphereSlabFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from skpoison.embedding import MLP

N_FEATURES = 20
ROWS = (1000, 10_000, 100_000)
# Where the last size is over the limit, this one tells the growth.
BETWEEN = 20_000
# What the growth so far takes to be this many times over the limit is not begun.
HOPELESS = 2
# What takes less is done again and again, and the mean counts.
LEAST_SECONDS = 0.2
N_HOT_SPOTS = 6


@dataclass
class Data:
    X: np.ndarray
    y: np.ndarray
    trusted: np.ndarray


def classification(n):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    X = rng.normal(size=(n, N_FEATURES)) + 0.5 * y[:, None]
    wrong = rng.random(n) < 0.05
    trusted = ~wrong & (rng.random(n) < 0.05)
    return Data(X, np.where(wrong, 1 - y, y), trusted)


def unit_classification(n):
    """The same within [0, 1], in the precision of networks."""
    data = classification(n)
    X = np.clip((data.X + 4) / 9, 0, 1).astype(np.float32)
    return Data(X, data.y, data.trusted)


def regression(n):
    rng = np.random.default_rng(0)
    X = rng.random((n, N_FEATURES))
    y = X @ rng.random(N_FEATURES)
    y = 0.2 + 0.5 * (y - y.min()) / np.ptp(y) + 0.02 * rng.normal(size=n)
    wrong = rng.random(n) < 0.05
    trusted = ~wrong & (rng.random(n) < 0.05)
    return Data(X, np.clip(y + 0.25 * wrong, 0, 1), trusted)


def filtered(make, *, trusted=False):
    def task(data):
        options = {"trusted": data.trusted} if trusted else {}
        make().fit(data.X, data.y, **options)

    return task


def certified(make):
    def task(data):
        make().fit(data.X, data.y).certified_radius(data.X)

    return task


def poisoned(make, **more):
    def task(data):
        make().fit_poison(
            data.X, data.y, **{name: of(data) for name, of in more.items()}
        )

    return task


def flips(strategy):
    return poisoned(lambda: LabelFlipAttack(strategy=strategy, random_state=0))


def net():
    return NeuralNetClassifier(
        MLP(N_FEATURES, 2),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        max_epochs=2,
        train_split=None,
        verbose=0,
    )


def clean_label(attack, **params):
    params |= {"poison_class": 1, "n_poisons": 5, "max_iter": 300, "device": "cpu"}

    def make():
        torch.manual_seed(0)
        return attack(MLP(N_FEATURES, 2), **params)

    return poisoned(make, X_target=lambda data: data.X[data.y == 0][:1])


def gradient():
    torch.manual_seed(0)
    module = MLP(N_FEATURES, 2)
    return GradientPoisoningAttack(module, n_poisons=20, device="cpu", random_state=0)


CLASSIFIER = LogisticRegression()
# Name, what makes the data, and what is timed.
CASES = {
    "ActivationClusteringFilter": (
        classification,
        filtered(lambda: ActivationClusteringFilter(random_state=0)),
    ),
    "AdversarialTrainingClassifier, 2 epochs": (
        unit_classification,
        filtered(
            lambda: AdversarialTrainingClassifier(net(), device="cpu", random_state=0)
        ),
    ),
    "AnnealedTrustFilter": (
        classification,
        filtered(lambda: AnnealedTrustFilter(random_state=0), trusted=True),
    ),
    "CalibratedFilter of TrustedDisagreementFilter": (
        classification,
        filtered(
            lambda: CalibratedFilter(
                TrustedDisagreementFilter(CLASSIFIER, random_state=0), random_state=0
            ),
            trusted=True,
        ),
    ),
    "CertifiedKNeighborsClassifier, fit and radii": (
        classification,
        certified(lambda: CertifiedKNeighborsClassifier(50)),
    ),
    "ConfidentLearningFilter of LogisticRegression": (
        classification,
        filtered(lambda: ConfidentLearningFilter(CLASSIFIER, random_state=0)),
    ),
    "DeepKNNFilter, k=50": (classification, filtered(lambda: DeepKNNFilter(50))),
    "DeepKNNFilter, normalized_k=1": (
        classification,
        filtered(DeepKNNFilter),
    ),
    "DePoisFilter, classification": (
        classification,
        filtered(lambda: DePoisFilter(device="cpu", random_state=0), trusted=True),
    ),
    "DePoisFilter, regression": (
        regression,
        filtered(lambda: DePoisFilter(device="cpu", random_state=0), trusted=True),
    ),
    "DUTIFilter, classification": (
        classification,
        filtered(lambda: DUTIFilter(random_state=0), trusted=True),
    ),
    "DUTIFilter, regression": (
        regression,
        filtered(lambda: DUTIFilter("regression", random_state=0), trusted=True),
    ),
    "InfluenceFilter of LogisticRegression": (
        classification,
        filtered(lambda: InfluenceFilter(CLASSIFIER)),
    ),
    "KNNShapleyFilter": (
        classification,
        filtered(KNNShapleyFilter, trusted=True),
    ),
    "L2CentroidFilter": (classification, filtered(L2CentroidFilter)),
    "LabelSanitizationFilter": (
        classification,
        filtered(LabelSanitizationFilter),
    ),
    "LossFilter of LogisticRegression": (
        classification,
        filtered(lambda: LossFilter(CLASSIFIER, random_state=0)),
    ),
    "OneClassSVMFilter": (classification, filtered(OneClassSVMFilter)),
    "PanelFilter": (classification, filtered(lambda: PanelFilter(random_state=0))),
    "PartitionAggregationClassifier, 50 parts, fit and radii": (
        classification,
        certified(lambda: PartitionAggregationClassifier(CLASSIFIER, n_partitions=50)),
    ),
    "PerClassFilter of IsolationForest": (
        classification,
        filtered(lambda: PerClassFilter(IsolationForest(random_state=0))),
    ),
    "RandomEvictionFilter": (
        classification,
        filtered(lambda: RandomEvictionFilter(random_state=0)),
    ),
    "SeverFilter of LogisticRegression": (
        classification,
        filtered(lambda: SeverFilter(CLASSIFIER, random_state=0)),
    ),
    "SeverFilter of Ridge": (
        regression,
        filtered(lambda: SeverFilter(Ridge(), random_state=0)),
    ),
    "SpectralSignatureFilter": (
        classification,
        filtered(SpectralSignatureFilter),
    ),
    "SpectreFilter": (classification, filtered(SpectreFilter)),
    "SphereSlabFilter": (classification, filtered(SphereSlabFilter)),
    "TRIMRegressor of Ridge": (regression, filtered(lambda: TRIMRegressor(Ridge()))),
    "TRIMRegressor of Ridge, as published": (
        regression,
        filtered(
            lambda: TRIMRegressor(Ridge(), screening="residual", contamination=0.05)
        ),
    ),
    "TrustedDisagreementFilter of LogisticRegression": (
        classification,
        filtered(
            lambda: TrustedDisagreementFilter(CLASSIFIER, random_state=0), trusted=True
        ),
    ),
    "TrustedDisagreementFilter, 5 rounds": (
        classification,
        filtered(
            lambda: TrustedDisagreementFilter(CLASSIFIER, n_rounds=5, random_state=0),
            trusted=True,
        ),
    ),
    "BackdoorAttack": (
        classification,
        poisoned(
            lambda: BackdoorAttack(poison_class=1, trigger="values", random_state=0)
        ),
    ),
    "BullseyePolytopeAttack": (
        unit_classification,
        clean_label(BullseyePolytopeAttack),
    ),
    "ConvexPolytopeAttack": (unit_classification, clean_label(ConvexPolytopeAttack)),
    "FeatureCollisionAttack": (
        unit_classification,
        clean_label(FeatureCollisionAttack, random_state=0),
    ),
    "GradientPoisoningAttack, 20 points": (unit_classification, poisoned(gradient)),
    "InfluenceAttack": (classification, poisoned(InfluenceAttack)),
    "KKTAttack": (classification, poisoned(KKTAttack)),
    'LabelFlipAttack, "random"': (classification, flips("random")),
    'LabelFlipAttack, "near"': (classification, flips("near")),
    'LabelFlipAttack, "far"': (classification, flips("far")),
    'LabelFlipAttack, "tilt"': (classification, flips("tilt")),
    'LabelFlipAttack, "alfa"': (classification, flips("alfa")),
    'LabelFlipAttack, "cluster"': (classification, flips("cluster")),
    "MinMaxAttack": (classification, poisoned(MinMaxAttack)),
    "NeighborMajorityAttack, k=50": (
        classification,
        poisoned(
            lambda: NeighborMajorityAttack(poison_class=1, k=50, random_state=0),
            X_target=lambda data: data.X[data.y == 0][0],
        ),
    ),
    "PGANAttack": (
        unit_classification,
        poisoned(
            lambda: PGANAttack(
                alpha=0.5, rate=0.1, poison_class=1, device="cpu", random_state=0
            )
        ),
    ),
    "RegressionGradientAttack of Ridge": (
        regression,
        poisoned(
            lambda: RegressionGradientAttack(Ridge(), rate=0.1, random_state=0),
            X_val=lambda data: data.X,
            y_val=lambda data: data.y,
        ),
    ),
    "StatPAttack": (
        regression,
        poisoned(lambda: StatPAttack(rate=0.1, random_state=0)),
    ),
    "SubpopulationAttack": (
        classification,
        poisoned(lambda: SubpopulationAttack(random_state=0)),
    ),
}
COLUMNS = ("case", "rows", "outcome", "seconds", "megabytes")


def memory(line):
    """A figure of the process in bytes: resident now, or at its highest."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"{line}:\s+(\d+)", status)[1])


def warm_up(data, task):
    """What is done once in a process, such as imports, is none of the growth."""
    few = slice(0, 400)
    task(Data(data.X[few], data.y[few], data.trusted[few]))


def measure(answer, case, n, limit):
    """Answer with CPU seconds and megabytes of one cell, within the limit."""
    make_data, task = CASES[case]
    data = make_data(n)
    warm_up(data, task)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = memory("VmRSS")
    allowed = int(np.ceil(time.process_time() + limit))
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 5))
    start, n_times, seconds = time.process_time(), 0, 0.0
    while seconds < LEAST_SECONDS:
        task(data)
        n_times += 1
        seconds = time.process_time() - start
    answer.send((seconds / n_times, (memory("VmHWM") - before) / 1e6))


def cell(case, n, limit, *, begin):
    """One row of the file, measured in a process of its own."""
    row = {"case": case, "rows": n, "outcome": "over the limit"}
    row |= {"seconds": "", "megabytes": ""}
    if not begin:
        return row
    # A fork has imported everything.
    processes = multiprocessing.get_context("fork")
    here, there = processes.Pipe(duplex=False)
    child = processes.Process(target=measure, args=(there, case, n, limit))
    child.start()
    there.close()
    child.join()
    if child.exitcode == 0:
        seconds, megabytes = here.recv()
        figures = {"seconds": f"{seconds:.5f}", "megabytes": f"{megabytes:.1f}"}
        return row | figures | {"outcome": "done"}
    if child.exitcode == -signal.SIGXCPU:
        return row
    return row | {"outcome": "error"}


def read(path):
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {(row["case"], int(row["rows"])): row for row in csv.DictReader(file)}


def add(path, row):
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def fill(path, cases, sizes, limit):
    """Measure what the file lacks, and sizes between where the last one takes long."""
    for case in cases:
        sizes_left, too_long = list(sizes), False
        while sizes_left:
            n = sizes_left.pop(0)
            rows = read(path)
            row = rows.get((case, n))
            if row is None:
                hopeless = extrapolated(done_seconds(rows, case), n) > HOPELESS * limit
                row = cell(case, n, limit, begin=not (hopeless or too_long))
                add(path, row)
                print(*row.values(), file=sys.stderr, flush=True)
            too_long = row["outcome"] == "over the limit"
            if too_long and n == max(ROWS) and ROWS[1] in done_seconds(rows, case):
                sizes_left, too_long = [BETWEEN], False


def done_seconds(rows, case):
    """CPU seconds of the cells of a case that came to an end, by size."""
    return {
        n: float(row["seconds"])
        for (name, n), row in rows.items()
        if name == case and row["outcome"] == "done"
    }


def growth(seconds):
    """Exponent of the growth over the two largest sizes that were measured."""
    if len(seconds) < 2:
        return nan
    low, high = sorted(seconds)[-2:]
    return log10(seconds[high] / seconds[low]) / log10(high / low)


def extrapolated(seconds, n):
    """CPU seconds to expect of a size, by the growth so far."""
    largest = max(seconds, default=1)
    return seconds.get(largest, nan) * (n / largest) ** growth(seconds)


def text(n, row, seconds):
    """What the table says of a cell; by extrapolation where it was ended."""
    if row is None:
        return ""
    if n in seconds:
        return f"{seconds[n]:.3g}"
    if row["outcome"] != "over the limit":
        return row["outcome"]
    return f"over the limit ({extrapolated(seconds, n):.2g} by extrapolation)"


def table(rows, cases):
    print("| what | 10^3 | 10^4 | 10^5 | exponent | MB, 10^4 | MB, 10^5 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for case in cases:
        seconds = done_seconds(rows, case)
        of_case = {n: rows.get((case, n)) for n in ROWS}
        texts = [text(n, row, seconds) for n, row in of_case.items()]
        known = len([n for n in seconds if n >= ROWS[1]]) > 1
        texts.append(f"{growth(seconds):.2f}" if known else "")
        texts += [
            f"{float(of_case[n]['megabytes']):.0f}" if n in seconds else ""
            for n in ROWS[1:]
        ]
        print(f"| {case} | {' | '.join(texts)} |")


def profile(case, n):
    """The functions in which the most time is spent."""
    make_data, task = CASES[case]
    data = make_data(n)
    warm_up(data, task)
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(task, data)
    print(f"{case}, {n} rows")
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(N_HOT_SPOTS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD")
    parser.add_argument("--profile", nargs="+", metavar="WORD")
    parser.add_argument("--limit", type=float, default=120, help="CPU seconds")
    parser.add_argument("--results", type=Path, default=Path("results/growth.csv"))
    options = parser.parse_args()
    threadpool_limits(1)
    torch.set_num_threads(1)
    words = options.profile or options.only
    cases = [case for case in CASES if any(word in case for word in words)]
    if options.profile:
        for case in cases:
            profile(case, max(options.rows))
        return
    fill(options.results, cases, options.rows, options.limit)
    table(read(options.results), cases)


if __name__ == "__main__":
    main()

"""What an audit of a large table takes: time, memory, and the size of its page.

    python -m tests.benchmarks.bench_audit

Tables of 30 numeric features and three classes, 2 % of the rows trusted, 10 % of the
other labels flipped at random; every size in a process of its own.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification

from skpoison.audit import PoisonAudit
from skpoison.evaluation import markdown_table


def make_table(n_rows):
    """A table, its labels, the trusted rows, and which labels are wrong."""
    X, y = make_classification(
        n_rows, 30, n_informative=12, n_classes=3, class_sep=1.5, random_state=0
    )
    rng = np.random.default_rng(0)
    trusted = rng.random(n_rows) < 0.02
    wrong = ~trusted & (rng.random(n_rows) < 0.1)
    y[wrong] = (y[wrong] + rng.integers(1, 3, wrong.sum())) % 3
    return X.astype(np.float32), y, trusted, wrong


def measure(n_rows, results):
    """Audit a table, and put what it took into the queue."""
    X, y, trusted, wrong = make_table(n_rows)
    # What making the table took for a moment is not held against the audit.
    before = _resident()
    wall, cpu = time.perf_counter(), time.process_time()
    audit = PoisonAudit(random_state=0).fit(X, y, trusted=trusted)
    page = audit.to_html()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    suspect = ~audit.inlier_mask_
    results.put(
        {
            "rows": f"{n_rows:,}",
            "table, MB": f"{X.nbytes / 1e6:.0f}",
            "wall, s": f"{wall:.0f}",
            "CPU, s": f"{cpu:.0f}",
            "before, MB": f"{before / 1e6:.0f}",
            "peak, MB": f"{_peak() / 1e6:.0f}",
            "page, MB": f"{len(page.encode()) / 1e6:.2f}",
            "share (at least)": f"{audit.poison_share_:.3f} "
            f"({audit.poison_share_lower_:.3f})",
            "true share": f"{wrong.sum() / np.sum(~trusted):.3f}",
            "suspects": f"{suspect.sum():,}",
            "of them poison": f"{np.mean(wrong[suspect]):.2f}",
        }
    )


def _resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10_000, 50_000, 1_000_000]
    )
    context = multiprocessing.get_context("spawn")
    rows = []
    for n_rows in parser.parse_args().rows:
        results = context.Queue()
        process = context.Process(target=measure, args=(n_rows, results))
        process.start()
        rows.append(results.get())
        process.join()
    print(markdown_table(pd.DataFrame(rows).set_index("rows")))


if __name__ == "__main__":
    main()

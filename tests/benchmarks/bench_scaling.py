r"""The exact vote on rows that stay in a file: time and memory.

Ten Gaussian clusters with 1 % of the labels flipped, float32, in a memory-mapped file.
Blocks of rows to judge, drawn at random, meet all rows that vote; every block is a line
of a file of results, and a call that was ended goes on with those that are missing.
With all blocks done this is the whole vote; with fewer, the time of the others is
extrapolated. Set OMP_NUM_THREADS=1.

    python -m tests.benchmarks.bench_scaling FOLDER
    python -m tests.benchmarks.bench_scaling FOLDER --n 100000 --memory 20 --check
    python -m tests.benchmarks.bench_scaling FOLDER --n 50000 --sample 0.1 \
        --separation 0.3
"""

import argparse
import json
import time
from pathlib import Path
from statistics import mean

import numpy as np
from sklearn import config_context
from sklearn.utils import gen_batches

from skpoison._utils.interruption import Interruption
from skpoison._utils.stored_rows import StoredRows
from skpoison.neighbors import neighbor_votes
from skpoison.neighbors._tiled._sizes import Sizes
from skpoison.neighbors._tiled._survey import Survey
from skpoison.neighbors._tiled._task import Task
from skpoison.neighbors._vote import Vote
from tests._memory import GrowthOfMemory, private_bytes
from tests.benchmarks.bench_neighbors import cpu_model, cpu_seconds, outvoted

N_CLASSES, CHUNK_ROWS = 10, 50_000


def stored_clusters(folder, n, d, separation):
    """The file of rows, written once, and their labels."""
    rng = np.random.default_rng(0)
    centres = separation * rng.standard_normal((N_CLASSES, d))
    y = rng.integers(0, N_CLASSES, n)
    path = folder / f"clusters_{n}_{d}_{separation:g}.npy"
    if not path.exists():
        new = path.with_suffix(".part")
        X = np.lib.format.open_memmap(new, "w+", np.float32, (n, d))
        for chunk in gen_batches(n, CHUNK_ROWS):
            noise = rng.standard_normal((chunk.stop - chunk.start, d))
            X[chunk] = centres[y[chunk]] + noise
        X.flush()
        new.rename(path)
    flipped = np.random.default_rng(1).random(n) < 0.01
    y[flipped] = np.random.default_rng(2).integers(0, N_CLASSES, flipped.sum())
    return np.load(path, mmap_mode="r"), y


def product_seconds(X, n_rows=512):
    """CPU seconds of the bare product of some rows with all, per row."""
    block = np.array(X[:n_rows])
    out = np.empty((n_rows, 8192), dtype=np.float32)

    def multiply():
        for tile in gen_batches(len(X), 8192):
            np.matmul(block, X[tile].T, out=out[:, : tile.stop - tile.start])

    return cpu_seconds(multiply) / n_rows


def task_for(X, y, k, memory):
    vote = Vote(np.ones(N_CLASSES), k, len(X))
    rows = StoredRows(X)
    return Task(
        X=rows,
        labels=y.astype(np.uint8),
        queries=rows,
        exclude_self=True,
        vote=vote,
        survey=Survey.of(rows, rows),
        sizes=Sizes.within(memory * 2**20, X.shape, vote.most, len(X)),
        interruption=Interruption(),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds the rows and the results")
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--d", type=int, default=64)
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--separation", type=float, default=1.0)
    parser.add_argument("--memory", type=float, default=200, help="in MiB")
    parser.add_argument("--blocks", type=int, help="all by default")
    parser.add_argument(
        "--check", action="store_true", help="compare all with the vote in memory"
    )
    parser.add_argument(
        "--sample", type=float, help="let this share of the rows vote, and compare"
    )
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    results = args.folder / f"blocks_{args.n}_{args.d}_{args.k}_{args.memory:g}.jsonl"
    X, y = stored_clusters(args.folder, args.n, args.d, args.separation)
    print(cpu_model())
    if args.check:
        return check(X, y, args.k, args.memory)
    if args.sample is not None:
        return compare_sample(np.array(X), y, args.k, args.sample)
    before = private_bytes()
    with config_context(working_memory=args.memory), GrowthOfMemory(before) as memory:
        started = time.process_time()
        task = task_for(X, y, args.k, args.memory)
        survey_seconds = time.process_time() - started
    print(f"survey: {survey_seconds:.1f} CPU s, {memory.growth / 2**20:.0f} MiB")
    print(task.sizes)
    blocks = list(gen_batches(args.n, task.sizes.block))
    order = np.random.default_rng(0).permutation(len(blocks))[: args.blocks]
    lines = results.read_text().splitlines() if results.exists() else []
    done = {line["block"]: line for line in map(json.loads, lines)}
    for i in order.tolist():
        if i in done:
            continue
        product = product_seconds(X)
        began, begun = time.process_time(), time.perf_counter()
        with GrowthOfMemory(before) as memory:
            counts = task.count(blocks[i])
        done[i] = {
            "block": i,
            "rows": len(counts),
            "tied": int((~counts.any(axis=1)).sum()),
            "outvoted": int(
                (counts[np.arange(len(counts)), y[blocks[i]]] < counts.max(1)).sum()
            ),
            "cpu_seconds": time.process_time() - began,
            "wall_seconds": time.perf_counter() - begun,
            "product_seconds": product * len(counts),
            "mebibytes": memory.growth / 2**20,
        }
        with results.open("a") as file:
            file.write(json.dumps(done[i]) + "\n")
    report(done.values(), len(blocks), args.n)


def check(X, y, k, memory):
    """The whole vote, by tiles and in memory."""
    seconds, growth, votes = [], [], []
    for rows in (X, np.array(X)):
        begun = time.process_time()
        with config_context(working_memory=memory), GrowthOfMemory() as held:
            votes.append(neighbor_votes(rows, y, k))
        seconds.append(time.process_time() - begun)
        growth.append(held.growth / 2**20)
    print(f"the same votes: {np.array_equal(*votes)}")
    for name, cpu, mebibytes in zip(("by tiles", "in memory"), seconds, growth):
        print(f"{name}: {cpu:.1f} CPU s, {mebibytes:.0f} MiB")


def compare_sample(X, y, k, share):
    """Which rows are outvoted where a part of the rows casts a part of the votes."""
    sample = np.random.default_rng(0).random(len(X)) < share
    exact = outvoted(neighbor_votes(X, y, k), y)
    fewer = max(1, round(k * share))
    found = outvoted(neighbor_votes(X[sample], y[sample], fewer, X_query=X), y)
    # The rows of the sample vote for themselves: they are not compared.
    exact, found = exact[~sample], found[~sample]
    print(f"{exact.sum()} rows outvoted by all, {found.sum()} by the sample")
    print(f"recall {found[exact].mean():.3f}, precision {exact[found].mean():.3f}")


def report(done, n_blocks, n):
    rows = sum(line["rows"] for line in done)
    cpu = sum(line["cpu_seconds"] for line in done)
    print(f"{len(done)} of {n_blocks} blocks, {rows} of {n} rows")
    print(f"CPU ms per row {1e3 * cpu / rows:.2f}, for all rows {cpu / rows * n:.0f} s")
    products = sum(line["product_seconds"] for line in done)
    print(f"as a multiple of the bare product {cpu / products:.2f}")
    print(f"wall / CPU {sum(line['wall_seconds'] for line in done) / cpu:.1f}")
    print(f"memory: up to {max(line['mebibytes'] for line in done):.0f} MiB,")
    print(f"  {mean(line['mebibytes'] for line in done):.0f} MiB on average")
    print(f"rows to be tallied: {sum(line['tied'] for line in done)}")


if __name__ == "__main__":
    main()

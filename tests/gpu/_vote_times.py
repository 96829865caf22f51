"""How long the vote takes on a device, beside its bare product and its rivals."""

import numpy as np
import torch

from skpoison.neighbors import neighbor_votes

from ._clock import seconds

SIZES = [(20_000, 64, 50), (50_000, 64, 50), (50_000, 512, 100), (50_000, 512, 5000)]
QUICK_SIZES = [(300, 16, 20)]
LARGE = (400_000, 64, 50)
BLOCK_ROWS = 4096


def clusters(n, d):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, n)
    X = 0.3 * rng.standard_normal((10, d))[y] + rng.standard_normal((n, d))
    return X.astype(np.float32), y


def product(X):
    """All pairs in float32, in the blocks of the vote."""
    for block in X.split(BLOCK_ROWS):
        block @ X.T


def topk(X, k):
    """The k nearest of each row by a plain product: neither exact nor sure of ties."""
    halves = (X * X).sum(dim=1) / 2
    for block in X.split(BLOCK_ROWS):
        (block @ X.T - halves).topk(k, dim=1)


def faiss_search(X, k):
    """The search of faiss on a GPU, None where there is none for such a k."""
    try:
        import faiss
    except ImportError:
        return None
    # 2,048 is the most that its GPU indices look for.
    if not hasattr(faiss, "GpuIndexFlatL2") or k > 2047:
        return None
    index = faiss.GpuIndexFlatL2(faiss.StandardGpuResources(), X.shape[1])
    index.add(X)
    return lambda: index.search(X, k + 1)


def vote_times(device, quick):
    """Seconds of the vote and others, for each size.

    Yields
    ------
    (n, d, k) : tuple of int
    times : list of float or None
        Of the bare product, the vote, product and topk, faiss, and the vote on the CPU.
    differ : int or None
        Rows whose votes are not those of the CPU.
    """
    for size in QUICK_SIZES if quick else [*SIZES, LARGE]:
        yield size, *_times(*size, device)


def _times(n, d, k, device):
    X, y = clusters(n, d)
    there = torch.tensor(X, device=device)
    contenders = [
        lambda: product(there),
        lambda: neighbor_votes(X, y, k, device=device),
        lambda: topk(there, k),
        faiss_search(X, k),
    ]
    results = [_second_run(work, device) for work in contenders]
    times = [time for _, time in results]
    if (n, d, k) == LARGE:
        return [*times, None], None
    expected, on_cpu = seconds(lambda: neighbor_votes(X, y, k, n_jobs=-1), "cpu")
    differ = np.any(results[1][0] != expected, axis=1).sum()
    return [*times, on_cpu], int(differ)


def _second_run(work, device):
    """The first makes ready what the second is measured with."""
    if work is None:
        return None, None
    seconds(work, device)
    return seconds(work, device)

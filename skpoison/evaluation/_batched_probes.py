"""Many linear classifiers on masks of one pool of rows, trained as one."""

import numpy as np
import torch
from torch.optim import Adam
from torch.optim.lr_scheduler import MultiStepLR

__all__ = ["train_probes"]


def train_probes(
    X, y, masks, head, *, lr, batch_size, max_epochs, milestones, seed, device
):
    """Train a probe on the rows of each mask, by Adam on the mean cross-entropy.

    The pool is put into a new order in every epoch, and each probe takes its own rows
    of it by batches. What it learns is what it would learn alone.

    Parameters
    ----------
    X : ndarray of float32 of shape (n_samples, n_features)
    y : ndarray of int of shape (n_samples,)
        Columns of the probes.
    masks : ndarray of bool of shape (n_probes, n_samples)
        At least one row each.
    head : ndarray of float32 of shape (n_features, n_classes)
        Where all probes start.
    lr : float
    batch_size, max_epochs : int
    milestones : list of int
        Epochs after which lr is divided by 10.
    seed : int
    device : torch.device

    Returns
    -------
    ndarray of float32 of shape (n_probes, n_features, n_classes)
    """
    X, y, head = (torch.tensor(array, device=device) for array in (X, y, head))
    trained = np.empty((len(masks), *head.shape), dtype=np.float32)
    for group in _groups_of_equal_length(masks.sum(axis=1), batch_size):
        # Probes last: they are the long axis of every product and every softmax.
        probes = head[..., None].repeat(1, 1, len(group))
        adam = Adam([probes], lr=lr, fused=True)
        schedule = MultiStepLR(adam, milestones)
        for order in _orders(masks[group].any(axis=0), max_epochs, seed):
            rows, labels = X[order], y[order]
            for chosen in _batches(masks[np.ix_(group, order)].T, batch_size, device):
                probes.grad = _gradient(rows, labels, chosen, probes)
                adam.step()
            schedule.step()
        trained[group] = probes.movedim(2, 0).cpu()
    return trained


def _groups_of_equal_length(n_rows, batch_size, max_probes=64):
    """Probes with as many batches; more at once would share fewer of their rows."""
    n_batches = -(-n_rows // batch_size)
    for n in np.unique(n_batches):
        group = np.flatnonzero(n_batches == n)
        yield from np.array_split(group, -(-len(group) // max_probes))


def _orders(used, n_epochs, seed):
    """Per epoch an order of the pool, without the rows that no probe uses."""
    rng = np.random.default_rng(seed)
    for _ in range(n_epochs):
        order = rng.permutation(len(used))
        yield order[used[order]]


def _batches(kept, batch_size, device):
    """Per batch, which rows it holds for which probe: bool, (n_rows, n_probes)."""
    batch = np.where(kept, (np.cumsum(kept, axis=0) - 1) // batch_size, -1)
    for i in range(batch.max() + 1):
        yield torch.tensor(batch == i, device=device)


def _gradient(rows, labels, chosen, probes):
    """Gradient of each probe's mean cross-entropy over its chosen rows."""
    start, end = chosen.any(dim=1).nonzero()[[0, -1], 0]
    within = slice(int(start), int(end) + 1)
    rows, labels, chosen = rows[within], labels[within], chosen[within]
    error = (rows @ probes.flatten(1)).unflatten(1, probes.shape[1:]).softmax(dim=1)
    # Rows that are fitted well have subnormal probabilities, which slow the product.
    torch.threshold_(error, 1e-20, 0)
    error[torch.arange(len(labels), device=labels.device), labels] -= 1
    error *= (chosen / chosen.sum(dim=0))[:, None]
    return (rows.T @ error.flatten(1)).view_as(probes)

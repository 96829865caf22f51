"""Class counts among the nearest rows, tile by tile, by the tasks of joblib."""

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn import get_config
from sklearn.utils import gen_batches

from ..._utils.interruption import Interruption
from ..._utils.threads import one_blas_thread
from .._vote import Vote
from ._sizes import Sizes
from ._survey import Survey
from ._task import Task

# So many per worker keep all of them busy to the end.
_TASKS_PER_WORKER = 4


def runs_elsewhere(n_jobs):
    """Whether joblib is set to give work to other processes, on whichever machine."""
    return not _shares_memory() and effective_n_jobs(n_jobs) > 1


def count_by_tiles(X, labels, weight, queries, k, *, exclude_self, n_jobs):
    """Rows of each class among the nearest that gather k votes.

    Neither all rows nor their nearness to one row need fit into memory.

    Parameters
    ----------
    X : ndarray or StoredRows of shape (n_reference, n_features)
        The rows that vote.
    labels : ndarray of int of shape (n_reference,)
        Their classes.
    weight : ndarray of shape (n_classes,)
        Votes that a row of each class casts.
    queries : ndarray or StoredRows of shape (n_samples, n_features)
        The rows to judge.
    k : int
    exclude_self : bool
        Whether the rows to judge are those that vote, and have no vote on themselves.
    n_jobs : int or None

    Returns
    -------
    ndarray of int of shape (n_samples, n_classes)
        Rows at exactly the distance that completes the vote all count.
    """
    n_workers = effective_n_jobs(n_jobs)
    n_bytes = get_config()["working_memory"] * 2**20
    vote = Vote(weight, k, len(X))
    with one_blas_thread(), Interruption() as interruption:
        task = Task(
            X=X,
            labels=labels.astype(np.min_scalar_type(len(weight) - 1)),
            queries=queries,
            exclude_self=exclude_self,
            vote=vote,
            survey=Survey.of(X, queries),
            sizes=Sizes.within(
                n_bytes / n_workers if _shares_memory() else n_bytes,
                X.shape,
                vote.most,
                -(-len(queries) // (_TASKS_PER_WORKER * n_workers)),
            ),
            interruption=interruption,
        )
        parallel = Parallel(n_jobs=n_jobs, prefer="threads")
        blocks = list(gen_batches(len(queries), task.sizes.block))
        counts = np.concatenate(parallel(delayed(task.count)(b) for b in blocks))
        tied = np.flatnonzero(~counts.any(axis=1))
        if len(tied):
            blocks = [tied[b] for b in gen_batches(len(tied), task.sizes.block)]
            counts[tied] = np.concatenate(
                parallel(delayed(task.tally)(block) for block in blocks)
            )
    return counts


def _shares_memory():
    backend, _ = get_active_backend(prefer="threads")
    # That of dask does not say.
    return getattr(backend, "supports_sharedmem", False)

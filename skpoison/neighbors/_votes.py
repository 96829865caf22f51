"""The public face of the neighbour vote."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.utils import check_scalar

from .._utils.stored_rows import StoredRows
from .._utils.typing import Device, MatrixLike, RandomState
from ._approximate import count_found_neighbors
from ._cost import approximate_pays, tree_pays
from ._count import count_neighbors
from ._reference_set import ReferenceSet
from ._rows import check_queries, check_voters
from ._tiled import count_by_tiles, runs_elsewhere
from ._tree import count_tree_neighbors
from ._weights import most_votes, votes_per_row


def neighbor_votes(
    X: MatrixLike,
    y: ArrayLike,
    k: int,
    *,
    X_query: MatrixLike | None = None,
    include_self: bool = False,
    class_weight: Literal["replicate"] | dict[Any, float] | ArrayLike | None = None,
    algorithm: Literal["auto", "exact", "approximate"] = "exact",
    device: Device | None = None,
    n_jobs: int | None = None,
    random_state: RandomState = None,
) -> np.ndarray:
    """Count the classes among the k nearest rows of every row.

    The nearest rows in Euclidean distance vote for their class until k votes are
    gathered. All rows at exactly the distance of the k-th vote count, so that a row can
    get more than k votes and the outcome does not depend on the order of the rows.

    The counts are those of distances computed in float64, for float32 input too. No
    lists of all neighbours and no distance matrix are built: a call holds one float32
    copy of X, or a tree of it in float64, and scikit-learn's `working_memory` (see
    :func:`sklearn.set_config`). Sparse rows
    stay sparse, in a copy in float64; what they cost are the products that share a
    feature.

    Of a :class:`numpy.memmap` whose float32 copy takes more than `working_memory`, and
    of a `dask.array`, no copy is made: its rows are read and compared tile by tile,
    within `working_memory`, besides a few numbers for each row and, in each worker, one
    chunk of the dask array. The same happens where joblib is set to give work to other
    processes, by `joblib.parallel_config("dask")` for example; each task may then take
    `working_memory`. The votes are the same.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        The rows that vote. float32 and float64 are taken as they are, in C order or as
        CSR; other sparse formats are converted. Or a memory map or a dask array.
    y : array-like of shape (n_samples,)
        Their class labels.
    k : int
        Votes to gather; at least 1, at most the votes of all other rows.
    X_query : array-like or sparse matrix of shape (n_queries, n_features), default=None
        Judge these rows instead of the rows of X.
    include_self : bool, default=False
        Whether a row of X votes for itself. It is told from its duplicates by its
        position. Without effect on the rows of `X_query`, which have no vote.
    class_weight : "replicate", dict or array-like of shape (n_classes,), default=None
        Votes that a row of each class casts: what replicating it so many times would
        give, except that the copies of a row never vote for that row (they do with
        `include_self=True`). A dict maps labels to weights; an array follows the
        order of `numpy.unique(y)`. "replicate" is N / n_c for a class of n_c rows, with
        N the size of the largest class; fractions need not be rounded. Sums within
        1e-9 k of k count as k.
    algorithm : {"auto", "exact", "approximate"}, default="exact"
        "exact" counts by a k-d tree where the features are few enough for it, up to
        six or so, and else by brute force; the votes are the same. "approximate"
        searches the neighbours of the rows of X with pynndescent, which misses some:
        where classes overlap, one in four rows that 15 neighbours outvote, one in ten
        at k = 50. It pays from about 200,000 rows and up to k = 50, compiles for half a
        minute at its first use in a process, and holds k neighbours per row. New rows
        are always judged exactly. Dense rows alone can be searched. "auto" is
        "approximate" where that should be faster, by a model of the costs that takes n,
        d and k, and else "exact".
    device : str or torch.device, default=None
        Where torch counts, by brute force: the same votes as without, from products in
        full float32 (never TF32) and decisions in float64. "cuda" is a GPU, "auto" the
        first one where there is one. None, and "auto" where there is no GPU: the CPU
        without torch, which on a CPU is faster. The device holds X, a float32 copy of
        it and, at a time, as many rows of distances as half of its free memory takes.
        Dense rows alone.
    n_jobs : int, default=None
        Worker threads, as in scikit-learn. The votes do not depend on it; an
        approximate search runs in one thread, since it would depend on their number.
    random_state : int, RandomState instance or None, default=None
        Seeds the approximate search.

    Returns
    -------
    ndarray of shape (n_samples, n_classes) or (n_queries, n_classes)
        Votes for each class, in the order of `numpy.unique(y)`: int, or float with
        a `class_weight`.

    Raises
    ------
    ValueError
        For invalid input, k out of range, weights that do not fit the classes, and a
        `device` that does not exist.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, algorithm 1 and section 6.2 (replication).

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.neighbors import neighbor_votes
    >>> X = np.array([[0.0], [1.0], [2.0], [2.5], [9.0]])
    >>> y = np.array(["a", "a", "b", "a", "b"])
    >>> neighbor_votes(X, y, k=2)
    array([[1, 1],
           [1, 1],
           [2, 0],
           [1, 1],
           [1, 1]])
    """
    X, y = check_voters(X, y)
    queries = X if X_query is None else check_queries(X_query, X)
    classes, labels = np.unique(y, return_inverse=True)
    weight = votes_per_row(class_weight, classes, labels)
    exclude_self = X_query is None and not include_self
    check_scalar(k, "k", Integral, min_val=1)
    if k > (most := most_votes(weight, labels, exclude_self)):
        raise ValueError(
            f"k={k} is more than the votes that every row can gather: the largest "
            f"possible k is {most}."
        )
    if algorithm not in ("auto", "exact", "approximate"):
        raise ValueError(
            "algorithm must be 'exact' or 'approximate', or 'auto' for the faster of "
            f"both; got {algorithm!r}."
        )
    if algorithm == "approximate" and issparse(X):
        raise ValueError(
            "algorithm='approximate' searches dense rows alone, and X is sparse. Use "
            "algorithm='exact'."
        )
    device = _torch_device(device)
    if device is not None and (algorithm == "approximate" or issparse(X)):
        given = "X is sparse" if issparse(X) else "algorithm='approximate'"
        raise ValueError(
            f"device='{device}' counts dense rows, and exactly, but {given}. Use "
            "device=None."
        )
    stored = isinstance(X, StoredRows) or isinstance(queries, StoredRows)
    if stored and (algorithm == "approximate" or device is not None):
        given = f"device='{device}'" if device else "algorithm='approximate'"
        raise ValueError(
            f"{given} takes rows in memory alone, and these are in a file or in a dask "
            "array. Use algorithm='exact' and device=None."
        )
    spread = algorithm == "exact" and device is None and not issparse(X)
    if stored or (spread and runs_elsewhere(n_jobs)):
        counts = count_by_tiles(
            X, labels, weight, queries, k, exclude_self=exclude_self, n_jobs=n_jobs
        )
        return counts if class_weight is None else counts * weight
    reference = ReferenceSet.sort_by_class(X, labels, weight)
    own_columns = np.argsort(reference.rows) if exclude_self else None
    n_reference, n_features = X.shape
    if device is not None:
        # It would import torch.
        from ._device import count_on_device

        counts = count_on_device(
            reference, queries, k, own_columns=own_columns, device=device
        )
        return counts if class_weight is None else counts * weight
    vote = {"own_columns": own_columns, "n_jobs": n_jobs}
    searchable = X_query is None and not issparse(X)
    if (
        algorithm == "auto"
        and searchable
        and approximate_pays(n_reference, n_features, k)
    ):
        algorithm = "approximate"
    if algorithm == "approximate" and X_query is None:
        counts = count_found_neighbors(reference, k, random_state=random_state, **vote)
    elif not issparse(X) and tree_pays(n_reference, len(queries), n_features, k):
        counts = count_tree_neighbors(reference, queries, k, **vote)
    else:
        counts = count_neighbors(reference, queries, k, **vote)
    return counts if class_weight is None else counts * weight


def _torch_device(device):
    """The device of torch that a parameter stands for, None for numpy."""
    if device is None:
        return None
    from .._torch.device import torch_device

    chosen = torch_device(device)
    return None if device == "auto" and chosen.type == "cpu" else chosen

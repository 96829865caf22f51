"""Rows whose neighbours carry another label."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone

from .._utils.margins import own_minus_best_other
from .._utils.parameters import HasMethods, Interval, StrOptions
from .._utils.stored_rows import in_their_container
from .._utils.typing import Device, RandomState
from ..base import PoisonFilter
from ..neighbors import graph_votes, largest_k, neighbor_votes, search_graph


class DeepKNNFilter(PoisonFilter):
    """Remove the rows whose label is outvoted by their nearest neighbours.

    The k nearest training rows of every row vote for their own label. A row whose label
    is not among the most frequent ones is a suspect; a tie at the top keeps it [1]_.
    Meant for features of a network, :class:`~skpoison.embedding.NetEmbedding`, where
    clean-label poison sits among rows of the class that it attacks.

    Sparse rows stay sparse, texts as TF-IDF for example. Memory maps and dask arrays
    are read tile by tile and not copied; a fitted filter refers to them.

    Poison whose neighbours are of one other class is outvoted once k > 2 n_poison, with
    n_poison the number of poison rows around one target. As that number is unknown, k
    is measured in sizes of the largest class: [1]_ recommends a `normalized_k` of 1 to
    2. The share of clean rows removed grows with k; beyond 4 the model suffers.

    What breaks it: k <= 2 n_poison, which an attacker who knows the features brings
    about (:class:`~skpoison.attacks.NeighborMajorityAttack`): k / 2 + 1 wrong rows in
    one place are kept whatever is around them, and as many as the largest other class
    has, and one, whatever k is (11 rows at k = 20, 49 at 100, for a target among digits
    of 150 rows each, where one to three fool a machine without a defense, and 3 to 12 %
    of the clean rows go in their place: doc/results/adaptive.md); poison that is
    surrounded by rows of its own label, as after large perturbations or many label
    flips in one place; features in which the classes overlap; and, without
    `class_balance`, classes too small to gather k votes against their neighbours.

    Parameters
    ----------
    k : int, default=None
        Votes that judge a row. All rows at exactly the distance of the k-th vote count,
        so that the outcome does not depend on the order of the rows.
    normalized_k : float, default=None
        The same in sizes of the largest class, rounded, at least one vote. 1.0 when
        neither is given; giving both is an error.
    include_self : bool, default=False
        Whether a training row votes for itself, as in the code of [1]_ but not in its
        text. New rows never do.
    class_balance : {"replicate"}, default=None
        With "replicate", each row of a class of n rows casts N / n votes, N being the
        size of the largest class (section 6.2 of [1]_). This is what replicating the
        rows N / n times gives, fractions included; no row is copied, and the copies of
        a row do not vote for it unless `include_self`.
    algorithm : {"auto", "exact", "approximate"}, default="exact"
        "approximate" searches the neighbours of the training rows with pynndescent and
        misses some; "auto" does so where that should be faster. See
        :func:`~skpoison.neighbors.neighbor_votes` for when that is. It takes dense rows
        alone.
    neighbors : object or sparse matrix of shape (n_samples, n_samples), default=None
        Where the neighbours come from, instead of `algorithm`: an object with `fit`,
        and with `kneighbors` (such as scikit-learn's `NearestNeighbors`, or an index of
        faiss behind these two methods) or a `transform` that returns a graph of
        distances (such as pynndescent's `PyNNDescentTransformer`, with room for k
        neighbours and the row itself); a copy of it is fitted. Or the graph of the
        training rows, which knows no new rows; see
        :func:`~skpoison.neighbors.graph_votes`. The vote is as exact as what they find,
        and the distance is theirs.
    device : str or torch.device, default=None
        Where torch counts the votes of dense rows in memory: "cuda" for a GPU, "auto"
        for one if there is any. None counts on the CPU without torch.
    n_jobs : int, default=None
        Worker threads, as in scikit-learn. The outcome does not depend on it. Not for
        `neighbors`, which have their own.
    random_state : int, RandomState instance or None, default=None
        Seeds the approximate search; not that of `neighbors`.

    Attributes
    ----------
    k_ : int
        Votes that judge a row.
    sample_scores_ : ndarray of shape (n_samples,)
        (votes for the own label - most votes for another one) / all votes, from -1 to
        1; lower is more suspect.
    neighbors_ : object
        The fitted copy of `neighbors`, where it is no graph.
    offset_ : float
        0: rows whose label is outvoted are suspects.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the kept training rows.
    sample_indices_ : ndarray of int
        Indices of the kept training rows.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    skpoison.neighbors.neighbor_votes : The vote itself.

    Notes
    -----
    `score_samples`, `decision_function` and `predict` judge new labelled rows by the
    training rows, suspects included. A training row passed to them as a new row is its
    own nearest neighbour.

    References
    ----------
    .. [1] N. Peri et al., "Deep k-NN Defense Against Clean-label Data Poisoning
       Attacks", 2020, algorithm 1 and section 6.

    Examples
    --------
    >>> import numpy as np
    >>> from skpoison.defenses import DeepKNNFilter
    >>> X = np.array([[0.0], [0.1], [0.2], [0.3], [5.0], [5.1], [5.2], [5.3]])
    >>> y = np.array(["cat", "cat", "cat", "dog", "dog", "dog", "dog", "dog"])
    >>> DeepKNNFilter(k=3).fit_predict(X, y)
    array([ 1,  1,  1, -1,  1,  1,  1,  1])
    """

    _parameter_constraints: dict = {
        "k": [Interval(Integral, 1, None, closed="left"), None],
        "normalized_k": [Interval(Real, 0, None, closed="neither"), None],
        "include_self": ["boolean"],
        "class_balance": [StrOptions({"replicate"}), None],
        "algorithm": [StrOptions({"auto", "exact", "approximate"})],
        "neighbors": [
            HasMethods(["fit", "kneighbors"]),
            HasMethods(["fit", "transform"]),
            "sparse matrix",
            None,
        ],
        # Checked where torch is imported.
        "device": "no_validation",
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    _accept_sparse = "csr"
    _reads_blocks = True

    def __init__(
        self,
        k: int | None = None,
        *,
        normalized_k: float | None = None,
        include_self: bool = False,
        class_balance: Literal["replicate"] | None = None,
        algorithm: Literal["auto", "exact", "approximate"] = "exact",
        neighbors: Any = None,
        device: Device | None = None,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.k = k
        self.normalized_k = normalized_k
        self.include_self = include_self
        self.class_balance = class_balance
        self.algorithm = algorithm
        self.neighbors = neighbors
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    @property
    def _advice_on_small_classes(self):  # type: ignore[override]
        lower = "Lower normalized_k" if self.k is None else "Lower k"
        if self.class_balance is not None:
            return f"{lower}."
        return (
            f"{lower}, or let small classes cast as many votes as large ones: "
            "class_balance='replicate'."
        )

    def _score_training_rows(self, X, y, trusted):
        self._check_one_source_of_neighbors()
        self.k_ = self._number_of_votes(y)
        self._X_fit, self._y_fit = X, y
        if self.neighbors is not None and not issparse(self.neighbors):
            self.neighbors_ = clone(self.neighbors, safe=False)
            self.neighbors_.fit(in_their_container(X))
        return self._score(None, y), 0.0

    def _score_new_rows(self, X, y):
        return self._score(X, y)

    def _check_one_source_of_neighbors(self):
        if self.neighbors is None:
            return
        for name, unused in (("algorithm", "exact"), ("device", None)):
            if (given := getattr(self, name)) != unused:
                raise ValueError(
                    f"{name}={given!r} has no effect on neighbours that are given. "
                    f"Give either `neighbors` or `{name}`."
                )

    def _number_of_votes(self, y):
        if self.k is not None and self.normalized_k is not None:
            raise ValueError(
                f"Give either k or normalized_k, not both; got k={self.k} and "
                f"normalized_k={self.normalized_k}."
            )
        most = largest_k(
            y, include_self=self.include_self, class_weight=self.class_balance
        )
        if self.k is not None:
            if self.k > most:
                raise ValueError(
                    f"k={self.k} is more than the votes that every row can gather: the "
                    f"largest possible k is {most}."
                )
            return self.k
        size = np.bincount(y).max()
        normalized_k = 1.0 if self.normalized_k is None else self.normalized_k
        k = max(1, round(normalized_k * size))
        if k > most:
            raise ValueError(
                f"normalized_k={normalized_k} asks for {k} votes, with {size} rows in "
                "the largest class. This is more than every row can gather: the "
                f"largest possible normalized_k is {most} / {size}."
            )
        return k

    def _score(self, X, y):
        votes = self._votes(X).astype(np.float64)
        total = votes.sum(axis=1)
        margin = own_minus_best_other(votes, y)
        # Fractional votes that tie on paper may differ by their rounding.
        margin[np.abs(margin) <= 1e-9 * total] = 0.0
        return margin / total

    def _votes(self, X):
        """Votes on the rows of X, or on the training rows if it is None."""
        if self.neighbors is not None:
            return graph_votes(
                self._neighbor_graph(X),
                self._y_fit,
                self.k_,
                new_rows=X is not None,
                include_self=self.include_self,
                class_weight=self.class_balance,
            )
        return neighbor_votes(
            self._X_fit,
            self._y_fit,
            self.k_,
            X_query=X,
            include_self=self.include_self,
            class_weight=self.class_balance,
            algorithm=self.algorithm,
            device=self.device,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )

    def _neighbor_graph(self, X):
        if not issparse(self.neighbors):
            rows = in_their_container(self._X_fit if X is None else X)
            n_reference = self._X_fit.shape[0]
            # The row itself is one of them.
            n_neighbors = min(self.k_ + 1, n_reference)
            return search_graph(self.neighbors_, rows, n_neighbors, n_reference)
        if X is not None:
            raise ValueError(
                "The neighbour graph that was given as `neighbors` knows no new rows. "
                "Give an object with `kneighbors` to judge them."
            )
        return self.neighbors

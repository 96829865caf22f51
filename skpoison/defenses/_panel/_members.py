"""The default panel."""

from sklearn.ensemble import RandomForestClassifier

from .._deep_knn import DeepKNNFilter
from .._loss import LossFilter
from ._cluster_size import ClusterSizeFilter
from ._linear import ShrunkenDiscriminantAnalysis
from ._main_direction import MainDirectionFilter
from ._subspaces import SubspaceLossFilter

# Trees of so many rows each are enough to judge labels, whatever the number of rows.
_ROWS_PER_TREE = 5000


def default_panel(n_samples, seed, n_jobs):
    """Filters that look for different things: labels, directions, groups.

    Parameters
    ----------
    n_samples : int
    seed : int
    n_jobs : int or None

    Returns
    -------
    list of (str, PoisonFilter) tuples
    """
    forest = RandomForestClassifier(
        40,
        min_samples_leaf=3,
        max_samples=None if n_samples <= _ROWS_PER_TREE else _ROWS_PER_TREE / n_samples,
        random_state=seed,
    )
    folds = {"n_jobs": n_jobs, "random_state": seed}
    return [
        ("neighbors", DeepKNNFilter(k=max(1, min(15, n_samples // 4)), n_jobs=n_jobs)),
        ("linear model", LossFilter(ShrunkenDiscriminantAnalysis(), **folds)),
        ("forest", LossFilter(forest, **folds)),
        ("subspaces", SubspaceLossFilter(**folds)),
        ("main direction", MainDirectionFilter()),
        ("cluster size", ClusterSizeFilter(random_state=seed)),
    ]

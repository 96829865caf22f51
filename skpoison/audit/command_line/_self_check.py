"""``skpoison`` alone: which versions there are, and whether they work together."""

import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from ...defenses import DeepKNNFilter

_REQUIRED = (
    "scikit-learn",
    "numpy",
    "scipy",
    "joblib",
    "torch",
    "skorch",
    "pynndescent",
)
_OPTIONAL = ("pandas", "pyarrow", "matplotlib", "dask")
_FAILED = 1


def run_self_check(options):
    """Print the versions, filter a small table, and say whether all poison is found."""
    print(f"skpoison {version('skpoison')}, Python {platform.python_version()}")
    for package in (*_REQUIRED, *_OPTIONAL):
        print(f"  {package} {_version(package)}")
    X, y, is_poison = _poisoned_table()
    removed = ~DeepKNNFilter(k=15).fit(X, y).inlier_mask_
    found = np.array_equal(removed, is_poison)
    print(
        f"self-check: {np.sum(removed & is_poison)} of {is_poison.sum()} wrong labels "
        f"found, {np.sum(removed & ~is_poison)} right ones removed: "
        f"{'works' if found else 'BROKEN'}"
    )
    print("see `skpoison --help`")
    return 0 if found else _FAILED


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"


def _poisoned_table():
    """Two clusters far apart, with ten labels of the other one."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    X = rng.normal(size=(200, 4)) + 9 * y[:, None]
    is_poison = np.arange(200) < 10
    return X, np.where(is_poison, 1 - y, y), is_poison

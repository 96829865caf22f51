"""What every filter says of one table: `python -m tests._digests N_JOBS`."""

import hashlib
import json
import sys
import warnings

import numpy as np
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import make_blobs

from ._instances import FILTERS, REGRESSION_FILTERS


def digests(n_jobs):
    """The digest of the scores of each filter, by its name and place in the tables."""
    X, y = make_blobs(60, n_features=4, centers=2, random_state=0)
    y[:5] = 1 - y[:5]
    labels = np.array(["ant", "bee"], dtype=object)[y]
    values = X @ np.arange(4.0) + np.sin(np.arange(60.0))
    found = {}
    for table, targets in ((FILTERS, labels), (REGRESSION_FILTERS, values)):
        for filter in table:
            name = f"{type(filter).__name__} {len(found)}"
            found[name] = _digest(clone(filter), X, targets, n_jobs)
    return found


def _digest(filter, X, y, n_jobs):
    parameters = [p for p in filter.get_params() if p.split("__")[-1] == "n_jobs"]
    filter.set_params(**dict.fromkeys(parameters, n_jobs))
    # Threads: worker processes start slowly.
    with warnings.catch_warnings(), parallel_config("threading"):
        # So few rows leave many a filter without power.
        warnings.simplefilter("ignore")
        filter.fit(X, y, trusted=np.arange(60) % 3 == 0)
    said = filter.sample_scores_.tobytes() + filter.inlier_mask_.tobytes()
    return hashlib.sha256(said).hexdigest()


if __name__ == "__main__":
    json.dump(digests(int(sys.argv[1])), sys.stdout)

"""The estimators that the common checks cover: one line each.

`FILTERS` maps a name to a filter of classification data; `REGRESSION_FILTERS` the same
for regression targets; `EXPECTED_FAILED_CHECKS` holds, per class, the scikit-learn
checks that cannot hold and why.
"""

from skpoison.defenses import L2CentroidFilter, RandomEvictionFilter

FILTERS = [
    L2CentroidFilter(contamination=0.1),
    RandomEvictionFilter(random_state=0),
]

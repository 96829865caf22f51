"""Every filter judges any table, or says what is wrong with it.

`SKPOISON_FUZZ_EXAMPLES` sets the number of tables for each filter.
"""

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from sklearn.base import clone

from skpoison.defenses import DePoisFilter

from .._instances import FILTERS, ORDER_DEPENDENT, REGRESSION_FILTERS
from ._tables import tables

N_EXAMPLES = int(os.environ.get("SKPOISON_FUZZ_EXAMPLES", "8"))
fuzzed = settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def quick(filters):
    """All but the networks, which take seconds a table."""
    return [
        pytest.param(filter, id=f"{type(filter).__name__}{i}")
        for i, filter in enumerate(filters)
        if not isinstance(filter, DePoisFilter)
    ]


def verdict(filter, table):
    """The mask and the scores, or the reason for which the table is refused."""
    known = {"trusted": table.trusted} if table.trusted.any() else {}
    with warnings.catch_warnings():
        # Tiny classes are warned of, which is what the warnings are for.
        warnings.simplefilter("ignore")
        try:
            fitted = clone(filter).fit(table.X, table.y, **known)
        except (ValueError, TypeError) as refusal:
            return str(refusal)
    return fitted.inlier_mask_, fitted.sample_scores_


def check_verdict(filter, table):
    judged = verdict(filter, table)
    refused = isinstance(judged, str)
    event("refused" if refused else "judged")
    if refused:
        assert len(judged) > 20
        return
    mask, scores = judged
    assert mask.shape == scores.shape == (len(table.y),)
    assert mask.dtype == bool
    assert np.isfinite(scores).all()
    assert mask.any()
    again = verdict(filter, table)
    np.testing.assert_array_equal(again[0], mask)
    if type(filter).__name__ in ORDER_DEPENDENT or rounds_by_itself(filter, table):
        return
    order = np.random.default_rng(0).permutation(len(mask))
    other = type(table)(*(column[order] for column in table))
    shuffled = verdict(filter, other)
    np.testing.assert_array_equal(
        kept_by_row(other, shuffled[0]), kept_by_row(table, mask)
    )


def rounds_by_itself(filter, table):
    """Wrapped estimators round float32 as they like, by the order of the rows."""
    wraps = hasattr(filter, "estimator") or hasattr(filter, "filters")
    return wraps and table.X.dtype == np.float32


def kept_by_row(table, mask):
    """The verdicts in the order of the rows' values: equal rows may swap theirs."""
    labels = np.unique(table.y, return_inverse=True)[1]
    return mask[np.lexsort((mask, table.trusted, labels, *table.X.T))]


@pytest.mark.parametrize("filter", quick(FILTERS))
@fuzzed
@given(table=tables())
def test_labels_are_judged_or_refused(filter, table):
    check_verdict(filter, table)


@pytest.mark.parametrize("filter", quick(REGRESSION_FILTERS))
@fuzzed
@given(table=tables(regression=True))
def test_targets_are_judged_or_refused(filter, table):
    check_verdict(filter, table)

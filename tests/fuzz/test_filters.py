"""Every filter judges any table, or says what is wrong with it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy.sparse import issparse
from sklearn.base import clone

from skpoison.defenses import DePoisFilter

from .._instances import FILTERS, ORDER_DEPENDENT, REGRESSION_FILTERS
from ._cases import answered_or_refused, fuzzed
from ._containers import containers, foreign_frames
from ._tables import odd_tables, tables


def quick(filters):
    """All but the networks, which take seconds a table."""
    return [
        pytest.param(filter, id=f"{type(filter).__name__}{i}")
        for i, filter in enumerate(filters)
        if not isinstance(filter, DePoisFilter)
    ]


def known(table):
    return {"trusted": table.trusted} if table.trusted.any() else {}


def verdict(filter, X, y, **params):
    """The mask and the scores, or None where the table is refused with a reason."""
    with answered_or_refused():
        fitted = clone(filter).fit(X, y, **params)
        return fitted.inlier_mask_, fitted.sample_scores_


def check_verdict(filter, table):
    judged = verdict(filter, table.X, table.y, **known(table))
    if judged is None:
        return
    mask, scores = judged
    assert mask.shape == scores.shape == (len(table.y),)
    assert mask.dtype == bool
    assert np.isfinite(scores).all()
    assert mask.any()
    again = verdict(filter, table.X, table.y, **known(table))
    np.testing.assert_array_equal(again[0], mask)
    if type(filter).__name__ in ORDER_DEPENDENT or rounds_by_itself(filter, table):
        return
    order = np.random.default_rng(0).permutation(len(mask))
    other = type(table)(*(column[order] for column in table))
    shuffled = verdict(filter, other.X, other.y, **known(other))
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


@pytest.mark.parametrize("filter", quick(FILTERS))
@fuzzed
@given(table=odd_tables())
def test_odd_rows_and_labels_are_judged_or_refused(filter, table):
    check_answer(filter, table.X, table.y, known(table))


@pytest.mark.parametrize("filter", quick(REGRESSION_FILTERS))
@fuzzed
@given(table=odd_tables(regression=True))
def test_odd_rows_and_targets_are_judged_or_refused(filter, table):
    check_answer(filter, table.X, table.y, known(table))


@pytest.mark.parametrize("filter", quick(FILTERS))
@fuzzed
@given(table=tables(), container=containers)
def test_labels_in_any_container_are_judged_or_refused(filter, table, container):
    check_answer(filter, *container(table.X, table.y), known(table))


@pytest.mark.parametrize("filter", quick(REGRESSION_FILTERS))
@fuzzed
@given(table=tables(regression=True), container=containers)
def test_targets_in_any_container_are_judged_or_refused(filter, table, container):
    check_answer(filter, *container(table.X, table.y), known(table))


def check_answer(filter, X, y, params):
    """The kept rows come in the container in which all of them came."""
    with answered_or_refused() as outcome:
        fitted = clone(filter)
        X_kept, y_kept = fitted.fit_filter(X, y, **params)
    if outcome.refused:
        return
    mask = fitted.inlier_mask_
    assert mask.shape == fitted.sample_scores_.shape == (len(y),)
    assert np.isfinite(fitted.sample_scores_).all()
    assert type(y_kept) is type(y)
    assert len(y_kept) == mask.sum()
    if not issparse(X):
        assert type(X_kept) is type(X)
        assert len(X_kept) == mask.sum()
    else:
        assert issparse(X_kept)
        assert X_kept.shape == (mask.sum(), X.shape[1])
    if hasattr(X, "iloc"):
        pd.testing.assert_frame_equal(X_kept, X[mask])
        pd.testing.assert_index_equal(X_kept.index, X.index[mask])


@pytest.mark.parametrize("package", ["polars", "pyarrow"])
@pytest.mark.parametrize("filter", quick(FILTERS))
@fuzzed
@given(table=tables())
def test_frames_of_other_packages_are_judged_or_refused(filter, package, table):
    pytest.importorskip(package)
    check_answer(filter, *foreign_frames()[package](table.X, table.y), known(table))

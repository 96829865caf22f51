"""Trusted rows: positions are not labels, and a missing value is no answer."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate

from skpoison._utils.trusted import trusted_mask
from skpoison.defenses import TrustedDisagreementFilter
from skpoison.model_selection import TrustedKFold
from skpoison.pipeline import make_pipeline

X, y = make_blobs(40, n_features=3, centers=2, random_state=0)
MASK = np.arange(40) % 4 == 0
LABELS = [f"row {i}" for i in range(40)]
SHUFFLED = np.random.default_rng(0).permutation(40)


def verdict(X, y, trusted):
    return TrustedDisagreementFilter(LogisticRegression()).fit(X, y, trusted=trusted)


def refit(X, y, trusted):
    model = make_pipeline(
        TrustedDisagreementFilter(LogisticRegression()), LogisticRegression()
    )
    return model.fit(X, y, trusteddisagreementfilter__trusted=trusted)[0]


def frame(index):
    return pd.DataFrame(X, columns=list("abc"), index=index)


@pytest.mark.parametrize("fit", [verdict, refit])
@pytest.mark.parametrize(
    ("index", "trusted"),
    [
        (LABELS, pd.Series(MASK, index=LABELS)),
        (LABELS, pd.Series(MASK)),
        (LABELS, pd.Series(MASK, dtype="boolean")),
        (LABELS, pd.Series(MASK, index=np.arange(40) + 7)),
        (LABELS, pd.DataFrame({"trusted": MASK}, index=LABELS)),
        (LABELS, list(MASK)),
        (LABELS, MASK.astype(object)),
        (LABELS, np.flatnonzero(MASK)),
        (np.arange(40) + 100, pd.Series(MASK)),
        (np.arange(40) + 20, pd.Series(MASK)),
        (None, pd.Series(np.flatnonzero(MASK))),
        (None, pd.Index(np.flatnonzero(MASK))),
        (None, frame(None).index[MASK]),
    ],
)
def test_masks_and_positions_go_row_by_row(fit, index, trusted):
    filter = fit(frame(index), y, trusted)
    assert_array_equal(filter.inlier_mask_, verdict(X, y, MASK).inlier_mask_)


@pytest.mark.parametrize("fit", [verdict, refit])
@pytest.mark.parametrize(
    ("index", "trusted", "message"),
    [
        (LABELS, pd.Index(LABELS)[MASK], r"np\.flatnonzero\(X\.index\.isin"),
        (SHUFFLED, pd.Index(SHUFFLED[MASK]), "pandas Index of integers"),
        (SHUFFLED, pd.Series(SHUFFLED[MASK]), "pandas Series of integers"),
        (np.arange(40) + 20, pd.RangeIndex(20, 30), "pandas RangeIndex of integers"),
        (SHUFFLED, pd.Series(MASK), r"reindex\(X\.index\)"),
        (LABELS, pd.Series(MASK, index=LABELS[::-1]), r"reindex\(X\.index\)"),
        (LABELS, pd.Series(MASK, index=LABELS)[::-1], r"trusted\.to_numpy\(\)"),
    ],
)
def test_labels_of_rows_are_refused(fit, index, trusted, message):
    with pytest.raises(ValueError, match=message):
        fit(frame(index), y, trusted)


def test_the_index_of_y_counts_where_X_has_none():
    target = pd.Series(y, index=SHUFFLED)
    with pytest.raises(ValueError, match=r"reindex\(X\.index\)"):
        verdict(X, target, pd.Series(MASK))
    filter = verdict(X, target, pd.Series(MASK, index=SHUFFLED))
    assert_array_equal(filter.inlier_mask_, verdict(X, y, MASK).inlier_mask_)


def test_an_index_without_a_frame_is_refused():
    with pytest.raises(ValueError, match=r"pandas Index of integers"):
        verdict(X, y, pd.Index([0, 4, 8]))


@pytest.mark.parametrize(
    "trusted",
    [
        pd.Series([True, False, pd.NA, None] * 10, dtype="boolean"),
        pd.Series([True, False, None, np.nan] * 10),
        [True, False, None, None] * 10,
        np.array([1.0, 0.0, np.nan, np.nan] * 10),
    ],
    ids=["boolean", "object", "list", "float"],
)
def test_missing_values_are_refused(trusted):
    with pytest.raises(ValueError, match="trusted has 20 missing values"):
        verdict(X, y, trusted)


@pytest.mark.parametrize("trusted", [{1, 2}, True, np.ones((40, 2), dtype=bool)])
def test_what_is_no_column_is_refused(trusted):
    with pytest.raises(ValueError, match="trusted must be a boolean mask"):
        trusted_mask(trusted, 40)


def test_folds_refuse_labels_of_rows():
    with pytest.raises(ValueError, match="pandas Index of integers"):
        next(TrustedKFold(2, trusted=pd.Index(SHUFFLED[:4])).split(frame(SHUFFLED), y))


def test_a_mask_with_the_index_of_X_follows_the_folds():
    mask = pd.Series(MASK, index=LABELS)
    scores = cross_validate(
        make_pipeline(
            TrustedDisagreementFilter(LogisticRegression()), LogisticRegression()
        ),
        frame(LABELS),
        y,
        cv=TrustedKFold(2, trusted=mask),
        params={"trusteddisagreementfilter__trusted": mask},
        error_score="raise",
    )["test_score"]
    assert scores.min() > 0.5
